using System.Runtime.Intrinsics;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.Simd;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>SSE and SSE2 conversions between integers, binary32 and binary64, in general, MMX and XMM registers.</summary>
internal static unsafe class SseConvert
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        Simd.Define(table, 0x0F5A, NoPrefix, "cvtps2pd", &SinglesToDoubles);
        Simd.Define(table, 0x0F5A, Prefix66, "cvtpd2ps", &DoublesToSingles);
        Simd.Define(table, 0x0F5A, PrefixF3, "cvtss2sd", &SingleToDouble);
        Simd.Define(table, 0x0F5A, PrefixF2, "cvtsd2ss", &DoubleToSingle);

        Simd.Define(table, 0x0F5B, NoPrefix, "cvtdq2ps", &IntegersToSingles);
        Simd.Define(table, 0x0F5B, Prefix66, "cvtps2dq", &SinglesToIntegers<Rounding>);
        Simd.Define(table, 0x0F5B, PrefixF3, "cvttps2dq", &SinglesToIntegers<Truncation>);
        Simd.Define(table, 0x0FE6, PrefixF3, "cvtdq2pd", &IntegersToDoubles);
        Simd.Define(table, 0x0FE6, PrefixF2, "cvtpd2dq", &DoublesToIntegers<Rounding>);
        Simd.Define(table, 0x0FE6, Prefix66, "cvttpd2dq", &DoublesToIntegers<Truncation>);

        Simd.Define(table, 0x0F2A, NoPrefix, "cvtpi2ps", &MmxToSingles);
        Simd.Define(table, 0x0F2A, Prefix66, "cvtpi2pd", &MmxToDoubles);
        Simd.Define(table, 0x0F2A, PrefixF3, "cvtsi2ss", &IntegerToSingle);
        Simd.Define(table, 0x0F2A, PrefixF2, "cvtsi2sd", &IntegerToDouble);
        DefineToInteger<Truncation>(table, 0x0F2C, "cvtt");
        DefineToInteger<Rounding>(table, 0x0F2D, "cvt");
    }

    static void DefineToInteger<T>(InstructionTable table, int opcode, string prefix) where T : struct, IMode
    {
        Simd.Define(table, opcode, NoPrefix, prefix + "ps2pi", &SinglesToMmx<T>);
        Simd.Define(table, opcode, Prefix66, prefix + "pd2pi", &DoublesToMmx<T>);
        Simd.Define(table, opcode, PrefixF3, prefix + "ss2si", &SingleToInteger<T>);
        Simd.Define(table, opcode, PrefixF2, prefix + "sd2si", &DoubleToInteger<T>);
    }

    /// <summary>How a conversion to an integer rounds.</summary>
    interface IMode
    {
        static abstract RoundingMode Of(in FloatContext c);
    }

    /// <summary>As MXCSR says.</summary>
    struct Rounding : IMode
    {
        public static RoundingMode Of(in FloatContext c) => c.Rounding;
    }

    /// <summary>Towards zero (cvtt...).</summary>
    struct Truncation : IMode
    {
        public static RoundingMode Of(in FloatContext c) => RoundingMode.Zero;
    }

    static FloatContext Context(CpuState* s) => FloatContext.FromMxcsr(s->Fpu.Mxcsr);

    static ulong Widen(uint single, ref FloatContext c) => SoftFloat.ConvertOperand(FloatValue.FromSingle(single), FloatFormat.Double, ref c).ToDouble();

    static uint Shorten(ulong value, ref FloatContext c) => SoftFloat.ConvertOperand(FloatValue.FromDouble(value), FloatFormat.Single, ref c).ToSingle();

    static uint ToSingle(uint integer, ref FloatContext c) => SoftFloat.Convert(FloatValue.FromInteger((int)integer), FloatFormat.Single, ref c).ToSingle();

    /// <summary>Always exact.</summary>
    static ulong ToDouble(uint integer) => FloatValue.FromInteger((int)integer).ToDouble();

    static uint ToInteger<T>(in FloatValue value, ref FloatContext c) where T : struct, IMode
    {
        if (value.Class == FloatClass.Denormal && c.DenormalsAreZero)
            return 0;
        return (uint)SoftFloat.ToInteger(value, 32, T.Of(c), ref c);
    }

    static void SinglesToDoubles(CpuState* s, Op* op)
    {
        BeginSse(s);
        ulong source = LoadQuad(s, op);
        FloatContext c = Context(s);
        ulong low = Widen((uint)source, ref c), high = Widen((uint)(source >> 32), ref c);
        Finish(s, c);
        *Xmm(s, op->Register) = Vector128.Create(low, high).AsByte();
    }

    static void DoublesToSingles(CpuState* s, Op* op)
    {
        BeginSse(s);
        Vector128<ulong> source = LoadXmm(s, op).AsUInt64();
        FloatContext c = Context(s);
        uint low = Shorten(source[0], ref c), high = Shorten(source[1], ref c);
        Finish(s, c);
        *Xmm(s, op->Register) = Vector128.Create(low, high, 0, 0).AsByte();
    }

    static void SingleToDouble(CpuState* s, Op* op)
    {
        BeginSse(s);
        uint source = LoadDouble(s, op);
        FloatContext c = Context(s);
        ulong result = Widen(source, ref c);
        Finish(s, c);
        *XmmQuad(s, op->Register) = result;
    }

    static void DoubleToSingle(CpuState* s, Op* op)
    {
        BeginSse(s);
        ulong source = LoadQuad(s, op);
        FloatContext c = Context(s);
        uint result = Shorten(source, ref c);
        Finish(s, c);
        *XmmDouble(s, op->Register) = result;
    }

    static void IntegersToSingles(CpuState* s, Op* op)
    {
        BeginSse(s);
        Vector128<byte> value = LoadXmm(s, op);
        FloatContext c = Context(s);
        uint* lanes = (uint*)&value;
        for (int i = 0; i < 4; i++)
            lanes[i] = ToSingle(lanes[i], ref c);
        Finish(s, c);
        *Xmm(s, op->Register) = value;
    }

    static void IntegersToDoubles(CpuState* s, Op* op)
    {
        BeginSse(s);
        ulong source = LoadQuad(s, op);
        *Xmm(s, op->Register) = Vector128.Create(ToDouble((uint)source), ToDouble((uint)(source >> 32))).AsByte();
    }

    static void SinglesToIntegers<T>(CpuState* s, Op* op) where T : struct, IMode
    {
        BeginSse(s);
        Vector128<byte> value = LoadXmm(s, op);
        FloatContext c = Context(s);
        uint* lanes = (uint*)&value;
        for (int i = 0; i < 4; i++)
            lanes[i] = ToInteger<T>(FloatValue.FromSingle(lanes[i]), ref c);
        Finish(s, c);
        *Xmm(s, op->Register) = value;
    }

    static void DoublesToIntegers<T>(CpuState* s, Op* op) where T : struct, IMode
    {
        BeginSse(s);
        Vector128<ulong> source = LoadXmm(s, op).AsUInt64();
        FloatContext c = Context(s);
        uint low = ToInteger<T>(FloatValue.FromDouble(source[0]), ref c), high = ToInteger<T>(FloatValue.FromDouble(source[1]), ref c);
        Finish(s, c);
        *Xmm(s, op->Register) = Vector128.Create(low, high, 0, 0).AsByte();
    }

    /// <summary>From memory this one and the next touch no MMX state (Intel SDM vol. 2, CVTPI2PD; processors do the same here).</summary>
    static void MmxToSingles(CpuState* s, Op* op)
    {
        BeginSse(s);
        if (!IsMemory(op))
            BeginMmx(s);
        ulong source = LoadMmx(s, op);
        FloatContext c = Context(s);
        uint low = ToSingle((uint)source, ref c), high = ToSingle((uint)(source >> 32), ref c);
        if (!IsMemory(op))
            EnterMmx(&s->Fpu);
        Finish(s, c);
        *XmmQuad(s, op->Register) = low | (ulong)high << 32;
    }

    static void MmxToDoubles(CpuState* s, Op* op)
    {
        BeginSse(s);
        if (!IsMemory(op))
            BeginMmx(s);
        ulong source = LoadMmx(s, op);
        if (!IsMemory(op))
            EnterMmx(&s->Fpu);
        *Xmm(s, op->Register) = Vector128.Create(ToDouble((uint)source), ToDouble((uint)(source >> 32))).AsByte();
    }

    static uint LoadGeneral(CpuState* s, Op* op) => IsMemory(op) ? Operand.Load<uint>(s, op) : s->R[op->Rm];

    static void IntegerToSingle(CpuState* s, Op* op)
    {
        BeginSse(s);
        uint source = LoadGeneral(s, op);
        FloatContext c = Context(s);
        uint result = ToSingle(source, ref c);
        Finish(s, c);
        *XmmDouble(s, op->Register) = result;
    }

    static void IntegerToDouble(CpuState* s, Op* op)
    {
        BeginSse(s);
        *XmmQuad(s, op->Register) = ToDouble(LoadGeneral(s, op));
    }

    static void SinglesToMmx<T>(CpuState* s, Op* op) where T : struct, IMode
    {
        BeginSse(s);
        BeginMmx(s);
        ulong source = LoadQuad(s, op);
        FloatContext c = Context(s);
        uint low = ToInteger<T>(FloatValue.FromSingle((uint)source), ref c), high = ToInteger<T>(FloatValue.FromSingle((uint)(source >> 32)), ref c);
        EnterMmx(&s->Fpu);
        Finish(s, c);
        SetMmx(&s->Fpu, op->Register, low | (ulong)high << 32);
    }

    static void DoublesToMmx<T>(CpuState* s, Op* op) where T : struct, IMode
    {
        BeginSse(s);
        BeginMmx(s);
        Vector128<ulong> source = LoadXmm(s, op).AsUInt64();
        FloatContext c = Context(s);
        uint low = ToInteger<T>(FloatValue.FromDouble(source[0]), ref c), high = ToInteger<T>(FloatValue.FromDouble(source[1]), ref c);
        EnterMmx(&s->Fpu);
        Finish(s, c);
        SetMmx(&s->Fpu, op->Register, low | (ulong)high << 32);
    }

    static void SingleToInteger<T>(CpuState* s, Op* op) where T : struct, IMode
    {
        BeginSse(s);
        uint source = LoadDouble(s, op);
        FloatContext c = Context(s);
        uint result = ToInteger<T>(FloatValue.FromSingle(source), ref c);
        Finish(s, c);
        s->R[op->Register] = result;
    }

    static void DoubleToInteger<T>(CpuState* s, Op* op) where T : struct, IMode
    {
        BeginSse(s);
        ulong source = LoadQuad(s, op);
        FloatContext c = Context(s);
        uint result = ToInteger<T>(FloatValue.FromDouble(source), ref c);
        Finish(s, c);
        s->R[op->Register] = result;
    }
}
