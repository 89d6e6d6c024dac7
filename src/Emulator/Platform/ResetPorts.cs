namespace LguestPS.Emulator.Platform;

/// <summary>The ports by which PC software resets the machine or ends a test: the keyboard controller (0x64), system control port A (0x92), and the debug-exit port (0xF4).</summary>
/// <param name="reset">Called for a reset.</param>
/// <param name="exit">Called for a write to the debug-exit port.</param>
sealed class ResetPorts(Action reset, Action<byte> exit) : IPortDevice
{
    const ushort KeyboardData = 0x60, KeyboardCommand = 0x64, SystemControl = 0x92, DebugExit = 0xF4;
    const byte PulseReset = 0xFE, FastReset = 1, GateA20 = 2;

    // Output full for ever: drivers see at once that no controller is there, and a reset by it does not wait.
    const byte KeyboardStatus = 1;

    byte systemControl = GateA20;

    /// <inheritdoc/>
    public IEnumerable<ushort> Ports => [KeyboardData, KeyboardCommand, SystemControl, DebugExit];

    /// <inheritdoc/>
    public byte Read(ushort port) => port switch
    {
        KeyboardCommand => KeyboardStatus,
        SystemControl => systemControl,
        _ => 0xFF,
    };

    /// <inheritdoc/>
    public void Write(ushort port, byte value)
    {
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
