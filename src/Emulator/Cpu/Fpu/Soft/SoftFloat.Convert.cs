using System.Numerics;

namespace LguestPS.Emulator.Cpu.Fpu.Soft;

/// <summary>How two values compare.</summary>
internal enum Ordering : byte
{
    Less,
    Equal,
    Greater,
    Unordered,
}

/// <content>Comparison, conversion between formats and to integers.</content>
internal static partial class SoftFloat
{
    /// <summary>Compares. A signaling comparison finds quiet NaNs invalid too.</summary>
    public static Ordering Compare(FloatValue a, FloatValue b, bool signaling, ref FloatContext c)
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
            if (signaling || a.Class > FloatClass.QuietNaN || b.Class > FloatClass.QuietNaN)
                c.Raise(FloatFlags.Invalid);
            return Ordering.Unordered;
        }
        if (a.Class == FloatClass.Denormal || b.Class == FloatClass.Denormal)
            c.Raise(FloatFlags.Denormal);

        if (a.IsZero && b.IsZero)
            return Ordering.Equal;
        int signA = a.IsZero ? 0 : a.Negative ? -1 : 1;
        int signB = b.IsZero ? 0 : b.Negative ? -1 : 1;
        if (signA != signB)
            return signA < signB ? Ordering.Less : Ordering.Greater;
        int magnitude = CompareMagnitude(a, b);
        return magnitude == 0 ? Ordering.Equal : magnitude < 0 != a.Negative ? Ordering.Less : Ordering.Greater;
    }

    static int CompareMagnitude(in FloatValue a, in FloatValue b)
    {
        if (a.IsInfinity || b.IsInfinity)
            return a.IsInfinity.CompareTo(b.IsInfinity);
        return a.Exponent != b.Exponent ? a.Exponent.CompareTo(b.Exponent) : a.Significand.CompareTo(b.Significand);
    }

    /// <summary>Rounds to another format. Denormal operands are not noted: loads and conversions do that, stores don't.</summary>
    public static FloatValue Convert(in FloatValue a, in FloatFormat format, ref FloatContext c)
    {
        if (a.IsNaN)
            return QuietOrInvalid(a, ref c);
        if (a.IsZero || a.IsInfinity)
            return a;
        return Round(a.Negative, a.Exponent, (UInt128)a.Significand << 64, format, ref c);
    }

    /// <summary>A conversion between formats with all its exceptions: denormal operands are noted, or zero with DAZ.</summary>
    public static FloatValue ConvertOperand(FloatValue a, in FloatFormat format, ref FloatContext c)
    {
        if (a.Class == FloatClass.Denormal)
        {
            if (c.DenormalsAreZero)
                a = FloatValue.Zero(a.Negative);
            else
                c.Raise(FloatFlags.Denormal);
        }
        return Convert(a, format, ref c);
    }

    /// <summary>Rounds to an integral value of the same format (frndint).</summary>
    public static FloatValue RoundToIntegral(in FloatValue a, ref FloatContext c)
    {
        if (a.IsNaN)
            return QuietOrInvalid(a, ref c);
        if (a.IsZero || a.IsInfinity)
            return a;
        if (a.Exponent >= 63)
            return a;
        if (NoteDenormal(a, ref c))
            return default;
        UInt128 magnitude = IntegralMagnitude(a, c.Rounding, out bool inexact, out bool up);
        if (inexact)
        {
            c.Raise(FloatFlags.Precision);
            c.RoundedUp = up;
        }
        if (magnitude == UInt128.Zero)
            return FloatValue.Zero(a.Negative);
        int shift = BitOperations.LeadingZeroCount((ulong)magnitude);
        return FloatValue.Finite(a.Negative, 63 - shift, (ulong)magnitude << shift);
    }

    /// <summary>Converts to a signed integer of so many bits. Invalid: what does not fit; the answer is then the most negative one.</summary>
    public static long ToInteger(in FloatValue a, int bits, RoundingMode mode, ref FloatContext c)
    {
        long indefinite = long.MinValue >> (64 - bits);
        if (a.IsZero)
            return 0;
        if (a.IsNaN || a.IsInfinity || a.Exponent > 63)
        {
            c.Raise(FloatFlags.Invalid);
            return indefinite;
        }
        UInt128 magnitude = IntegralMagnitude(a, mode, out bool inexact, out bool up);
        UInt128 limit = (UInt128.One << (bits - 1)) - (a.Negative ? UInt128.Zero : UInt128.One);
        if (magnitude > limit)
        {
            c.Raise(FloatFlags.Invalid);
            return indefinite;
        }
        if (inexact)
        {
            c.Raise(FloatFlags.Precision);
            c.RoundedUp = up;
        }
        long value = unchecked((long)(ulong)magnitude);
        return a.Negative ? unchecked(-value) : value;
    }

    /// <summary>The magnitude of a finite number with an exponent of at most 63, rounded to an integer.</summary>
    static UInt128 IntegralMagnitude(in FloatValue a, RoundingMode mode, out bool inexact, out bool up)
    {
        // Integer part in the high half, fraction (with sticky) in the low one.
        UInt128 point = ShiftRightSticky((UInt128)a.Significand << 64, 63 - a.Exponent);
        ulong integer = (ulong)(point >> 64), fraction = (ulong)point;
        const ulong half = 1UL << 63;
        inexact = fraction != 0;
        up = mode switch
        {
            RoundingMode.Nearest => fraction > half || (fraction == half && (integer & 1) != 0),
            RoundingMode.Down => a.Negative && inexact,
            RoundingMode.Up => !a.Negative && inexact,
            _ => false,
        };
        return (UInt128)integer + (up ? 1u : 0u);
    }
}
