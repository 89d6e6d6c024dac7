using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.X87;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>fsin, fcos, fsincos, fptan, fpatan, f2xm1, fyl2x, fyl2xp1. Results are correctly rounded but for the rarest arguments; processors promise to be within one unit of that.</summary>
internal static unsafe class X87Transcendental
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        DefineWhole(table, 0xD9, 0xF0, "f2xm1", &Exponential);
        DefineWhole(table, 0xD9, 0xF1, "fyl2x", &Logarithm);
        DefineWhole(table, 0xD9, 0xF2, "fptan", &Tangent);
        DefineWhole(table, 0xD9, 0xF3, "fpatan", &ArcTangent);
        DefineWhole(table, 0xD9, 0xF9, "fyl2xp1", &LogarithmOfOnePlus);
        DefineWhole(table, 0xD9, 0xFB, "fsincos", &SineCosine);
        DefineWhole(table, 0xD9, 0xFE, "fsin", &Sine);
        DefineWhole(table, 0xD9, 0xFF, "fcos", &Cosine);
    }

    static void Sine(CpuState* s, Op* op) => SineOrCosine(s, op, cosine: false);

    static void Cosine(CpuState* s, Op* op) => SineOrCosine(s, op, cosine: true);

    static void SineOrCosine(CpuState* s, Op* op, bool cosine)
    {
        if (!BeginAngle(s, op, pushes: false))
            return;
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue angle = Get(f, 0).Unpack();
        if (IsOutOfRange(f, angle))
            return;
        FloatValue result;
        if (!IsPlainAngle(angle, ref c, out FloatValue special))
            result = special.IsNaN ? special : cosine ? FloatValue.FromInteger(1) : angle;
        else if (c.Stopped)
            result = default;
        else
        {
            WideFloat reduced = Transcendental.ReduceAngle(angle, out int quadrant);
            result = cosine ? RoundCosine(reduced, quadrant, ref c) : RoundSine(angle, reduced, quadrant, ref c);
        }
        if (!Finish(f, c))
            Set(f, 0, Float80.Pack(result));
    }

    static void SineCosine(CpuState* s, Op* op)
    {
        if (!BeginAngle(s, op, pushes: true))
            return;
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue angle = Get(f, 0).Unpack();
        if (IsOutOfRange(f, angle))
            return;
        FloatValue sine = default, cosine = default;
        if (!IsPlainAngle(angle, ref c, out FloatValue special))
            (sine, cosine) = special.IsNaN ? (special, special) : (angle, FloatValue.FromInteger(1));
        else if (!c.Stopped)
        {
            WideFloat reduced = Transcendental.ReduceAngle(angle, out int quadrant);
            sine = RoundSine(angle, reduced, quadrant, ref c);
            cosine = RoundCosine(reduced, quadrant, ref c);
        }
        if (Finish(f, c))
            return;
        Set(f, 0, Float80.Pack(sine));
        Push(f, Float80.Pack(cosine));
    }

    static void Tangent(CpuState* s, Op* op)
    {
        if (!BeginAngle(s, op, pushes: true))
            return;
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue angle = Get(f, 0).Unpack();
        if (IsOutOfRange(f, angle))
            return;
        FloatValue tangent = default, pushed = FloatValue.FromInteger(1);
        if (!IsPlainAngle(angle, ref c, out FloatValue special))
            (tangent, pushed) = special.IsNaN ? (special, special) : (angle, pushed);
        else if (!c.Stopped)
        {
            WideFloat value = Transcendental.Tangent(Transcendental.ReduceAngle(angle, out int quadrant), quadrant);
            tangent = (angle.Negative ? -value : value).RoundInexact(ref c);
        }
        if (Finish(f, c))
            return;
        Set(f, 0, Float80.Pack(tangent));
        Push(f, Float80.Pack(pushed));
    }

    static FloatValue RoundSine(in FloatValue angle, in WideFloat reduced, int quadrant, ref FloatContext c)
    {
        WideFloat value = Transcendental.Sine(reduced, quadrant);
        return (angle.Negative ? -value : value).RoundInexact(ref c);
    }

    static FloatValue RoundCosine(in WideFloat reduced, int quadrant, ref FloatContext c) =>
        Transcendental.Cosine(reduced, quadrant).RoundInexact(ref c);

    /// <summary>An angle of 2^63 or more: C2 is set and nothing else happens.</summary>
    static bool IsOutOfRange(FpuState* f, in FloatValue angle)
    {
        bool outOfRange = angle.Class == FloatClass.Normal && angle.Exponent >= 63;
        if (outOfRange)
            f->Status = (ushort)((f->Status & ~C1) | C2);
        return outOfRange;
    }

    /// <summary>False for NaNs and infinities, whose result is <paramref name="special"/>, and for 0. Notes denormals.</summary>
    static bool IsPlainAngle(in FloatValue angle, ref FloatContext c, out FloatValue special)
    {
        special = default;
        switch (angle.Class)
        {
            case FloatClass.Zero:
                return false;
            case FloatClass.Infinity:
                special = SoftFloat.Invalid(ref c);
                return false;
            case >= FloatClass.QuietNaN:
                special = SoftFloat.QuietOrInvalid(angle, ref c);
                return false;
            case FloatClass.Denormal:
                c.Raise(FloatFlags.Denormal);
                return true;
            default:
                return true;
        }
    }

    /// <summary>What an instruction on an angle begins with: it clears C2 in any case, and some push a second result.</summary>
    static bool BeginAngle(CpuState* s, Op* op, bool pushes)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        f->Status &= unchecked((ushort)~C2);
        bool underflow = IsEmpty(f, 0);
        if (!underflow && (!pushes || IsEmpty(f, -1)))
            return true;
        if (!(underflow ? StackUnderflow(f) : StackOverflow(f)))
        {
            Set(f, 0, Float80.Indefinite);
            if (pushes)
                Push(f, Float80.Indefinite);
        }
        return false;
    }

    /// <summary>What an instruction begins with that replaces ST(1) and pops.</summary>
    static bool BeginWithPop(CpuState* s, Op* op)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        if (!IsEmpty(f, 0) && !IsEmpty(f, 1))
            return true;
        if (!StackUnderflow(f))
        {
            Set(f, 1, Float80.Indefinite);
            Pop(f);
        }
        return false;
    }

    static void EndWithPop(FpuState* f, in FloatContext c, in FloatValue result)
    {
        if (Finish(f, c))
            return;
        Set(f, 1, Float80.Pack(result));
        Pop(f);
    }

    static void Exponential(CpuState* s, Op* op)
    {
        if (!BeginUnary(s, op))
            return;
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue result = Exponential(Get(f, 0).Unpack(), ref c);
        if (!Finish(f, c))
            Set(f, 0, Float80.Pack(result));
    }

    static FloatValue Exponential(in FloatValue x, ref FloatContext c)
    {
        if (x.IsNaN)
            return SoftFloat.QuietOrInvalid(x, ref c);
        if (x.IsInfinity)
            return x.Negative ? FloatValue.FromInteger(-1) : x;
        if (x.IsZero)
            return x;
        if (x.Class == FloatClass.Denormal)
            c.Raise(FloatFlags.Denormal);
        if (x.Exponent >= 0)
        {
            // 1 and -1 have exact results; beyond them the instruction is undefined, and the operand stays.
            return x.Exponent > 0 || x.Significand != Float80.IntegerBit ? x : x.Negative ? FloatValue.Finite(true, -1, Float80.IntegerBit) : x;
        }
        return Transcendental.Exponential(WideFloat.FromValue(x)).RoundInexact(ref c);
    }

    static void Logarithm(CpuState* s, Op* op)
    {
        if (!BeginWithPop(s, op))
            return;
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue result = Logarithm(Get(f, 0).Unpack(), Get(f, 1).Unpack(), ref c);
        EndWithPop(f, c, result);
    }

    /// <summary>y log2 x (Intel SDM vol. 2, table of FYL2X).</summary>
    static FloatValue Logarithm(in FloatValue x, in FloatValue y, ref FloatContext c)
    {
        if (x.IsNaN || y.IsNaN)
            return SoftFloat.PropagateNaN(x, y, ref c);
        if (x.Negative && !x.IsZero)
            return SoftFloat.Invalid(ref c);
        if (x.IsZero)
        {
            if (y.IsZero)
                return SoftFloat.Invalid(ref c);
            if (!y.IsInfinity)
                c.Raise(FloatFlags.ZeroDivide);
            return FloatValue.Infinity(!y.Negative);
        }
        bool powerOfTwo = x.Significand == Float80.IntegerBit;
        if (x.IsInfinity)
            return y.IsZero ? Denormals(x, y, SoftFloat.Invalid(ref c), ref c) : Denormals(x, y, FloatValue.Infinity(y.Negative), ref c);
        if (y.IsInfinity)
        {
            return powerOfTwo && x.Exponent == 0
                ? SoftFloat.Invalid(ref c)
                : Denormals(x, y, FloatValue.Infinity(y.Negative != x.Exponent < 0), ref c);
        }
        if (y.IsZero)
            return Denormals(x, y, FloatValue.Zero(y.Negative != x.Exponent < 0), ref c);

        Denormals(x, y, default, ref c);
        if (c.Stopped)
            return default;
        if (powerOfTwo)
            return SoftFloat.Multiply(y, FloatValue.FromInteger(x.Exponent), FloatFormat.Extended, ref c);
        return (Transcendental.Logarithm(WideFloat.FromValue(x)) * WideFloat.FromValue(y)).RoundInexact(ref c);
    }

    static FloatValue Denormals(in FloatValue x, in FloatValue y, in FloatValue result, ref FloatContext c)
    {
        if (x.Class == FloatClass.Denormal || y.Class == FloatClass.Denormal)
            c.Raise(FloatFlags.Denormal);
        return result;
    }

    static void LogarithmOfOnePlus(CpuState* s, Op* op)
    {
        if (!BeginWithPop(s, op))
            return;
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue result = LogarithmOfOnePlus(Get(f, 0).Unpack(), Get(f, 1).Unpack(), ref c);
        EndWithPop(f, c, result);
    }

    /// <summary>y log2 (x + 1) (Intel SDM vol. 2, table of FYL2XP1).</summary>
    static FloatValue LogarithmOfOnePlus(in FloatValue x, in FloatValue y, ref FloatContext c)
    {
        if (x.IsNaN || y.IsNaN)
            return SoftFloat.PropagateNaN(x, y, ref c);
        if (x.IsInfinity)
            return x.Negative || y.IsZero ? SoftFloat.Invalid(ref c) : Denormals(x, y, FloatValue.Infinity(y.Negative), ref c);
        if (y.IsInfinity)
            return x.IsZero ? SoftFloat.Invalid(ref c) : Denormals(x, y, FloatValue.Infinity(x.Negative != y.Negative), ref c);
        Denormals(x, y, default, ref c);
        if (x.IsZero || y.IsZero)
            return FloatValue.Zero(x.Negative != y.Negative);
        if (c.Stopped)
            return default;
        // The instruction is defined between sqrt(1/2) - 1 and sqrt(2) - 1; above that the logarithm is still what one expects, at -1 and below there is none.
        if (x.Exponent < -2)
            return (Transcendental.LogarithmOfOnePlus(WideFloat.FromValue(x)) * WideFloat.FromValue(y)).RoundInexact(ref c);
        WideFloat sum = WideFloat.FromValue(x) + WideFloat.One;
        if (sum.Negative || sum.IsZero)
            return x;
        if (sum.Significand == UInt128.One << 127)
            return SoftFloat.Multiply(y, FloatValue.FromInteger(sum.Exponent), FloatFormat.Extended, ref c);
        return (Transcendental.Logarithm(sum) * WideFloat.FromValue(y)).RoundInexact(ref c);
    }

    static void ArcTangent(CpuState* s, Op* op)
    {
        if (!BeginWithPop(s, op))
            return;
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue result = ArcTangent(Get(f, 0).Unpack(), Get(f, 1).Unpack(), ref c);
        EndWithPop(f, c, result);
    }

    /// <summary>The angle of the point (x, y) (Intel SDM vol. 2, table of FPATAN).</summary>
    static FloatValue ArcTangent(in FloatValue x, in FloatValue y, ref FloatContext c)
    {
        if (x.IsNaN || y.IsNaN)
            return SoftFloat.PropagateNaN(x, y, ref c);
        Denormals(x, y, default, ref c);
        if (c.Stopped)
            return default;

        WideFloat angle;
        if (y.IsInfinity && x.IsInfinity)
            angle = x.Negative ? WideFloat.Pi.Scale(-2) * WideFloat.FromInteger(3) : WideFloat.Pi.Scale(-2);
        else if (y.IsInfinity || (x.IsZero && !y.IsZero))
            angle = WideFloat.Pi.Scale(-1);
        else if (x.IsInfinity || y.IsZero)
        {
            if (!x.Negative)
                return FloatValue.Zero(y.Negative);
            angle = WideFloat.Pi;
        }
        else
        {
            WideFloat first = Transcendental.ArcTangent(WideFloat.FromValue(y).Magnitude, WideFloat.FromValue(x).Magnitude);
            angle = x.Negative ? WideFloat.Pi - first : first;
        }
        return (y.Negative ? -angle : angle).RoundInexact(ref c);
    }
}
