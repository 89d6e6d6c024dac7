namespace LguestPS.Emulator.Platform;

/// <summary>The ports by which PC software resets the machine or ends a test: the keyboard controller (0x64), system control port A (0x92), and the debug-exit port (0xF4).</summary>
/// <param name="reset">Called for a reset.</param>
/// <param name="exit">Called for a write to the debug-exit port.</param>
sealed class ResetPorts(Action reset, Action<byte> exit) : IPortDevice
{
    const ushort KeyboardData = 0x60, KeyboardCommand = 0x64, SystemControl = 0x92, DebugExit = 0xF4;
    const byte PulseReset = 0xFE, FastReset = 1, GateA20 = 2;

    // Output full however much is read: drivers see at once that no controller is there, and a reset by it does not wait. Linux gives up after 16 bytes.
    // Those that read until it is empty come to an end all the same.
    const byte OutputFull = 1;
    const int MaxFlush = 64;

    byte systemControl = GateA20;
    int flushed;

    /// <inheritdoc/>
    public IEnumerable<ushort> Ports => [KeyboardData, KeyboardCommand, SystemControl, DebugExit];

    /// <inheritdoc/>
    public byte Read(ushort port)
    {
        switch (port)
        {
            case KeyboardCommand:
                return flushed < MaxFlush ? OutputFull : (byte)0;
            case SystemControl:
                return systemControl;
            case KeyboardData:
                flushed = Math.Min(flushed + 1, MaxFlush);
                return 0xFF;
            default:
                return 0xFF;
        }
    }

    /// <inheritdoc/>
    public void Write(ushort port, byte value)
    {
        if (port is KeyboardCommand or KeyboardData)
            flushed = 0;   // an answer to what was written would be there
        switch (port)
        {
            case KeyboardCommand when value == PulseReset:
                reset();
                break;
            case SystemControl:
                if ((value & FastReset) != 0)
                    reset();
                systemControl = (byte)(value & ~FastReset);
                break;
            case DebugExit:
                exit(value);
                break;
        }
    }
}
