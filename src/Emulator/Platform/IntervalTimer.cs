using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Platform;

/// <summary>The 8254 interval timer: three counters at 1.193182 MHz. Counter 0 is interrupt line 0, counter 2 the speaker's and, through port 0x61, the one that kernels measure time with (Intel 8254 data sheet).</summary>
/// <param name="clock">The time that it counts.</param>
/// <param name="fire">Called when counter 0's output goes up.</param>
sealed class IntervalTimer(IClock clock, Action fire) : IPortDevice
{
    /// <summary>Counts a second.</summary>
    public const long Frequency = 1193182;

    const long NanosecondsPerSecond = 1_000_000_000;
    const ushort ControlPort = 0x43, SpeakerPort = 0x61;

    readonly Counter[] counters = [new(clock), new(clock), new(clock)];
    bool speakerData;
    long nextFire = long.MaxValue;

    /// <inheritdoc/>
    public IEnumerable<ushort> Ports => [0x40, 0x41, 0x42, ControlPort, SpeakerPort];

    /// <summary>When counter 0 fires next, in nanoseconds of the clock; <see cref="long.MaxValue"/> for never.</summary>
    public long Deadline => nextFire;

    /// <summary>Fires counter 0 if its time has come. Periods that were missed are not made up for: the guest's clock source is another.</summary>
    public void Poll()
    {
        long now = clock.MonotonicNanoseconds;
        if (now < nextFire)
            return;
        nextFire = counters[0].NextRise(now);
        fire();
    }

    /// <inheritdoc/>
    public byte Read(ushort port) => port switch
    {
        ControlPort => 0xFF,
        SpeakerPort => ReadSpeaker(),
        _ => counters[port & 3].Read(),
    };

    /// <inheritdoc/>
    public void Write(ushort port, byte value)
    {
        Poll();   // what was due comes before what is changed: a command in between must not lose it
        switch (port)
        {
            case SpeakerPort:
                counters[2].SetGate((value & 1) != 0);
                speakerData = (value & 2) != 0;
                return;
            case ControlPort when value >> 6 == 3:
                ReadBack(value);
                return;
            case ControlPort:
                Programmed(value >> 6, counters[value >> 6].SetMode(value));
                return;
            default:
                Programmed(port & 3, counters[port & 3].Write(value));
                return;
        }
    }

    // The host may take its processor away between any two looks at the clock. So only what changes counter 0 moves its next tick: to work it out anew after
    // another command would lose one that came due since Poll; and it counts from when the count was loaded, for a short one may be over by now.
    void Programmed(int counter, bool changed)
    {
        if (counter == 0 && changed)
            nextFire = counters[0].FirstRise;
    }

    // Bit 4 toggles with the memory refresh, which some delay loops watch; bit 5 is counter 2's output.
    byte ReadSpeaker()
    {
        long refresh = clock.MonotonicNanoseconds / 15_085;
        return (byte)((counters[2].Gate ? 1 : 0) | (speakerData ? 2 : 0) | (int)((refresh & 1) << 4) | (counters[2].Output ? 0x20 : 0));
    }

    void ReadBack(byte value)
    {
        for (int i = 0; i < 3; i++)
        {
            if ((value & (2 << i)) == 0)
                continue;
            if ((value & 0x20) == 0)
                counters[i].LatchCount();
            if ((value & 0x10) == 0)
                counters[i].LatchStatus();
        }
    }

    /// <summary>One counter. It is not stepped: what it would hold is worked out from when it was loaded.</summary>
    sealed class Counter(IClock clock)
    {
        int mode, access = 3;
        bool loaded, writesHigh, readsHigh, bcd;
        int reload = 0x10000;
        byte lowByte;
        long start;
        int? latched;
        byte? latchedStatus;

        public bool Gate { get; private set; } = true;

        /// <summary>The output pin.</summary>
        public bool Output
        {
            get
            {
                if (!loaded)
                    return mode != 0;
                long ticks = Ticks(clock.MonotonicNanoseconds);
                return mode switch
                {
                    0 or 1 => ticks >= reload,
                    2 => ticks % reload != reload - 1,
                    3 => ticks % reload < (reload + 1) / 2,
                    _ => ticks != reload,
                };
            }
        }

        public void SetGate(bool gate)
        {
            // A rising gate restarts the modes that it triggers.
            if (gate && !Gate && mode is 1 or 2 or 3 or 5)
                start = clock.MonotonicNanoseconds;
            Gate = gate;
        }

        /// <summary>A control word for this counter. False: it only latches the count.</summary>
        public bool SetMode(byte value)
        {
            int wanted = (value >> 4) & 3;
            if (wanted == 0)
            {
                LatchCount();
                return false;
            }
            access = wanted;
            mode = (value >> 1) & 7;
            if (mode > 5)
                mode -= 4;
            bcd = (value & 1) != 0;
            loaded = writesHigh = readsHigh = false;
            latched = null;
            latchedStatus = null;
            return true;
        }

        /// <summary>A byte of the count. True: with it a count is loaded.</summary>
        public bool Write(byte value)
        {
            if (access == 3 && !writesHigh)
            {
                lowByte = value;
                writesHigh = true;
                return false;
            }
            Load(access switch
            {
                1 => value,
                2 => value << 8,
                _ => lowByte | (value << 8),
            });
            writesHigh = false;
            return true;
        }

        public byte Read()
        {
            if (latchedStatus is byte status)
            {
                latchedStatus = null;
                return status;
            }
            int count = latched ?? Count();
            if (access == 1)
            {
                latched = null;
                return (byte)count;
            }
            if (access == 2 || readsHigh)
            {
                readsHigh = false;
                latched = null;
                return (byte)(count >> 8);
            }
            readsHigh = true;
            return (byte)count;
        }

        public void LatchCount() => latched ??= Count();

        public void LatchStatus() =>
            latchedStatus ??= (byte)((Output ? 0x80 : 0) | (loaded ? 0 : 0x40) | (access << 4) | (mode << 1) | (bcd ? 1 : 0));

        /// <summary>When the output first goes up after the count was loaded; <see cref="long.MaxValue"/> before that.</summary>
        public long FirstRise => NextRise(start);

        /// <summary>When the output goes up next after a time: where an interrupt comes.</summary>
        public long NextRise(long now)
        {
            if (!loaded)
                return long.MaxValue;
            long ticks = Ticks(now);
            long due = mode is 2 or 3 ? (ticks / reload + 1) * reload : reload;
            return due <= ticks && mode is not (2 or 3) ? long.MaxValue : start + ToNanoseconds(due);
        }

        void Load(int value)
        {
            int count = bcd ? FromBcd(value) : value;
            reload = count == 0 ? (bcd ? 10000 : 0x10000) : count;
            start = clock.MonotonicNanoseconds;
            loaded = true;
        }

        int Count()
        {
            if (!loaded)
                return 0;
            long ticks = Ticks(clock.MonotonicNanoseconds);
            int span = bcd ? 10000 : 0x10000;
            long count = mode switch
            {
                2 => reload - (ticks % reload),
                3 => reload - (ticks * 2 % reload),
                _ => (((reload - ticks) % span) + span) % span,
            };
            return bcd ? ToBcd((int)count) : (int)(count & 0xFFFF);
        }

        long Ticks(long now) => (long)((Int128)(now - start) * Frequency / NanosecondsPerSecond);

        // Rounded up, so that at that time the tick has come.
        static long ToNanoseconds(long ticks) => (long)(((Int128)ticks * NanosecondsPerSecond + Frequency - 1) / Frequency);

        static int FromBcd(int value) => (value >> 12) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);

        static int ToBcd(int value) => ((value / 1000 % 10) << 12) | ((value / 100 % 10) << 8) | ((value / 10 % 10) << 4) | (value % 10);
    }
}
