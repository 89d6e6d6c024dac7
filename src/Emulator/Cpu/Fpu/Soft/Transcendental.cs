namespace LguestPS.Emulator.Cpu.Fpu.Soft;

/// <summary>Sine, cosine, tangent, arc tangent, logarithm and exponential to about 120 bits: series with reduced arguments.</summary>
internal static class Transcendental
{
    /// <summary>pi as the processor's argument reduction knows it: 66 bits, of which 64 stand behind the point (Intel SDM vol. 1, 8.3.8).</summary>
    static UInt128 ReductionPi => new(0x3, 0x243F6A8885A308D3);

    // Coefficients as fractions of 2^128: alternating series need no sign of their own, see Alternating.
    static readonly UInt128[] sineCoefficients = [.. EverySecond(3, 33).Select(n => UInt128.MaxValue / Factorial(n))];
    static readonly UInt128[] cosineCoefficients = [.. EverySecond(2, 34).Select(n => UInt128.MaxValue / Factorial(n))];
    static readonly UInt128[] arcTangentCoefficients = [.. EverySecond(3, 29).Select(n => UInt128.MaxValue / (UInt128)n)];

    /// <summary>1/3, 1/5, ... as fractions of 2^127.</summary>
    static readonly UInt128[] logarithmCoefficients = [.. EverySecond(3, 59).Select(n => (UInt128.One << 127) / (UInt128)n)];

    /// <summary>1/1!, 1/2!, ...</summary>
    static readonly WideFloat[] exponentialCoefficients = MakeExponentialCoefficients(32);

    /// <summary>Arc tangents of k/32.</summary>
    static readonly WideFloat[] arcTangents = MakeArcTangents();

    /// <summary>Brings an angle into -pi/4 to pi/4.</summary>
    /// <param name="angle">Finite, not 0, less than 2^63.</param>
    /// <param name="quadrant">How many times pi/2 was taken off the angle's magnitude, modulo 4.</param>
    /// <returns>What is left of the magnitude.</returns>
    public static WideFloat ReduceAngle(in FloatValue angle, out int quadrant)
    {
        quadrant = 0;
        WideFloat magnitude = WideFloat.FromValue(angle).Magnitude;
        if (angle.Exponent < -1)
            return magnitude;

        // In units of 2^-65 both the angle and half of the processor's pi are integers, and the remainder is exact.
        UInt128 units = (UInt128)angle.Significand << (angle.Exponent + 2);
        (UInt128 turns, UInt128 rest) = UInt128.DivRem(units, ReductionPi);
        quadrant = (int)(turns & 3);
        bool negative = rest << 1 > ReductionPi;
        if (negative)
        {
            rest = ReductionPi - rest;
            quadrant = (quadrant + 1) & 3;
        }
        WideFloat reduced = WideFloat.FromFraction(rest).Scale(128 - 65);
        return negative ? -reduced : reduced;
    }

    /// <summary>Sine of the magnitude that <see cref="ReduceAngle"/> took apart.</summary>
    public static WideFloat Sine(in WideFloat reduced, int quadrant)
    {
        WideFloat value = (quadrant & 1) == 0 ? ReducedSine(reduced) : ReducedCosine(reduced);
        return (quadrant & 2) == 0 ? value : -value;
    }

    /// <summary>Cosine likewise.</summary>
    public static WideFloat Cosine(in WideFloat reduced, int quadrant) => Sine(reduced, (quadrant + 1) & 3);

    /// <summary>Tangent likewise.</summary>
    public static WideFloat Tangent(in WideFloat reduced, int quadrant)
    {
        if (quadrant == 0 && reduced.Exponent < -40)
        {
            // So small that only the side matters: a tangent is a little more than its angle.
            return reduced with { Significand = reduced.Significand | UInt128.One };
        }
        WideFloat sine = ReducedSine(reduced), cosine = ReducedCosine(reduced);
        return (quadrant & 1) == 0 ? sine / cosine : -(cosine / sine);
    }

    static WideFloat ReducedSine(in WideFloat x) => x * Alternating(Square(x), sineCoefficients);

    static WideFloat ReducedCosine(in WideFloat x) => Alternating(Square(x), cosineCoefficients);

    /// <summary>x² of a number less than 1, as a fraction of 2^128.</summary>
    static UInt128 Square(in WideFloat x)
    {
        int shift = -2 * x.Exponent - 2;
        return shift >= 128 ? UInt128.Zero : WideFloat.MultiplyHigh(x.Significand, x.Significand) >> shift;
    }

    /// <summary>1 - z (c0 - z (c1 - z (c2 ...))): every bracket lies between 0 and 1.</summary>
    static WideFloat Alternating(UInt128 z, UInt128[] coefficients)
    {
        UInt128 sum = UInt128.Zero;
        for (int i = coefficients.Length - 1; i >= 0; i--)
            sum = coefficients[i] - WideFloat.MultiplyHigh(z, sum);
        UInt128 decrease = WideFloat.MultiplyHigh(z, sum);
        // Never quite 1: the side on which the result lies must survive.
        return WideFloat.FromFraction(decrease == UInt128.Zero ? UInt128.MaxValue : UInt128.Zero - decrease);
    }

    /// <summary>The angle of the point (x, y) in the first quadrant; neither is 0.</summary>
    public static WideFloat ArcTangent(in WideFloat y, in WideFloat x)
    {
        bool steep = y.Exponent > x.Exponent || (y.Exponent == x.Exponent && y.Significand > x.Significand);
        WideFloat angle = steep ? ArcTangentOfFraction(x / y) : ArcTangentOfFraction(y / x);
        return steep ? WideFloat.Pi.Scale(-1) - angle : angle;
    }

    static WideFloat ArcTangentOfFraction(in WideFloat t)
    {
        // atan t = atan k/32 + atan u, with k/32 the nearest multiple.
        int k = t.Exponent < -6 ? 0 : (int)((t.Significand >> (127 - 6 - t.Exponent)) + 1 >> 1);
        if (k == 0)
            return SmallArcTangent(t);
        WideFloat nearest = WideFloat.FromInteger(k).Scale(-5);
        WideFloat u = (t - nearest) / (WideFloat.One + t * nearest);
        return u.IsZero ? arcTangents[k] : arcTangents[k] + SmallArcTangent(u);
    }

    static WideFloat SmallArcTangent(in WideFloat u) => u * Alternating(Square(u), arcTangentCoefficients);

    /// <summary>2^x - 1 for x between -1 and 1, not 0.</summary>
    public static WideFloat Exponential(in WideFloat x)
    {
        WideFloat y = x * WideFloat.Ln2;
        if (y.Exponent < -130)
            return y;
        WideFloat sum = exponentialCoefficients[^1];
        for (int i = exponentialCoefficients.Length - 2; i >= 0; i--)
            sum = exponentialCoefficients[i] + y * sum;
        return y * sum;
    }

    /// <summary>log2 x for a positive x that is not a power of two.</summary>
    public static WideFloat Logarithm(in WideFloat x)
    {
        // Between sqrt(1/2) and sqrt(2), so that the series converges fast and nothing cancels.
        bool upper = x.Significand >> 64 > 0xB504F333F9DE6484;
        WideFloat m = x with { Exponent = upper ? -1 : 0 };
        int exponent = x.Exponent - m.Exponent;
        return WideFloat.FromInteger(exponent) + LogarithmOfRatio((m - WideFloat.One) / (m + WideFloat.One));
    }

    /// <summary>log2 (1 + x) for a small x that is not 0.</summary>
    public static WideFloat LogarithmOfOnePlus(in WideFloat x) => LogarithmOfRatio(x / (x + WideFloat.FromInteger(2)));

    /// <summary>log2 ((1 + s) / (1 - s)) = 2 log2(e) s (1 + s²/3 + s⁴/5 ...).</summary>
    static WideFloat LogarithmOfRatio(in WideFloat s)
    {
        UInt128 z = Square(s), sum = UInt128.Zero;
        for (int i = logarithmCoefficients.Length - 1; i >= 0; i--)
            sum = logarithmCoefficients[i] + WideFloat.MultiplyHigh(z, sum);
        UInt128 series = (UInt128.One << 127) + WideFloat.MultiplyHigh(z, sum);
        return (s * new WideFloat(false, 0, series) * WideFloat.Log2E).Scale(1);
    }

    static IEnumerable<int> EverySecond(int first, int last)
    {
        for (int n = first; n <= last; n += 2)
            yield return n;
    }

    static UInt128 Factorial(int n)
    {
        UInt128 product = UInt128.One;
        for (int i = 2; i <= n; i++)
            product *= (UInt128)i;
        return product;
    }

    static WideFloat[] MakeExponentialCoefficients(int count)
    {
        WideFloat[] coefficients = new WideFloat[count];
        coefficients[0] = WideFloat.One;
        for (int i = 1; i < count; i++)
            coefficients[i] = coefficients[i - 1] / WideFloat.FromInteger(i + 1);
        return coefficients;
    }

    static WideFloat[] MakeArcTangents()
    {
        // atan k/32 - atan (k-1)/32 = atan 32 / (1024 + k (k-1)).
        WideFloat[] angles = new WideFloat[33];
        for (int k = 1; k < angles.Length; k++)
            angles[k] = angles[k - 1] + SmallArcTangent(WideFloat.FromInteger(32) / WideFloat.FromInteger(1024 + k * (k - 1)));
        return angles;
    }
}
