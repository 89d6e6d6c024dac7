using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.Simd;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>
/// rcp and rsqrt: approximations with a relative error below 1.5 * 2^-12, which raise no exceptions and take denormals for zero
/// (Intel SDM vol. 2). Processors answer from tables of their own; here it is the true value rounded to 12 bits.
/// </summary>
internal static unsafe class SseReciprocal
{
    static readonly FloatFormat approximate = FloatFormat.Single with { Precision = 12 };

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        Simd.Define(table, 0x0F53, NoPrefix, "rcpps", &PackedReciprocal);
        Simd.Define(table, 0x0F53, PrefixF3, "rcpss", &ScalarReciprocal);
        Simd.Define(table, 0x0F52, NoPrefix, "rsqrtps", &PackedReciprocalRoot);
        Simd.Define(table, 0x0F52, PrefixF3, "rsqrtss", &ScalarReciprocalRoot);
    }

    static FloatContext Context => new() { Masks = FloatFlags.All, Simd = true, FlushToZero = true, DenormalsAreZero = true };

    static uint Reciprocal(uint bits)
    {
        FloatContext c = Context;
        return SoftFloat.Divide(FloatValue.FromInteger(1), FloatValue.FromSingle(bits), approximate, ref c).ToSingle();
    }

    static uint ReciprocalRoot(uint bits)
    {
        FloatContext c = Context;
        FloatValue root = SoftFloat.SquareRoot(FloatValue.FromSingle(bits), FloatFormat.Double, ref c);
        return SoftFloat.Divide(FloatValue.FromInteger(1), root, approximate, ref c).ToSingle();
    }

    static void PackedReciprocal(CpuState* s, Op* op)
    {
        BeginSse(s);
        var value = LoadXmm(s, op);
        uint* lanes = (uint*)&value;
        for (int i = 0; i < 4; i++)
            lanes[i] = Reciprocal(lanes[i]);
        *Xmm(s, op->Register) = value;
    }

    static void ScalarReciprocal(CpuState* s, Op* op)
    {
        BeginSse(s);
        *XmmDouble(s, op->Register) = Reciprocal(LoadDouble(s, op));
    }

    static void PackedReciprocalRoot(CpuState* s, Op* op)
    {
        BeginSse(s);
        var value = LoadXmm(s, op);
        uint* lanes = (uint*)&value;
        for (int i = 0; i < 4; i++)
            lanes[i] = ReciprocalRoot(lanes[i]);
        *Xmm(s, op->Register) = value;
    }

    static void ScalarReciprocalRoot(CpuState* s, Op* op)
    {
        BeginSse(s);
        *XmmDouble(s, op->Register) = ReciprocalRoot(LoadDouble(s, op));
    }
}
