namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>Operands where arithmetic is interesting, by chance but reproducibly.</summary>
sealed class FpuOperands(int seed)
{
    const ulong IntegerBit = 1UL << 63;

    readonly Random random = new(seed);

    public Random Random => random;

    /// <summary>Sets an x87 register to a value of any class.</summary>
    public (ulong Significand, ushort SignExponent) Extended()
    {
        ushort sign = (ushort)(random.Next(2) << 15);
        return random.Next(24) switch
        {
            0 => (0, sign),
            1 => (IntegerBit, (ushort)(sign | 0x7FFF)),
            2 => (IntegerBit | 1UL << 62 | Significand() >> 2, (ushort)(sign | 0x7FFF)),
            3 => (IntegerBit | Math.Max(1, Significand() >> 2 & ~(1UL << 62)), (ushort)(sign | 0x7FFF)),
            4 => (Significand() >> random.Next(1, 63), sign),
            5 => (Significand(), sign),
            6 => (Significand() >> random.Next(1, 64), (ushort)(sign | random.Next(1, 0x8000))),
            7 => (Significand(), (ushort)(sign | random.Next(1, 80))),
            8 => (Significand(), (ushort)(sign | random.Next(0x7FFF - 80, 0x7FFF))),
            9 => (Significand(), (ushort)(sign | random.Next(1, 0x7FFF))),
            10 => (Significand(), (ushort)(sign | 16383 - 126 + random.Next(-30, 3))),
            11 => (Significand(), (ushort)(sign | 16383 - 1022 + random.Next(-60, 3))),
            12 => (Significand(), (ushort)(sign | 16383 + 127 + random.Next(-2, 3))),
            13 => (Significand(), (ushort)(sign | 16383 + 1023 + random.Next(-2, 3))),
            14 => (IntegerBit, (ushort)(sign | 16383 + random.Next(-3, 70))),
            15 => SmallInteger(sign),
            _ => (Significand(), (ushort)(sign | 16383 + random.Next(-70, 70))),
        };
    }

    /// <summary>An x87 value that is a number of moderate size, for functions.</summary>
    public (ulong Significand, ushort SignExponent) Moderate(int minimumExponent, int maximumExponent) =>
        (Significand(), (ushort)(random.Next(2) << 15 | 16383 + random.Next(minimumExponent, maximumExponent + 1)));

    /// <summary>A normalized significand; some have long runs of equal bits, so that roundings tie and carry.</summary>
    public ulong Significand() => random.Next(5) switch
    {
        0 => IntegerBit | (ulong)random.NextInt64() << random.Next(64),
        1 => IntegerBit | ulong.MaxValue << random.Next(64),
        2 => IntegerBit | 1UL << random.Next(63) | 1UL << random.Next(63),
        _ => IntegerBit | (ulong)random.NextInt64(),
    };

    (ulong, ushort) SmallInteger(ushort sign)
    {
        ulong value = (ulong)random.NextInt64(1, 1L << random.Next(1, 33));
        int shift = System.Numerics.BitOperations.LeadingZeroCount(value);
        return (value << shift, (ushort)(sign | 16383 + 63 - shift));
    }

    /// <summary>A binary32 of any class.</summary>
    public uint Single()
    {
        uint sign = (uint)random.Next(2) << 31, fraction = (uint)random.Next(1 << 23);
        return random.Next(16) switch
        {
            0 => sign,
            1 => sign | 0x7F800000,
            2 => sign | 0x7FC00000 | fraction,
            3 => sign | 0x7F800000 | Math.Max(1, fraction & 0x3FFFFF),
            4 => sign | fraction >> random.Next(23),
            5 => sign | (uint)random.Next(1, 30) << 23 | fraction,
            6 => sign | (uint)random.Next(0xFF - 30, 0xFF) << 23 | fraction,
            7 => sign | (uint)random.Next(1, 0xFF) << 23 | (uint)(Significand() >> 40) & 0x7FFFFF,
            8 => BitConverter.SingleToUInt32Bits(random.Next(-100, 100)),
            9 => sign | (uint)(127 + random.Next(28, 34)) << 23 | (uint)(Significand() >> 40) & 0x7FFFFF,
            _ => sign | (uint)(127 + random.Next(-26, 26)) << 23 | (uint)(Significand() >> 40) & 0x7FFFFF,
        };
    }

    /// <summary>A binary64 of any class.</summary>
    public ulong Double()
    {
        ulong sign = (ulong)random.Next(2) << 63, fraction = (ulong)random.NextInt64(1L << 52), shaped = Significand() << 1 >> 12;
        return random.Next(16) switch
        {
            0 => sign,
            1 => sign | 0x7FF0000000000000,
            2 => sign | 0x7FF8000000000000 | fraction,
            3 => sign | 0x7FF0000000000000 | Math.Max(1, fraction & 0x7FFFFFFFFFFFF),
            4 => sign | fraction >> random.Next(52),
            5 => sign | (ulong)random.Next(1, 60) << 52 | shaped,
            6 => sign | (ulong)random.Next(0x7FF - 60, 0x7FF) << 52 | shaped,
            7 => sign | (ulong)random.Next(1, 0x7FF) << 52 | shaped,
            8 => BitConverter.DoubleToUInt64Bits(random.Next(-100, 100)),
            9 => sign | (ulong)(1023 + random.Next(28, 34)) << 52 | shaped,
            10 => sign | (ulong)(1023 + random.Next(-152, -120)) << 52 | shaped,
            11 => sign | (ulong)(1023 + random.Next(125, 130)) << 52 | shaped,
            _ => sign | (ulong)(1023 + random.Next(-55, 55)) << 52 | shaped,
        };
    }

    /// <summary>A control word: any rounding, any defined precision, mostly all exceptions masked.</summary>
    public ushort Control()
    {
        int masks = random.Next(4) != 0 ? 0x3F : random.Next(0x40);
        int precision = random.Next(2) == 0 ? 3 : random.Next(2) * 2;
        return (ushort)(0x40 | masks | precision << 8 | random.Next(4) << 10);
    }

    /// <summary>A record with all x87 registers set to something and an unproblematic status word.</summary>
    public FpuRecord Record(ReadOnlySpan<byte> code)
    {
        FpuRecord record = new() { Eflags = 2, Mxcsr = 0x1F80, Control = Control(), Tags = 0xFF };
        record.SetCode(code);
        record.Status = (ushort)(random.Next(8) << 11 | random.Next(16) switch { var c => (c & 7) << 8 | (c & 8) << 11 });
        for (int i = 0; i < 8; i++)
        {
            (ulong significand, ushort signExponent) = Extended();
            record.SetRegister(i, significand, signExponent);
        }
        return record;
    }
}
