using System.Numerics;

namespace LguestPS.Emulator.Cpu.Fpu.Soft;

/// <content>Add, subtract, multiply, divide, square root.</content>
internal static partial class SoftFloat
{
    public static FloatValue Add(FloatValue a, FloatValue b, in FloatFormat format, ref FloatContext c)
    {
        if (FindSpecial(ref a, ref b, ref c, out FloatValue special))
            return special;
        if (a.IsInfinity || b.IsInfinity)
            return a.IsInfinity && b.IsInfinity && a.Negative != b.Negative ? Invalid(ref c) : a.IsInfinity ? a : b;
        if (a.IsZero && b.IsZero)
            return FloatValue.Zero(a.Negative == b.Negative ? a.Negative : c.Rounding == RoundingMode.Down);
        if (a.IsZero)
            return Round(b.Negative, b.Exponent, (UInt128)b.Significand << 64, format, ref c);
        if (b.IsZero)
            return Round(a.Negative, a.Exponent, (UInt128)a.Significand << 64, format, ref c);

        if (a.Exponent < b.Exponent || (a.Exponent == b.Exponent && a.Significand < b.Significand))
            (a, b) = (b, a);
        // One bit is left free above for the carry; the smaller operand loses bits only where 62 zeros stand below the larger one.
        UInt128 large = (UInt128)a.Significand << 63;
        UInt128 small = ShiftRightSticky((UInt128)b.Significand << 63, a.Exponent - b.Exponent);
        UInt128 sum = a.Negative == b.Negative ? large + small : large - small;
        if (sum == UInt128.Zero)
            return FloatValue.Zero(c.Rounding == RoundingMode.Down);
        int shift = (int)UInt128.LeadingZeroCount(sum);
        return Round(a.Negative, a.Exponent + 1 - shift, sum << shift, format, ref c);
    }

    public static FloatValue Subtract(FloatValue a, FloatValue b, in FloatFormat format, ref FloatContext c) => Add(a, b.Negated, format, ref c);

    public static FloatValue Multiply(FloatValue a, FloatValue b, in FloatFormat format, ref FloatContext c)
    {
        if (FindSpecial(ref a, ref b, ref c, out FloatValue special))
            return special;
        bool negative = a.Negative != b.Negative;
        if (a.IsInfinity || b.IsInfinity)
            return a.IsZero || b.IsZero ? Invalid(ref c) : FloatValue.Infinity(negative);
        if (a.IsZero || b.IsZero)
            return FloatValue.Zero(negative);

        UInt128 product = Math.BigMul(a.Significand, b.Significand);
        int exponent = a.Exponent + b.Exponent + 1;
        if (product >> 127 == UInt128.Zero)
        {
            product <<= 1;
            exponent--;
        }
        return Round(negative, exponent, product, format, ref c);
    }

    public static FloatValue Divide(FloatValue a, FloatValue b, in FloatFormat format, ref FloatContext c)
    {
        if (b.IsZero && a.Class == FloatClass.Denormal && !c.DenormalsAreZero)
        {
            // The one case where a denormal operand is passed over for the other exception.
            c.Raise(FloatFlags.ZeroDivide);
            return FloatValue.Infinity(a.Negative != b.Negative);
        }
        if (FindSpecial(ref a, ref b, ref c, out FloatValue special))
            return special;
        bool negative = a.Negative != b.Negative;
        if (a.IsInfinity)
            return b.IsInfinity ? Invalid(ref c) : FloatValue.Infinity(negative);
        if (b.IsInfinity)
            return FloatValue.Zero(negative);
        if (b.IsZero)
        {
            if (a.IsZero)
                return Invalid(ref c);
            c.Raise(FloatFlags.ZeroDivide);
            return FloatValue.Infinity(negative);
        }
        if (a.IsZero)
            return FloatValue.Zero(negative);

        int exponent = a.Exponent - b.Exponent;
        UInt128 dividend = (UInt128)a.Significand << 64;
        if (a.Significand >= b.Significand)
            dividend >>= 1;
        else
            exponent--;
        // The dividend's high half is less than the divisor, so each step's quotient fits 64 bits.
        ulong quotient = DivideStep(dividend, b.Significand, out ulong remainder);
        ulong next = DivideStep((UInt128)remainder << 64, b.Significand, out remainder);
        return Round(negative, exponent, new UInt128(quotient, next | (remainder != 0 ? 1UL : 0)), format, ref c);
    }

    public static FloatValue SquareRoot(FloatValue a, in FloatFormat format, ref FloatContext c)
    {
        if (c.DenormalsAreZero && a.Class == FloatClass.Denormal)
            a = FloatValue.Zero(a.Negative);
        if (a.IsNaN)
            return QuietOrInvalid(a, ref c);
        if (a.IsZero)
            return a;
        if (a.Negative)
            return Invalid(ref c);
        if (a.IsInfinity)
            return a;
        if (NoteDenormal(a, ref c))
            return default;

        // An even exponent is left outside; the root of the 128-bit significand has 64 bits, and the remainder tells on which side of the next half it lies.
        int exponent = a.Exponent >> 1;
        UInt128 radicand = (UInt128)a.Significand << ((a.Exponent & 1) != 0 ? 64 : 63);
        ulong root = IntegerSquareRoot(radicand, out UInt128 remainder);
        ulong low = (remainder > root ? 1UL << 63 : 0) | (remainder != UInt128.Zero ? 1UL : 0);
        return Round(false, exponent, new UInt128(root, low), format, ref c);
    }

    static ulong DivideStep(UInt128 dividend, ulong divisor, out ulong remainder)
    {
        (UInt128 quotient, UInt128 rest) = UInt128.DivRem(dividend, divisor);
        remainder = (ulong)rest;
        return (ulong)quotient;
    }

    /// <summary>The integer square root of a number of 127 or 128 bits.</summary>
    static ulong IntegerSquareRoot(UInt128 value, out UInt128 remainder)
    {
        // A double's root is good to 53 bits, one step of Newton's method to all 64; then it is off by a few at most.
        double estimate = Math.Sqrt((double)(ulong)(value >> 64)) * 4294967296.0;
        ulong root = estimate >= 18446744073709551615.0 ? ulong.MaxValue : (ulong)estimate;
        UInt128 next = (value / root + root) >> 1;
        root = next > ulong.MaxValue ? ulong.MaxValue : (ulong)next;
        while ((UInt128)root * root > value)
            root--;
        while (value - (UInt128)root * root > (UInt128)root << 1)
            root++;
        remainder = value - (UInt128)root * root;
        return root;
    }

    /// <summary>Handles what two-operand arithmetic has in common: NaNs and refused encodings decide the result, denormals are noted.</summary>
    static bool FindSpecial(ref FloatValue a, ref FloatValue b, ref FloatContext c, out FloatValue result)
    {
        if (c.DenormalsAreZero)
        {
            if (a.Class == FloatClass.Denormal)
                a = FloatValue.Zero(a.Negative);
            if (b.Class == FloatClass.Denormal)
                b = FloatValue.Zero(b.Negative);
        }
        if (a.IsNaN || b.IsNaN)
        {
            result = PropagateNaN(a, b, ref c);
            return true;
        }
        result = default;
        return NoteDenormal(a, ref c) | NoteDenormal(b, ref c);
    }

    /// <summary>Notes a denormal operand. True: its exception is unmasked, nothing is computed and so nothing else is found.</summary>
    static bool NoteDenormal(in FloatValue a, ref FloatContext c)
    {
        if (a.Class != FloatClass.Denormal)
            return false;
        c.Raise(FloatFlags.Denormal);
        return !c.Simd && c.Stopped;
    }

    /// <summary>The NaN that two operands, at least one of them a NaN, result in (Intel SDM vol. 1, table 4-7).</summary>
    public static FloatValue PropagateNaN(in FloatValue a, in FloatValue b, ref FloatContext c)
    {
        if (a.Class == FloatClass.Unsupported || b.Class == FloatClass.Unsupported)
            return Invalid(ref c);
        if (a.Class == FloatClass.SignalingNaN || b.Class == FloatClass.SignalingNaN)
            c.Raise(FloatFlags.Invalid);
        if (!b.IsNaN || (c.Simd && a.IsNaN))
            return a.Quieted;
        if (!a.IsNaN)
            return b.Quieted;
        // x87, two NaNs: a quiet one before a signaling one, else the larger significand, else the positive one.
        if (a.Class != b.Class)
            return a.Class == FloatClass.QuietNaN ? a : b;
        if (a.Significand != b.Significand)
            return (a.Significand > b.Significand ? a : b).Quieted;
        return (a.Negative ? b : a).Quieted;
    }

    /// <summary>A one-operand operation's answer to a NaN.</summary>
    public static FloatValue QuietOrInvalid(in FloatValue a, ref FloatContext c)
    {
        if (a.Class == FloatClass.QuietNaN)
            return a;
        c.Raise(FloatFlags.Invalid);
        return a.Class == FloatClass.SignalingNaN ? a.Quieted : FloatValue.Indefinite;
    }

    /// <summary>Notes an invalid operation and gives its masked answer.</summary>
    public static FloatValue Invalid(ref FloatContext c)
    {
        c.Raise(FloatFlags.Invalid);
        return FloatValue.Indefinite;
    }
}
