using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.Simd;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>SSE and SSE2 comparisons, to masks and to EFLAGS.</summary>
internal static unsafe class SseCompare
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        Simd.Define(table, 0x0FC2, NoPrefix, "cmpps", &PackedSingle, form: OperandForm.ModRMImm8);
        Simd.Define(table, 0x0FC2, Prefix66, "cmppd", &PackedDouble, form: OperandForm.ModRMImm8);
        Simd.Define(table, 0x0FC2, PrefixF3, "cmpss", &ScalarSingle, form: OperandForm.ModRMImm8);
        Simd.Define(table, 0x0FC2, PrefixF2, "cmpsd", &ScalarDouble, form: OperandForm.ModRMImm8);
        DefineFlags(table, 0x0F2E, NoPrefix, "ucomiss", &UnorderedSingle);
        DefineFlags(table, 0x0F2E, Prefix66, "ucomisd", &UnorderedDouble);
        DefineFlags(table, 0x0F2F, NoPrefix, "comiss", &OrderedSingle);
        DefineFlags(table, 0x0F2F, Prefix66, "comisd", &OrderedDouble);
    }

    static void DefineFlags(InstructionTable table, int opcode, int prefix, string name, delegate*<CpuState*, Op*, void> handler) =>
        table.Add(new InstructionDefinition(opcode, name, OperandForm.ModRM) { Prefix = prefix, Writes = EflagsBits.Arithmetic, Register = handler });

    /// <summary>The predicates of the immediate: eq, lt, le, unord, neq, nlt, nle, ord. The orderings among them find quiet NaNs invalid.</summary>
    static bool Holds(in FloatValue a, in FloatValue b, uint predicate, ref FloatContext c)
    {
        bool signaling = (predicate & 3) is 1 or 2;
        Ordering ordering = SoftFloat.Compare(a, b, signaling, ref c);
        bool holds = (predicate & 3) switch
        {
            0 => ordering == Ordering.Equal,
            1 => ordering == Ordering.Less,
            2 => ordering is Ordering.Less or Ordering.Equal,
            _ => ordering == Ordering.Unordered,
        };
        return holds != ((predicate & 4) != 0);
    }

    static void PackedSingle(CpuState* s, Op* op)
    {
        BeginSse(s);
        var source = LoadXmm(s, op);
        var result = *Xmm(s, op->Register);
        FloatContext c = FloatContext.FromMxcsr(s->Fpu.Mxcsr);
        uint* a = (uint*)&result, b = (uint*)&source;
        for (int i = 0; i < 4; i++)
            a[i] = Holds(FloatValue.FromSingle(a[i]), FloatValue.FromSingle(b[i]), op->Immediate, ref c) ? uint.MaxValue : 0;
        Finish(s, c);
        *Xmm(s, op->Register) = result;
    }

    static void PackedDouble(CpuState* s, Op* op)
    {
        BeginSse(s);
        var source = LoadXmm(s, op);
        var result = *Xmm(s, op->Register);
        FloatContext c = FloatContext.FromMxcsr(s->Fpu.Mxcsr);
        ulong* a = (ulong*)&result, b = (ulong*)&source;
        for (int i = 0; i < 2; i++)
            a[i] = Holds(FloatValue.FromDouble(a[i]), FloatValue.FromDouble(b[i]), op->Immediate, ref c) ? ulong.MaxValue : 0;
        Finish(s, c);
        *Xmm(s, op->Register) = result;
    }

    static void ScalarSingle(CpuState* s, Op* op)
    {
        BeginSse(s);
        FloatValue source = FloatValue.FromSingle(LoadDouble(s, op));
        FloatContext c = FloatContext.FromMxcsr(s->Fpu.Mxcsr);
        bool holds = Holds(FloatValue.FromSingle(*XmmDouble(s, op->Register)), source, op->Immediate, ref c);
        Finish(s, c);
        *XmmDouble(s, op->Register) = holds ? uint.MaxValue : 0;
    }

    static void ScalarDouble(CpuState* s, Op* op)
    {
        BeginSse(s);
        FloatValue source = FloatValue.FromDouble(LoadQuad(s, op));
        FloatContext c = FloatContext.FromMxcsr(s->Fpu.Mxcsr);
        bool holds = Holds(FloatValue.FromDouble(*XmmQuad(s, op->Register)), source, op->Immediate, ref c);
        Finish(s, c);
        *XmmQuad(s, op->Register) = holds ? ulong.MaxValue : 0;
    }

    static void UnorderedSingle(CpuState* s, Op* op) => Single(s, op, signaling: false);

    static void OrderedSingle(CpuState* s, Op* op) => Single(s, op, signaling: true);

    static void UnorderedDouble(CpuState* s, Op* op) => Double(s, op, signaling: false);

    static void OrderedDouble(CpuState* s, Op* op) => Double(s, op, signaling: true);

    static void Single(CpuState* s, Op* op, bool signaling)
    {
        BeginSse(s);
        uint source = LoadDouble(s, op);
        ToFlags(s, FloatValue.FromSingle(*XmmDouble(s, op->Register)), FloatValue.FromSingle(source), signaling);
    }

    static void Double(CpuState* s, Op* op, bool signaling)
    {
        BeginSse(s);
        ulong source = LoadQuad(s, op);
        ToFlags(s, FloatValue.FromDouble(*XmmQuad(s, op->Register)), FloatValue.FromDouble(source), signaling);
    }

    static void ToFlags(CpuState* s, in FloatValue a, in FloatValue b, bool signaling)
    {
        FloatContext c = FloatContext.FromMxcsr(s->Fpu.Mxcsr);
        Ordering ordering = SoftFloat.Compare(a, b, signaling, ref c);
        Finish(s, c);
        s->SetArithmeticFlags(X87Compare.EflagsOf(ordering));
    }
}
