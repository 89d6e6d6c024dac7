namespace LguestPS.Emulator.Cpu.Fpu.Soft;

/// <summary>A finite number with 128 bits of significand, cut rather than rounded: what the transcendental functions compute with, so that one rounding to 64 bits remains.</summary>
/// <param name="Negative">Its sign.</param>
/// <param name="Exponent">The value is Significand / 2^127 * 2^Exponent.</param>
/// <param name="Significand">Bit 127 is set, or it is 0 and so is the number.</param>
internal readonly record struct WideFloat(bool Negative, int Exponent, UInt128 Significand)
{
    public static WideFloat Ln2 => new(false, -1, new UInt128(0xB17217F7D1CF79AB, 0xC9E3B39803F2F6AF));

    public static WideFloat Log2E => new(false, 0, new UInt128(0xB8AA3B295C17F0BB, 0xBE87FED0691D3E89));

    public static WideFloat Pi => new(false, 1, new UInt128(0xC90FDAA22168C234, 0xC4C6628B80DC1CD1));

    public static WideFloat One => FromInteger(1);

    public bool IsZero => Significand == UInt128.Zero;

    public WideFloat Magnitude => this with { Negative = false };

    public static WideFloat FromInteger(long value) => FromValue(FloatValue.FromInteger(value));

    /// <summary>A finite value.</summary>
    public static WideFloat FromValue(in FloatValue value) => new(value.Negative, value.Exponent, (UInt128)value.Significand << 64);

    /// <summary>bits / 2^128, a number less than 1.</summary>
    public static WideFloat FromFraction(UInt128 bits) => Normalize(false, -1, bits);

    /// <summary>Rounds a value that is known to be irrational, so never exactly in the middle or on a number.</summary>
    public FloatValue RoundInexact(ref FloatContext c) =>
        SoftFloat.Round(Negative, Exponent, Significand | UInt128.One, FloatFormat.Extended, ref c);

    public static WideFloat operator -(in WideFloat a) => a with { Negative = !a.Negative };

    public static WideFloat operator -(in WideFloat a, in WideFloat b) => a + -b;

    public static WideFloat operator +(in WideFloat a, in WideFloat b)
    {
        if (a.IsZero)
            return b;
        if (b.IsZero)
            return a;
        bool swap = a.Exponent < b.Exponent || (a.Exponent == b.Exponent && a.Significand < b.Significand);
        WideFloat large = swap ? b : a, small = swap ? a : b;
        int distance = large.Exponent - small.Exponent;
        if (large.Negative != small.Negative)
        {
            // Only neighbours cancel, and they keep all their bits.
            return Normalize(large.Negative, large.Exponent, large.Significand - SoftFloat.ShiftRightSticky(small.Significand, distance));
        }
        UInt128 sum = (large.Significand >> 1) + SoftFloat.ShiftRightSticky(small.Significand, distance + 1);
        return Normalize(large.Negative, large.Exponent + 1, sum);
    }

    public static WideFloat operator *(in WideFloat a, in WideFloat b) =>
        Normalize(a.Negative != b.Negative, a.Exponent + b.Exponent + 1, MultiplyHigh(a.Significand, b.Significand));

    public static WideFloat operator /(in WideFloat a, in WideFloat b)
    {
        // Long division, a bit a turn: the dividend stays less than twice the divisor.
        UInt128 rest = a.Significand, quotient = UInt128.Zero;
        bool carry = false;
        for (int i = 0; i < 128; i++)
        {
            quotient <<= 1;
            if (carry || rest >= b.Significand)
            {
                rest -= b.Significand;
                quotient |= UInt128.One;
            }
            carry = rest >> 127 != UInt128.Zero;
            rest <<= 1;
        }
        return Normalize(a.Negative != b.Negative, a.Exponent - b.Exponent, quotient);
    }

    /// <summary>The same number times 2^power.</summary>
    public WideFloat Scale(int power) => IsZero ? this : this with { Exponent = Exponent + power };

    /// <summary>The upper half of a 256-bit product, short by at most one unit.</summary>
    public static UInt128 MultiplyHigh(UInt128 a, UInt128 b)
    {
        ulong aHigh = (ulong)(a >> 64), aLow = (ulong)a, bHigh = (ulong)(b >> 64), bLow = (ulong)b;
        UInt128 cross1 = Math.BigMul(aHigh, bLow), cross2 = Math.BigMul(aLow, bHigh);
        UInt128 middle = (UInt128)(ulong)cross1 + (ulong)cross2 + (Math.BigMul(aLow, bLow) >> 64);
        return Math.BigMul(aHigh, bHigh) + (cross1 >> 64) + (cross2 >> 64) + (middle >> 64);
    }

    static WideFloat Normalize(bool negative, int exponent, UInt128 significand)
    {
        if (significand == UInt128.Zero)
            return default;
        int shift = (int)UInt128.LeadingZeroCount(significand);
        return new WideFloat(negative, exponent - shift, significand << shift);
    }
}
