namespace LguestPS.Emulator.Platform;

/// <summary>A device of the PC that lives at I/O ports. All its accesses come on the guest's thread, a byte at a time.</summary>
interface IPortDevice
{
    /// <summary>The ports that it answers.</summary>
    IEnumerable<ushort> Ports { get; }

    /// <summary>A byte read from one of them.</summary>
    byte Read(ushort port);

    /// <summary>A byte written to one of them.</summary>
    void Write(ushort port, byte value);
}
