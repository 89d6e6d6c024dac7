namespace LguestPS.Emulator.Platform;

/// <summary>The pair of 8259A interrupt controllers of a PC: sixteen lines, of which line 2 is where the second one hangs (Intel 8259A data sheet).</summary>
/// <remarks>Lines are edge-triggered: a pulse is remembered until it is acknowledged, also while the line is masked. Pulses may come from any thread.</remarks>
sealed class InterruptController : IPortDevice
{
    const int CascadeLine = 2, SpuriousLine = 7;

    readonly Chip master = new(), slave = new();
    readonly Lock gate = new();

    /// <summary>Requests that the processor has acknowledged, by line.</summary>
    public long[] Acknowledged { get; } = new long[16];

    /// <inheritdoc/>
    public IEnumerable<ushort> Ports => [0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1];

    /// <summary>Whether the processor's interrupt input is up.</summary>
    public bool HasRequest
    {
        get
        {
            lock (gate)
                return NextMaster() >= 0;
        }
    }

    /// <summary>A pulse on a line, 0 to 15.</summary>
    public void Pulse(int line)
    {
        lock (gate)
        {
            if (line < 8)
                master.Requested |= (byte)(1 << line);
            else
                slave.Requested |= (byte)(1 << (line - 8));
        }
    }

    /// <summary>The processor acknowledges: the vector of the most urgent request, which is in service from then on; a spurious one when it has gone.</summary>
    public byte Acknowledge()
    {
        lock (gate)
        {
            int line = NextMaster();
            if (line < 0)
                return (byte)(master.VectorBase + SpuriousLine);
            if (line != CascadeLine)
            {
                Acknowledged[line]++;
                return master.Acknowledge(line);
            }
            int inner = slave.Next();
            if (inner >= 0)
                Acknowledged[inner + 8]++;
            byte vector = inner < 0 ? (byte)(slave.VectorBase + SpuriousLine) : slave.Acknowledge(inner);
            master.Acknowledge(CascadeLine);
            return vector;
        }
    }

    /// <inheritdoc/>
    public byte Read(ushort port)
    {
        lock (gate)
            return port switch
            {
                0x20 => master.ReadCommand(),
                0x21 => master.Mask,
                0xA0 => slave.ReadCommand(),
                0xA1 => slave.Mask,
                0x4D0 => master.LevelTriggered,
                _ => slave.LevelTriggered,
            };
    }

    /// <inheritdoc/>
    public void Write(ushort port, byte value)
    {
        lock (gate)
        {
            switch (port)
            {
                case 0x20: master.WriteCommand(value); break;
                case 0x21: master.WriteData(value); break;
                case 0xA0: slave.WriteCommand(value); break;
                case 0xA1: slave.WriteData(value); break;
                case 0x4D0: master.LevelTriggered = value; break;
                default: slave.LevelTriggered = value; break;
            }
        }
    }

    // The second chip's output is the first one's line 2.
    int NextMaster()
    {
        if (slave.Next() >= 0)
            master.Requested |= 1 << CascadeLine;
        else
            master.Requested &= unchecked((byte)~(1 << CascadeLine));
        return master.Next();
    }

    sealed class Chip
    {
        byte inService;
        int initializationStep;
        bool expectsFourthWord, autoEnd, readsInService, specialMask, polls;
        int lowestPriority = 7;

        public byte Requested { get; set; }
        public byte Mask { get; private set; } = 0xFF;
        public byte VectorBase { get; private set; }

        /// <summary>The edge/level control register of EISA chipsets, kept for those who read it back.</summary>
        public byte LevelTriggered { get; set; }

        /// <summary>The line to serve next, -1 for none: requested, not masked, and more urgent than what is in service.</summary>
        public int Next()
        {
            int waiting = Requested & ~Mask;
            if (waiting == 0)
                return -1;
            for (int i = 1; i <= 8; i++)
            {
                int line = (lowestPriority + i) & 7;
                if ((inService & (1 << line)) != 0 && !specialMask)
                    return -1;
                if ((waiting & (1 << line)) != 0 && (inService & (1 << line)) == 0)
                    return line;
            }
            return -1;
        }

        public byte Acknowledge(int line)
        {
            Requested &= (byte)~(1 << line);
            if (!autoEnd)
                inService |= (byte)(1 << line);
            return (byte)(VectorBase + line);
        }

        public byte ReadCommand()
        {
            if (!polls)
                return readsInService ? inService : Requested;
            polls = false;
            int line = Next();
            if (line < 0)
                return 0;
            Acknowledge(line);
            return (byte)(0x80 | line);
        }

        public void WriteCommand(byte value)
        {
            if ((value & 0x10) != 0)
                BeginInitialization(value);
            else if ((value & 0x08) != 0)
                WriteThirdOperationWord(value);
            else
                EndOfInterrupt(value);
        }

        // The mask, unless initialization words 2 to 4 are due: vector base, cascade, mode.
        public void WriteData(byte value)
        {
            switch (initializationStep)
            {
                case 0:
                    Mask = value;
                    break;
                case 1:
                    VectorBase = (byte)(value & 0xF8);
                    initializationStep = 2;
                    break;
                case 2:
                    initializationStep = expectsFourthWord ? 3 : 0;
                    break;
                default:
                    autoEnd = (value & 2) != 0;
                    initializationStep = 0;
                    break;
            }
        }

        void BeginInitialization(byte value)
        {
            initializationStep = 1;
            expectsFourthWord = (value & 1) != 0;
            Mask = 0;
            inService = Requested = 0;
            autoEnd = readsInService = specialMask = polls = false;
            lowestPriority = 7;
        }

        void WriteThirdOperationWord(byte value)
        {
            if ((value & 2) != 0)
                readsInService = (value & 1) != 0;
            if ((value & 0x40) != 0)
                specialMask = (value & 0x20) != 0;
            polls = (value & 4) != 0;
        }

        void EndOfInterrupt(byte value)
        {
            bool ends = (value & 0x20) != 0, specific = (value & 0x40) != 0, rotates = (value & 0x80) != 0;
            int line = specific ? value & 7 : MostUrgentInService();
            if (line < 0)
                return;
            if (ends)
                inService &= (byte)~(1 << line);
            if (rotates && (ends || specific))
                lowestPriority = line;
        }

        int MostUrgentInService()
        {
            for (int i = 1; i <= 8; i++)
            {
                int line = (lowestPriority + i) & 7;
                if ((inService & (1 << line)) != 0)
                    return line;
            }
            return -1;
        }
    }
}
