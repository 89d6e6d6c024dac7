namespace LguestPS.Emulator.Cpu.Fpu.Soft;

/// <summary>Floating-point exceptions, in the bit order that the x87 status word, the x87 control word's masks and MXCSR share.</summary>
[Flags]
internal enum FloatFlags : ushort
{
    None = 0,
    Invalid = 1,
    Denormal = 2,
    ZeroDivide = 4,
    Overflow = 8,
    Underflow = 16,
    Precision = 32,

    /// <summary>With <see cref="Invalid"/>: a register stack fault. x87 only.</summary>
    StackFault = 64,

    /// <summary>Those that are found before an instruction computes anything: unmasked, they leave its operands as they were.</summary>
    BeforeResult = Invalid | Denormal | ZeroDivide,

    All = 63,
}

/// <summary>Rounding modes by their number in both control registers' RC fields.</summary>
internal enum RoundingMode : byte
{
    Nearest = 0,
    Down = 1,
    Up = 2,
    Zero = 3,
}

/// <summary>Which result a significand and an exponent must fit.</summary>
/// <param name="Precision">Bits of the significand, the integer bit counted.</param>
/// <param name="MinExponent">The exponent of the smallest normal number.</param>
/// <param name="MaxExponent">The exponent of the largest finite number.</param>
internal readonly record struct FloatFormat(int Precision, int MinExponent, int MaxExponent)
{
    /// <summary>binary32.</summary>
    public static FloatFormat Single => new(24, -126, 127);

    /// <summary>binary64.</summary>
    public static FloatFormat Double => new(53, -1022, 1023);

    /// <summary>The x87 register format at full precision; the precision control narrows the significand only.</summary>
    public static FloatFormat Extended => new(64, -16382, 16383);
}

/// <summary>How an operation is to be done (from a control register) and what it found on the way (for a status register).</summary>
internal struct FloatContext
{
    /// <summary>What is added to or taken from the exponent of an x87 result whose underflow or overflow is unmasked (Intel SDM vol. 1, 8.5.4 and 8.5.5).</summary>
    public const int ExponentAdjustment = 24576;

    /// <summary>Rounding control.</summary>
    public RoundingMode Rounding;

    /// <summary>Precision of x87 arithmetic.</summary>
    public FloatFormat Format;

    /// <summary>Masked exceptions.</summary>
    public FloatFlags Masks;

    /// <summary>Exceptions found.</summary>
    public FloatFlags Raised;

    /// <summary>The result's magnitude was rounded up: x87's C1.</summary>
    public bool RoundedUp;

    /// <summary>SSE rules: the first operand's NaN wins, and unmasked exceptions leave no result at all.</summary>
    public bool Simd;

    /// <summary>MXCSR.FTZ.</summary>
    public bool FlushToZero;

    /// <summary>MXCSR.DAZ.</summary>
    public bool DenormalsAreZero;

    /// <summary>An unmasked exception was found that forbids a result.</summary>
    public readonly bool Stopped => (Raised & ~Masks & FloatFlags.BeforeResult) != 0;

    /// <summary>Notes exceptions.</summary>
    public void Raise(FloatFlags flags) => Raised |= flags;

    /// <summary>Whether an exception is masked.</summary>
    public readonly bool IsMasked(FloatFlags flag) => (Masks & flag) != 0;

    /// <summary>The context of an x87 instruction.</summary>
    public static FloatContext FromControlWord(ushort control) => new()
    {
        Rounding = (RoundingMode)((control >> 10) & 3),
        Format = FloatFormat.Extended with { Precision = ((control >> 8) & 3) switch { 0 => 24, 2 => 53, _ => 64 } },
        Masks = (FloatFlags)control & FloatFlags.All,
    };

    /// <summary>The context of an SSE instruction.</summary>
    public static FloatContext FromMxcsr(uint mxcsr) => new()
    {
        Rounding = (RoundingMode)((mxcsr >> 13) & 3),
        Format = FloatFormat.Double,
        Masks = (FloatFlags)(mxcsr >> 7) & FloatFlags.All,
        Simd = true,
        // FTZ works only while underflow is masked (Intel SDM vol. 1, 10.2.3.3).
        FlushToZero = (mxcsr & 0x8800) == 0x8800,
        DenormalsAreZero = (mxcsr & 0x40) != 0,
    };
}
