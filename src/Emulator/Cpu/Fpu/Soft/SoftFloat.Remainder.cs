using System.Numerics;

namespace LguestPS.Emulator.Cpu.Fpu.Soft;

/// <content>Partial remainder and scaling.</content>
internal static partial class SoftFloat
{
    /// <summary>One step of a partial remainder (fprem; fprem1 with the nearest quotient).</summary>
    /// <param name="a">Dividend.</param>
    /// <param name="b">Divisor.</param>
    /// <param name="nearest">Quotient rounded to nearest (IEEE remainder) instead of cut.</param>
    /// <param name="c">Mode and exceptions.</param>
    /// <param name="quotient">The quotient's low 64 bits, when complete.</param>
    /// <param name="complete">False: the exponents lie so far apart that the caller has to go on with the result.</param>
    public static FloatValue Remainder(FloatValue a, FloatValue b, bool nearest, ref FloatContext c, out ulong quotient, out bool complete)
    {
        quotient = 0;
        complete = true;
        // Invalid goes before a denormal operand here.
        if (!a.IsNaN && !b.IsNaN && (a.IsInfinity || b.IsZero))
            return Invalid(ref c);
        if (FindSpecial(ref a, ref b, ref c, out FloatValue special))
            return special;
        if (a.IsZero)
            return a;

        int distance = a.Exponent - b.Exponent;
        if (b.IsInfinity || distance < -1 || (distance == -1 && !nearest))
            return Round(a.Negative, a.Exponent, (UInt128)a.Significand << 64, FloatFormat.Extended, ref c);

        // The remainder is an integer in units of 2^unit.
        int unit = b.Exponent - 63;
        UInt128 dividend, divisor = b.Significand;
        if (distance >= 64)
        {
            complete = false;
            // Any step between 32 and 63 bits is allowed; this one leaves a multiple of 32 to do, as processors do.
            int step = 32 + (distance & 31);
            dividend = (UInt128)a.Significand << step;
            unit += distance - step;
        }
        else if (distance >= 0)
            dividend = (UInt128)a.Significand << distance;
        else
        {
            dividend = a.Significand;
            divisor <<= 1;
            unit--;
        }

        (UInt128 whole, UInt128 rest) = UInt128.DivRem(dividend, divisor);
        bool negative = a.Negative;
        if (complete)
        {
            if (nearest && (rest << 1 > divisor || (rest << 1 == divisor && !UInt128.IsEvenInteger(whole))))
            {
                rest = divisor - rest;
                negative = !negative;
                whole++;
            }
            quotient = (ulong)whole;
        }
        if (rest == UInt128.Zero)
            return FloatValue.Zero(a.Negative);
        int shift = (int)UInt128.LeadingZeroCount(rest);
        return Round(negative, unit + 127 - shift, rest << shift, FloatFormat.Extended, ref c);
    }

    /// <summary>a * 2^trunc(b) (fscale).</summary>
    public static FloatValue Scale(FloatValue a, FloatValue b, ref FloatContext c)
    {
        if (FindSpecial(ref a, ref b, ref c, out FloatValue special))
            return special;
        if (b.IsInfinity)
        {
            if (b.Negative ? a.IsInfinity : a.IsZero)
                return Invalid(ref c);
            return b.Negative ? FloatValue.Zero(a.Negative) : FloatValue.Infinity(a.Negative);
        }
        if (a.IsZero || a.IsInfinity)
            return a;

        int power = 0;
        if (!b.IsZero && b.Exponent >= 0)
        {
            // More than this leaves every number's range, unmasked results' too.
            const int limit = 0x10000;
            power = b.Exponent > 16 ? limit : (int)(b.Significand >> (63 - b.Exponent));
            if (b.Negative)
                power = -power;
        }
        return Round(a.Negative, a.Exponent + power, (UInt128)a.Significand << 64, FloatFormat.Extended, ref c);
    }
}
