using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Platform;

/// <summary>The CMOS real-time clock: the date and time of day in UTC at registers 0 to 9 and 0x32, and some bytes of memory (Motorola MC146818 data sheet). It raises no interrupts.</summary>
sealed class RealTimeClock(IClock clock) : IPortDevice
{
    const ushort IndexPort = 0x70;
    const int StatusA = 0x0A, StatusB = 0x0B, StatusC = 0x0C, StatusD = 0x0D, Century = 0x32;
    const byte DividerOn = 0x26, Hours24 = 0x02, Binary = 0x04, BatteryGood = 0x80;

    readonly byte[] memory = new byte[128];
    int index;
    byte statusB = Hours24;

    /// <inheritdoc/>
    public IEnumerable<ushort> Ports => [IndexPort, 0x71];

    /// <inheritdoc/>
    public byte Read(ushort port)
    {
        if (port == IndexPort)
            return 0xFF;
        DateTime now = DateTime.UnixEpoch.AddTicks(clock.WallNanoseconds / 100);
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
            StatusA => DividerOn,
            StatusB => statusB,
            StatusC => 0,
            StatusD => BatteryGood,
            _ => memory[index],
        };
    }

    /// <inheritdoc/>
    public void Write(ushort port, byte value)
    {
        if (port == IndexPort)
            index = value & 0x7F;   // bit 7 masks the non-maskable interrupt, which nothing here raises
        else if (index == StatusB)
            statusB = value;
        else
            memory[index] = value;
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
