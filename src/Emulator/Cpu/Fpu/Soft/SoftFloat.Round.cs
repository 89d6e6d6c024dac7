namespace LguestPS.Emulator.Cpu.Fpu.Soft;

/// <summary>Floating-point arithmetic in integers, for all formats of x87 and SSE: exact results, rounded once, with the exceptions that they cause.</summary>
/// <remarks>
/// Operations compute a 128-bit significand whose lowest bit is sticky (set when anything below it is not 0); at most 64 bits of it are
/// kept, so what is left decides the rounding exactly.
/// </remarks>
internal static partial class SoftFloat
{
    /// <summary>Rounds a finite result to a format.</summary>
    /// <param name="negative">Its sign.</param>
    /// <param name="exponent">The value is significand / 2^127 * 2^exponent.</param>
    /// <param name="significand">Normalized: bit 127 is set. Bit 0 is sticky.</param>
    /// <param name="format">What it must fit.</param>
    /// <param name="c">Mode and exceptions.</param>
    public static FloatValue Round(bool negative, int exponent, UInt128 significand, in FloatFormat format, ref FloatContext c)
    {
        ulong kept = RoundSignificand(negative, significand, format.Precision, c.Rounding, out bool inexact, out bool up);
        int rounded = exponent;
        if (kept == 0)
        {
            kept = Float80.IntegerBit;
            rounded++;
        }

        if (rounded < format.MinExponent)
            return Underflow(negative, exponent, significand, format, FloatValue.Finite(negative, rounded, kept), inexact, up, ref c);
        if (rounded > format.MaxExponent)
            return Overflow(negative, format, FloatValue.Finite(negative, rounded, kept), inexact, up, ref c);

        if (inexact)
        {
            c.Raise(FloatFlags.Precision);
            c.RoundedUp = up;
        }
        return FloatValue.Finite(negative, rounded, kept);
    }

    /// <summary>Rounds to so many bits. Returns 0 when the carry goes out of bit 63.</summary>
    static ulong RoundSignificand(bool negative, UInt128 significand, int precision, RoundingMode mode, out bool inexact, out bool up)
    {
        ulong high = (ulong)(significand >> 64);
        int dropped = 64 - precision;
        ulong unit = 1UL << dropped;
        ulong kept = high & (0 - unit);
        UInt128 fraction = significand << precision;
        UInt128 half = UInt128.One << 127;

        inexact = fraction != UInt128.Zero;
        up = mode switch
        {
            RoundingMode.Nearest => fraction > half || (fraction == half && (kept & unit) != 0),
            RoundingMode.Down => negative && inexact,
            RoundingMode.Up => !negative && inexact,
            _ => false,
        };
        return up ? unchecked(kept + unit) : kept;
    }

    /// <summary>A result that is tiny after rounding with an exponent of any size.</summary>
    static FloatValue Underflow(bool negative, int exponent, UInt128 significand, in FloatFormat format, FloatValue normal, bool inexact, bool up, ref FloatContext c)
    {
        if (!c.IsMasked(FloatFlags.Underflow))
        {
            c.Raise(FloatFlags.Underflow | (inexact ? FloatFlags.Precision : 0));
            c.RoundedUp = up;
            // fscale can be so far below that even the adjusted exponent has no place.
            int adjusted = normal.Exponent + FloatContext.ExponentAdjustment;
            if (adjusted >= format.MinExponent)
                return normal with { Exponent = adjusted };
            c.Raise(FloatFlags.Precision);
            c.RoundedUp = false;
            return FloatValue.Zero(negative);
        }
        if (c.FlushToZero)
        {
            c.Raise(FloatFlags.Underflow | FloatFlags.Precision);
            return FloatValue.Zero(negative);
        }

        // Denormal: the significand is cut where the smallest exponent puts its end, and rounded again from the unrounded bits.
        int shift = format.MinExponent - exponent;
        int precision = format.Precision - shift;
        ulong kept;
        if (precision > 0)
        {
            kept = RoundSignificand(negative, significand, precision, c.Rounding, out inexact, out up);
            if (kept == 0)
            {
                kept = Float80.IntegerBit;
                exponent++;
            }
        }
        else
        {
            // Below the last place: the result is 0 or the smallest denormal.
            UInt128 half = UInt128.One << 127;
            inexact = true;
            up = c.Rounding switch
            {
                RoundingMode.Nearest => precision == 0 && significand > half,
                RoundingMode.Down => negative,
                RoundingMode.Up => !negative,
                _ => false,
            };
            kept = up ? Float80.IntegerBit : 0;
            exponent = format.MinExponent - format.Precision + 1;
        }

        if (inexact)
        {
            c.Raise(FloatFlags.Underflow | FloatFlags.Precision);
            c.RoundedUp = up;
        }
        return kept == 0 ? FloatValue.Zero(negative) : FloatValue.Finite(negative, exponent, kept);
    }

    /// <summary>A result beyond the largest number.</summary>
    static FloatValue Overflow(bool negative, in FloatFormat format, FloatValue normal, bool inexact, bool up, ref FloatContext c)
    {
        if (!c.IsMasked(FloatFlags.Overflow))
        {
            c.Raise(FloatFlags.Overflow | (inexact ? FloatFlags.Precision : 0));
            c.RoundedUp = up;
            int adjusted = normal.Exponent - FloatContext.ExponentAdjustment;
            if (adjusted <= format.MaxExponent)
                return normal with { Exponent = adjusted };
            c.Raise(FloatFlags.Precision);
            c.RoundedUp = true;
            return FloatValue.Infinity(negative);
        }
        c.Raise(FloatFlags.Overflow | FloatFlags.Precision);
        bool toInfinity = c.Rounding switch
        {
            RoundingMode.Nearest => true,
            RoundingMode.Down => negative,
            RoundingMode.Up => !negative,
            _ => false,
        };
        c.RoundedUp = toInfinity;
        return toInfinity
            ? FloatValue.Infinity(negative)
            : FloatValue.Finite(negative, format.MaxExponent, 0 - (1UL << (64 - format.Precision)));
    }

    /// <summary>Shifts right and keeps in bit 0 that something other than 0 was lost.</summary>
    public static UInt128 ShiftRightSticky(UInt128 value, int count)
    {
        if (count == 0)
            return value;
        if (count >= 128)
            return value == UInt128.Zero ? UInt128.Zero : UInt128.One;
        UInt128 shifted = value >> count;
        return shifted << count == value ? shifted : shifted | UInt128.One;
    }
}
