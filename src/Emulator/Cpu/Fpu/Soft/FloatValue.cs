using System.Numerics;

namespace LguestPS.Emulator.Cpu.Fpu.Soft;

/// <summary>What kind of value an encoding holds. The NaNs and the refused encodings come last, so that one compare finds them.</summary>
internal enum FloatClass : byte
{
    Zero,
    Normal,
    Denormal,
    Infinity,
    QuietNaN,
    SignalingNaN,
    Unsupported,
}

/// <summary>A floating-point value taken apart, the same for all three formats.</summary>
/// <param name="Class">Its kind.</param>
/// <param name="Negative">Its sign.</param>
/// <param name="Exponent">For finite numbers: the value is Significand / 2^63 * 2^Exponent.</param>
/// <param name="Significand">For finite numbers normalized, denormal ones too: bit 63 is set. For a NaN its payload, the quiet bit in bit 62.</param>
internal readonly record struct FloatValue(FloatClass Class, bool Negative, int Exponent, ulong Significand)
{
    /// <summary>A quiet or signaling NaN, or an encoding that counts as none.</summary>
    public bool IsNaN => Class >= FloatClass.QuietNaN;

    public bool IsZero => Class == FloatClass.Zero;

    public bool IsInfinity => Class == FloatClass.Infinity;

    /// <summary>The real indefinite, in every format: a negative quiet NaN without further payload.</summary>
    public static FloatValue Indefinite => new(FloatClass.QuietNaN, true, 0, Float80.IntegerBit | Float80.QuietBit);

    public static FloatValue Zero(bool negative) => new(FloatClass.Zero, negative, 0, 0);

    public static FloatValue Infinity(bool negative) => new(FloatClass.Infinity, negative, 0, Float80.IntegerBit);

    public static FloatValue Finite(bool negative, int exponent, ulong significand) => new(FloatClass.Normal, negative, exponent, significand);

    /// <summary>An integer, exactly.</summary>
    public static FloatValue FromInteger(long value)
    {
        if (value == 0)
            return Zero(false);
        ulong magnitude = value < 0 ? 0UL - (ulong)value : (ulong)value;
        int shift = BitOperations.LeadingZeroCount(magnitude);
        return Finite(value < 0, 63 - shift, magnitude << shift);
    }

    /// <summary>The same value with the other sign; NaNs stay as they are, as in a subtraction.</summary>
    public FloatValue Negated => IsNaN ? this : this with { Negative = !Negative };

    /// <summary>The same NaN, quiet.</summary>
    public FloatValue Quieted => this with { Class = FloatClass.QuietNaN, Significand = Significand | Float80.QuietBit };

    /// <summary>Takes a binary32 apart.</summary>
    public static FloatValue FromSingle(uint bits) => FromBits((bits & 0x80000000) != 0, (int)(bits >> 23) & 0xFF, (ulong)(bits & 0x7FFFFF) << 40, 127, 0xFF);

    /// <summary>Takes a binary64 apart.</summary>
    public static FloatValue FromDouble(ulong bits) => FromBits((bits >> 63) != 0, (int)(bits >> 52) & 0x7FF, (bits & 0xFFFFFFFFFFFFF) << 11, 1023, 0x7FF);

    static FloatValue FromBits(bool negative, int exponent, ulong fraction, int bias, int special)
    {
        if (exponent == 0)
        {
            if (fraction == 0)
                return Zero(negative);
            int shift = BitOperations.LeadingZeroCount(fraction);
            return new FloatValue(FloatClass.Denormal, negative, 1 - bias - shift, fraction << shift);
        }
        if (exponent != special)
            return Finite(negative, exponent - bias, fraction | Float80.IntegerBit);
        if (fraction == 0)
            return Infinity(negative);
        return new FloatValue((fraction & Float80.QuietBit) != 0 ? FloatClass.QuietNaN : FloatClass.SignalingNaN, negative, 0, fraction | Float80.IntegerBit);
    }

    /// <summary>A binary32 of a value that has been rounded to that format.</summary>
    public uint ToSingle()
    {
        uint sign = Negative ? 0x80000000 : 0;
        return Class switch
        {
            FloatClass.Zero => sign,
            FloatClass.Normal or FloatClass.Denormal => sign | (uint)ToBits(127, 23),
            _ => sign | 0x7F800000 | (uint)(Significand << 1 >> 41),
        };
    }

    /// <summary>A binary64 of a value that has been rounded to that format.</summary>
    public ulong ToDouble()
    {
        ulong sign = Negative ? 1UL << 63 : 0;
        return Class switch
        {
            FloatClass.Zero => sign,
            FloatClass.Normal or FloatClass.Denormal => sign | ToBits(1023, 52),
            _ => sign | 0x7FF0000000000000 | (Significand << 1 >> 12),
        };
    }

    ulong ToBits(int bias, int fractionBits)
    {
        int exponent = Exponent + bias;
        ulong significand = Significand >> (63 - fractionBits);
        // The integer bit of a normal number adds the 1 that is taken off the exponent here.
        return exponent > 0 ? ((ulong)(exponent - 1) << fractionBits) + significand : significand >> (1 - exponent);
    }
}
