using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Platform;

/// <summary>The CMOS real-time clock: the date and time of day in UTC at registers 0 to 9 and 0x32, its three interrupts, and some bytes of memory, in which firmware notes the size of RAM (Motorola MC146818 data sheet).</summary>
/// <remarks>The time is the host's: setting it has no effect.</remarks>
/// <param name="clock">The time.</param>
/// <param name="raise">Its interrupt line.</param>
/// <param name="memorySize">Bytes of RAM.</param>
sealed class RealTimeClock(IClock clock, Action raise, uint memorySize) : IPortDevice
{
    const long NanosecondsPerSecond = 1_000_000_000;

    // For so long before the time changes, those who read it are warned.
    const long UpdateWarning = 244_000;

    const ushort IndexPort = 0x70;
    const int SecondsAlarm = 1, MinutesAlarm = 3, HoursAlarm = 5;
    const int StatusA = 0x0A, StatusB = 0x0B, StatusC = 0x0C, StatusD = 0x0D, Century = 0x32;
    const byte DividerOn = 0x26, Hours24 = 0x02, Binary = 0x04, BatteryGood = 0x80;
    const byte UpdateInProgress = 0x80, RateMask = 0x0F, Set = 0x80, AnyTime = 0xC0;

    // The same bits enable an interrupt in register B and tell of it in register C.
    const byte Periodic = 0x40, Alarm = 0x20, Update = 0x10, AllInterrupts = Periodic | Alarm | Update, Requested = 0x80;

    readonly byte[] memory = SizesOf(memorySize);
    int index;
    byte statusA = DividerOn, statusB = Hours24, flags;
    long lookedAt = clock.MonotonicNanoseconds, lookedSecond = clock.WallNanoseconds / NanosecondsPerSecond;

    /// <inheritdoc/>
    public IEnumerable<ushort> Ports => [IndexPort, 0x71];

    /// <summary>When an interrupt that is enabled may be due next, in nanoseconds of the clock; <see cref="long.MaxValue"/> for never.</summary>
    public long Deadline { get; private set; } = long.MaxValue;

    /// <summary>Raises the interrupt if its time has come.</summary>
    public void Poll()
    {
        if (Deadline != long.MaxValue && clock.MonotonicNanoseconds >= Deadline)
            Look();
    }

    /// <inheritdoc/>
    public byte Read(ushort port)
    {
        if (port == IndexPort)
            return 0xFF;
        DateTime now = Moment(clock.WallNanoseconds);
        return index switch
        {
            0 => Number(now.Second),
            2 => Number(now.Minute),
            4 => Hour(now.Hour),
            6 => Number((int)now.DayOfWeek + 1),
            7 => Number(now.Day),
            8 => Number(now.Month),
            9 => Number(now.Year % 100),
            Century => Number(now.Year / 100),
            StatusA => ReadStatusA(),
            StatusB => statusB,
            StatusC => TakeFlags(),
            StatusD => BatteryGood,
            _ => memory[index],
        };
    }

    /// <inheritdoc/>
    public void Write(ushort port, byte value)
    {
        if (port == IndexPort)
        {
            index = value & 0x7F;   // bit 7 masks the non-maskable interrupt, which nothing here raises
            return;
        }
        Look();   // what was due comes before what is changed
        switch (index)
        {
            case StatusA:
                statusA = (byte)(value & ~UpdateInProgress);
                break;
            case StatusB:
                statusB = value;
                break;
            case StatusC or StatusD:
                break;
            default:
                memory[index] = value;
                break;
        }
        Signal();
    }

    byte ReadStatusA()
    {
        bool updates = (statusB & Set) == 0 && NanosecondsPerSecond - clock.WallNanoseconds % NanosecondsPerSecond <= UpdateWarning;
        return (byte)(statusA | (updates ? UpdateInProgress : 0));
    }

    // Reading ends the request.
    byte TakeFlags()
    {
        Look();
        byte taken = flags;
        flags = 0;
        return taken;
    }

    // What has happened since the last look.
    void Look()
    {
        long now = clock.MonotonicNanoseconds, second = clock.WallNanoseconds / NanosecondsPerSecond;
        if (PeriodicTicks(now) != PeriodicTicks(lookedAt))
            flags |= Periodic;
        if (second != lookedSecond && (statusB & Set) == 0)
            flags |= AlarmIsIn(lookedSecond, second) ? (byte)(Update | Alarm) : Update;
        (lookedAt, lookedSecond) = (now, second);
        Signal();
    }

    void Signal()
    {
        if ((flags & statusB & AllInterrupts) != 0 && (flags & Requested) == 0)
        {
            flags |= Requested;
            raise();
        }
        Deadline = NextLook();
    }

    long NextLook()
    {
        long next = long.MaxValue;
        if ((statusB & Periodic) != 0 && Frequency is not 0 and var frequency)
            next = (long)(((Int128)(PeriodicTicks(lookedAt) + 1) * NanosecondsPerSecond + frequency - 1) / frequency);
        if ((statusB & (Alarm | Update)) != 0)
            next = Math.Min(next, lookedAt + NanosecondsPerSecond - clock.WallNanoseconds % NanosecondsPerSecond);
        return next;
    }

    // Rates 1 and 2 are those of 8 and 9 (data sheet, table 5, with the divider for 32.768 kHz).
    int Frequency => (statusA & RateMask) switch
    {
        0 => 0,
        1 => 256,
        2 => 128,
        var rate => 65536 >> rate,
    };

    long PeriodicTicks(long now) => (long)((Int128)now * Frequency / NanosecondsPerSecond);

    // Whether the alarm's time is one of the seconds after the first, up to the last. In a day each time has been.
    bool AlarmIsIn(long first, long last)
    {
        for (long second = Math.Max(first, last - 86_400) + 1; second <= last; second++)
        {
            DateTime time = Moment(second * NanosecondsPerSecond);
            if (Matches(SecondsAlarm, Number(time.Second)) && Matches(MinutesAlarm, Number(time.Minute)) && Matches(HoursAlarm, Hour(time.Hour)))
                return true;
        }
        return false;
    }

    bool Matches(int register, byte value) => memory[register] >= AnyTime || memory[register] == value;

    static DateTime Moment(long wallNanoseconds) => DateTime.UnixEpoch.AddTicks(wallNanoseconds / 100);

    // As PC firmware leaves them: kilobytes below 640 KB, kilobytes from 1 MB on (twice), and 64 KB from 16 MB on.
    static byte[] SizesOf(uint memorySize)
    {
        byte[] memory = new byte[128];
        Put(0x15, 640);
        uint above = Math.Min((memorySize - Math.Min(memorySize, 1u << 20)) >> 10, 0xFFFF);
        Put(0x17, above);
        Put(0x30, above);
        Put(0x34, Math.Min((memorySize - Math.Min(memorySize, 16u << 20)) >> 16, 0xFFFF));
        return memory;

        void Put(int at, uint value) => (memory[at], memory[at + 1]) = ((byte)value, (byte)(value >> 8));
    }

    byte Number(int value) => (byte)((statusB & Binary) != 0 ? value : (value / 10 << 4) | (value % 10));

    byte Hour(int hour)
    {
        if ((statusB & Hours24) != 0)
            return Number(hour);
        int twelve = hour % 12 == 0 ? 12 : hour % 12;
        return (byte)(Number(twelve) | (hour >= 12 ? 0x80 : 0));
    }
}
