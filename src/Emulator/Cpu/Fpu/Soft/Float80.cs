namespace LguestPS.Emulator.Cpu.Fpu.Soft;

/// <summary>An 80-bit x87 register: 64 bits of significand with an explicit integer bit, 15 of exponent (bias 16383) and the sign.</summary>
/// <param name="Significand">Bits 0-63.</param>
/// <param name="SignExponent">Bits 64-79.</param>
internal readonly record struct Float80(ulong Significand, ushort SignExponent)
{
    /// <summary>The exponent's bias.</summary>
    public const int Bias = 16383;

    /// <summary>The integer bit of a significand.</summary>
    public const ulong IntegerBit = 1UL << 63;

    /// <summary>Set in a quiet NaN's significand.</summary>
    public const ulong QuietBit = 1UL << 62;

    /// <summary>The quiet NaN that masked invalid operations answer.</summary>
    public static Float80 Indefinite => new(IntegerBit | QuietBit, 0xFFFF);

    public static Float80 Zero => new(0, 0);

    public static Float80 One => new(IntegerBit, Bias);

    /// <summary>The sign bit.</summary>
    public bool Negative => (SignExponent & 0x8000) != 0;

    /// <summary>The exponent with its bias.</summary>
    public int BiasedExponent => SignExponent & 0x7FFF;

    public Float80 WithSign(bool negative) => new(Significand, (ushort)(BiasedExponent | (negative ? 0x8000 : 0)));

    /// <summary>Takes it apart.</summary>
    public FloatValue Unpack()
    {
        int exponent = BiasedExponent;
        if (exponent == 0)
        {
            if (Significand == 0)
                return FloatValue.Zero(Negative);
            // With the integer bit set it is a pseudo-denormal: a denormal operand whose value is that of exponent 1.
            int shift = System.Numerics.BitOperations.LeadingZeroCount(Significand);
            return new FloatValue(FloatClass.Denormal, Negative, 1 - Bias - shift, Significand << shift);
        }
        // A number, infinity or NaN without its integer bit: the 387 and later refuse it (Intel SDM vol. 1, 8.2.2).
        if ((Significand & IntegerBit) == 0)
            return new FloatValue(FloatClass.Unsupported, Negative, 0, Significand);
        if (exponent != 0x7FFF)
            return new FloatValue(FloatClass.Normal, Negative, exponent - Bias, Significand);
        if (Significand == IntegerBit)
            return FloatValue.Infinity(Negative);
        return new FloatValue((Significand & QuietBit) != 0 ? FloatClass.QuietNaN : FloatClass.SignalingNaN, Negative, 0, Significand);
    }

    /// <summary>Puts a value together that has been rounded to the register format.</summary>
    public static Float80 Pack(in FloatValue value)
    {
        ushort sign = (ushort)(value.Negative ? 0x8000 : 0);
        switch (value.Class)
        {
            case FloatClass.Zero:
                return new Float80(0, sign);
            case FloatClass.Normal or FloatClass.Denormal:
                int exponent = value.Exponent + Bias;
                return exponent > 0
                    ? new Float80(value.Significand, (ushort)(sign | exponent))
                    : new Float80(value.Significand >> (1 - exponent), sign);
            default:
                return new Float80(value.Significand, (ushort)(sign | 0x7FFF));
        }
    }
}
