using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.Simd;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>SSE and SSE2 arithmetic: add, subtract, multiply, divide, square root, minimum and maximum, packed and scalar, in both precisions.</summary>
internal static unsafe class SseArithmetic
{
    /// <summary>An operation on two values.</summary>
    interface IOperation
    {
        static abstract FloatValue Compute(in FloatValue a, in FloatValue b, in FloatFormat format, ref FloatContext c);

        /// <summary>The same on the host, which rounds to nearest and reports nothing.</summary>
        static abstract float OnHost(float a, float b);

        static abstract double OnHost(double a, double b);
    }

    struct Add : IOperation
    {
        public static FloatValue Compute(in FloatValue a, in FloatValue b, in FloatFormat format, ref FloatContext c) => SoftFloat.Add(a, b, format, ref c);

        public static float OnHost(float a, float b) => a + b;

        public static double OnHost(double a, double b) => a + b;
    }

    struct Subtract : IOperation
    {
        public static FloatValue Compute(in FloatValue a, in FloatValue b, in FloatFormat format, ref FloatContext c) => SoftFloat.Subtract(a, b, format, ref c);

        public static float OnHost(float a, float b) => a - b;

        public static double OnHost(double a, double b) => a - b;
    }

    struct Multiply : IOperation
    {
        public static FloatValue Compute(in FloatValue a, in FloatValue b, in FloatFormat format, ref FloatContext c) => SoftFloat.Multiply(a, b, format, ref c);

        public static float OnHost(float a, float b) => a * b;

        public static double OnHost(double a, double b) => a * b;
    }

    struct Divide : IOperation
    {
        public static FloatValue Compute(in FloatValue a, in FloatValue b, in FloatFormat format, ref FloatContext c) => SoftFloat.Divide(a, b, format, ref c);

        public static float OnHost(float a, float b) => a / b;

        public static double OnHost(double a, double b) => a / b;
    }

    /// <summary>Of the second operand; the first is what it replaces.</summary>
    struct SquareRoot : IOperation
    {
        public static FloatValue Compute(in FloatValue a, in FloatValue b, in FloatFormat format, ref FloatContext c) => SoftFloat.SquareRoot(b, format, ref c);

        public static float OnHost(float a, float b) => MathF.Sqrt(b);

        public static double OnHost(double a, double b) => Math.Sqrt(b);
    }

    /// <summary>The second operand unless the first is less: so too for two zeros and for NaNs, which are invalid.</summary>
    struct Minimum : IOperation
    {
        public static FloatValue Compute(in FloatValue a, in FloatValue b, in FloatFormat format, ref FloatContext c) =>
            Flush(SoftFloat.Compare(a, b, signaling: true, ref c) == Ordering.Less ? a : b, c);

        public static float OnHost(float a, float b) => a < b ? a : b;

        public static double OnHost(double a, double b) => a < b ? a : b;
    }

    struct Maximum : IOperation
    {
        public static FloatValue Compute(in FloatValue a, in FloatValue b, in FloatFormat format, ref FloatContext c) =>
            Flush(SoftFloat.Compare(a, b, signaling: true, ref c) == Ordering.Greater ? a : b, c);

        public static float OnHost(float a, float b) => a > b ? a : b;

        public static double OnHost(double a, double b) => a > b ? a : b;
    }

    static FloatValue Flush(in FloatValue value, in FloatContext c) =>
        value.Class == FloatClass.Denormal && c.DenormalsAreZero ? FloatValue.Zero(value.Negative) : value;

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        DefineOperation<SquareRoot>(table, 0x0F51, "sqrt");
        DefineOperation<Add>(table, 0x0F58, "add");
        DefineOperation<Multiply>(table, 0x0F59, "mul");
        DefineOperation<Subtract>(table, 0x0F5C, "sub");
        DefineOperation<Minimum>(table, 0x0F5D, "min");
        DefineOperation<Divide>(table, 0x0F5E, "div");
        DefineOperation<Maximum>(table, 0x0F5F, "max");
    }

    static void DefineOperation<T>(InstructionTable table, int opcode, string name) where T : struct, IOperation
    {
        Simd.Define(table, opcode, NoPrefix, name + "ps", &PackedSingle<T>);
        Simd.Define(table, opcode, Prefix66, name + "pd", &PackedDouble<T>);
        Simd.Define(table, opcode, PrefixF3, name + "ss", &ScalarSingle<T>);
        Simd.Define(table, opcode, PrefixF2, name + "sd", &ScalarDouble<T>);
    }

    static void PackedSingle<T>(CpuState* s, Op* op) where T : struct, IOperation
    {
        BeginSse(s);
        var source = LoadXmm(s, op);
        var result = *Xmm(s, op->Register);
        FloatContext c = FloatContext.FromMxcsr(s->Fpu.Mxcsr);
        bool host = HostServes(s->Fpu.Mxcsr);
        uint* a = (uint*)&result, b = (uint*)&source;
        for (int i = 0; i < 4; i++)
            a[i] = Single<T>(a[i], b[i], host, ref c);
        Finish(s, c);
        *Xmm(s, op->Register) = result;
    }

    static void PackedDouble<T>(CpuState* s, Op* op) where T : struct, IOperation
    {
        BeginSse(s);
        var source = LoadXmm(s, op);
        var result = *Xmm(s, op->Register);
        FloatContext c = FloatContext.FromMxcsr(s->Fpu.Mxcsr);
        bool host = HostServes(s->Fpu.Mxcsr);
        ulong* a = (ulong*)&result, b = (ulong*)&source;
        for (int i = 0; i < 2; i++)
            a[i] = Double<T>(a[i], b[i], host, ref c);
        Finish(s, c);
        *Xmm(s, op->Register) = result;
    }

    static void ScalarSingle<T>(CpuState* s, Op* op) where T : struct, IOperation
    {
        BeginSse(s);
        uint source = LoadDouble(s, op);
        FloatContext c = FloatContext.FromMxcsr(s->Fpu.Mxcsr);
        uint result = Single<T>(*XmmDouble(s, op->Register), source, HostServes(s->Fpu.Mxcsr), ref c);
        Finish(s, c);
        *XmmDouble(s, op->Register) = result;
    }

    static void ScalarDouble<T>(CpuState* s, Op* op) where T : struct, IOperation
    {
        BeginSse(s);
        ulong source = LoadQuad(s, op);
        FloatContext c = FloatContext.FromMxcsr(s->Fpu.Mxcsr);
        ulong result = Double<T>(*XmmQuad(s, op->Register), source, HostServes(s->Fpu.Mxcsr), ref c);
        Finish(s, c);
        *XmmQuad(s, op->Register) = result;
    }

    static uint Single<T>(uint a, uint b, bool host, ref FloatContext c) where T : struct, IOperation
    {
        if (host && IsPlain(a) && IsPlain(b))
        {
            uint result = BitConverter.SingleToUInt32Bits(T.OnHost(BitConverter.UInt32BitsToSingle(a), BitConverter.UInt32BitsToSingle(b)));
            if (IsPlain(result))
                return result;
        }
        return T.Compute(FloatValue.FromSingle(a), FloatValue.FromSingle(b), FloatFormat.Single, ref c).ToSingle();
    }

    static ulong Double<T>(ulong a, ulong b, bool host, ref FloatContext c) where T : struct, IOperation
    {
        if (host && IsPlain(a) && IsPlain(b))
        {
            ulong result = BitConverter.DoubleToUInt64Bits(T.OnHost(BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b)));
            if (IsPlain(result))
                return result;
        }
        return T.Compute(FloatValue.FromDouble(a), FloatValue.FromDouble(b), FloatFormat.Double, ref c).ToDouble();
    }

    /// <summary>
    /// Whether the host can compute: all exceptions masked, round to nearest, no FTZ or DAZ, and PE set already, so that between plain
    /// numbers nothing is left to find out.
    /// </summary>
    static bool HostServes(uint mxcsr) => (mxcsr & 0xFFE0) == 0x1FA0;

    // Neither zero, denormal, smallest normal (which a tiny result may round to), infinity nor NaN.
    static bool IsPlain(uint value) => ((value >> 23) & 0xFF) - 2 < 0xFF - 2;

    static bool IsPlain(ulong value) => ((value >> 52) & 0x7FF) - 2 < 0x7FF - 2;
}
