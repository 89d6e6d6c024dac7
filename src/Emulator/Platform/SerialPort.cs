namespace LguestPS.Emulator.Platform;

/// <summary>A 16550A serial port (National Semiconductor PC16550D data sheet) without a line: what is sent is out at once, what comes in waits in a queue.</summary>
/// <param name="basePort">The first of its eight ports.</param>
/// <param name="send">Takes bytes that the guest sends.</param>
/// <param name="pulse">Its interrupt line.</param>
sealed class SerialPort(ushort basePort, Action<byte> send, Action pulse) : IPortDevice
{
    const byte ReceiveAvailable = 1, TransmitEmpty = 2, ModemStatus = 8;   // interrupt enables
    const byte DataReady = 1, TransmitterIdle = 0x60;
    const byte NoInterrupt = 1, TransmitInterrupt = 2, ReceiveInterrupt = 4, FifosOn = 0xC0;
    const byte Loopback = 0x10, DivisorLatch = 0x80;

    readonly Queue<byte> received = new();
    readonly Lock gate = new();
    byte interruptEnable, lineControl, modemControl, scratch, divisorLow = 1, divisorHigh;
    bool fifos, transmitPending;

    /// <inheritdoc/>
    public IEnumerable<ushort> Ports => Enumerable.Range(basePort, 8).Select(port => (ushort)port);

    /// <summary>A byte comes in. From any thread.</summary>
    public void Receive(byte value)
    {
        lock (gate)
        {
            received.Enqueue(value);
            if ((interruptEnable & ReceiveAvailable) != 0)
                pulse();
        }
    }

    /// <inheritdoc/>
    public byte Read(ushort port)
    {
        lock (gate)
        {
            bool divisor = (lineControl & DivisorLatch) != 0;
            switch (port - basePort)
            {
                case 0:
                    if (divisor)
                        return divisorLow;
                    byte value = received.TryDequeue(out byte next) ? next : (byte)0;
                    Update();
                    return value;
                case 1:
                    return divisor ? divisorHigh : interruptEnable;
                case 2:
                    return ReadIdentification();
                case 3:
                    return lineControl;
                case 4:
                    return modemControl;
                case 5:
                    return (byte)(TransmitterIdle | (received.Count > 0 ? DataReady : 0));
                case 6:
                    return ReadModemStatus();
                default:
                    return scratch;
            }
        }
    }

    /// <inheritdoc/>
    public void Write(ushort port, byte value)
    {
        lock (gate)
        {
            bool divisor = (lineControl & DivisorLatch) != 0;
            switch (port - basePort)
            {
                case 0 when divisor:
                    divisorLow = value;
                    break;
                case 0:
                    Transmit(value);
                    break;
                case 1 when divisor:
                    divisorHigh = value;
                    break;
                case 1:
                    // Enabling the transmit interrupt while the transmitter is empty raises it.
                    transmitPending |= (value & ~interruptEnable & TransmitEmpty) != 0;
                    interruptEnable = (byte)(value & 0x0F);
                    Update();
                    break;
                case 2:
                    fifos = (value & 1) != 0;
                    if ((value & 2) != 0)
                        received.Clear();
                    break;
                case 3:
                    lineControl = value;
                    break;
                case 4:
                    modemControl = (byte)(value & 0x1F);
                    break;
                case 7:
                    scratch = value;
                    break;
            }
        }
    }

    void Transmit(byte value)
    {
        if ((modemControl & Loopback) != 0)
            received.Enqueue(value);
        else
            send(value);
        transmitPending = true;
        Update();
    }

    byte ReadIdentification()
    {
        byte on = fifos ? FifosOn : (byte)0;
        if (received.Count > 0 && (interruptEnable & ReceiveAvailable) != 0)
            return (byte)(on | ReceiveInterrupt);
        if (transmitPending && (interruptEnable & TransmitEmpty) != 0)
        {
            transmitPending = false;
            return (byte)(on | TransmitInterrupt);
        }
        return (byte)(on | NoInterrupt);
    }

    // Carrier, ready and clear to send; in loopback the outputs come back (data sheet, 8.7).
    byte ReadModemStatus()
    {
        if ((modemControl & Loopback) == 0)
            return 0xB0;
        return (byte)(((modemControl & 1) << 5) | ((modemControl & 2) << 3) | ((modemControl & 4) << 4) | ((modemControl & ModemStatus) << 4));
    }

    void Update()
    {
        bool receives = received.Count > 0 && (interruptEnable & ReceiveAvailable) != 0;
        bool sends = transmitPending && (interruptEnable & TransmitEmpty) != 0;
        if (receives || sends)
            pulse();
    }
}
