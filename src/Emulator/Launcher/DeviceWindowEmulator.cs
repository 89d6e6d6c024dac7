using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Hypervisor;

namespace LguestPS.Emulator.Launcher;

/// <summary>Does the guest's accesses to device registers above RAM: the page fault of each comes here with the physical address.</summary>
sealed class DeviceWindowEmulator(IGuestRegisters registers, PciBus bus, IMachineLog log)
{
    const uint PageFault = 14;

    /// <summary>Does one access, or hands the fault back to the guest.</summary>
    /// <exception cref="GuestFailedException">It can't be handed back.</exception>
    /// <exception cref="DriverViolationException">The access breaks a rule of virtio.</exception>
    public void Emulate(in TrapRecord trap)
    {
        ReadOnlySpan<byte> code = trap.Instruction;
        uint eip = registers.GetRegister(RegisterOffset.Eip);
        if (log.IsVerbose)
            log.Verbose($"Emulating MMIO at {CFormat.Hex(eip)}");
        if (!bus.TryFindDevice(trap.Address, out VirtioDevice? device, out uint offset))
        {
            log.Warn($"MMIO touching {CFormat.PaddedHex(trap.Address)} (not a device)");
            Reinjection.Inject(registers, PageFault);
            return;
        }
        if (!MoveInstruction.TryDecode(code, out MoveInstruction move))
        {
            log.Warn($"Unknown MMIO instruction touching {CFormat.PaddedHex(trap.Address)}: {code[0]:x2} {code[1]:x2} {code[2]:x2} {code[3]:x2} at {eip}");
            Reinjection.Inject(registers, PageFault);
            return;
        }
        if (move.IsWrite)
            device.WriteWindow(offset, RegisterOperand.Read(registers, move.Register, move.Mask), move.Mask);
        else
            RegisterOperand.Write(registers, move.Register, device.ReadWindow(offset, move.Mask), move.Mask);
        registers.SetRegister(RegisterOffset.Eip, eip + move.Length);
    }
}
