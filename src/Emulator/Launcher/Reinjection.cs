using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Hypervisor;

namespace LguestPS.Emulator.Launcher;

/// <summary>Hands a trap that can't be emulated back to the guest.</summary>
static class Reinjection
{
    /// <summary>Delivers the trap to the guest's handler.</summary>
    /// <exception cref="GuestFailedException">The guest has none.</exception>
    public static void Inject(IGuestRegisters registers, uint trap)
    {
        if (registers.InjectTrap(trap) != LguestError.None)
            throw new GuestFailedException($"Reinjecting trap {trap} for fault at {CFormat.Hex(registers.GetRegister(RegisterOffset.Eip))}: Invalid argument");
    }
}

/// <summary>The guest can't go on, for a reason that the launcher found.</summary>
sealed class GuestFailedException(string message) : Exception(message);
