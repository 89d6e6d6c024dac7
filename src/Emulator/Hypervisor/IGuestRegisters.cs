namespace LguestPS.Emulator.Hypervisor;

/// <summary>What the launcher's instruction emulation does to a stopped guest.</summary>
public interface IGuestRegisters
{
    /// <summary>Reads a register by <see cref="RegisterOffset"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no register at that offset.</exception>
    uint GetRegister(uint offset);

    /// <summary>Writes a general register, eip or esp.</summary>
    /// <returns><see cref="LguestError.NoEntry"/> for another register.</returns>
    LguestError SetRegister(uint offset, uint value);

    /// <summary>Delivers a trap through the guest's own table.</summary>
    /// <returns><see cref="LguestError.Invalid"/> where the guest has no handler.</returns>
    LguestError InjectTrap(uint trap);
}
