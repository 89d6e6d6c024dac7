using System.Runtime.Intrinsics;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.Simd;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>Shuffles by an immediate, single words in and out, interleaving and bitwise logic of packed floating-point values.</summary>
internal static unsafe class SimdShuffle
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        DefineImmediate(table, 0x0F70, NoPrefix, "pshufw", &ShuffleWordsMmx);
        DefineImmediate(table, 0x0F70, Prefix66, "pshufd", &ShuffleDoubles);
        DefineImmediate(table, 0x0F70, PrefixF3, "pshufhw", &ShuffleHighWords);
        DefineImmediate(table, 0x0F70, PrefixF2, "pshuflw", &ShuffleLowWords);
        DefineImmediate(table, 0x0FC6, NoPrefix, "shufps", &ShuffleSingles);
        DefineImmediate(table, 0x0FC6, Prefix66, "shufpd", &ShuffleDoublePrecision);
        DefineImmediate(table, 0x0FC4, NoPrefix, "pinsrw", &InsertWordMmx);
        DefineImmediate(table, 0x0FC4, Prefix66, "pinsrw", &InsertWordXmm);
        DefineImmediate(table, 0x0FC5, NoPrefix, "pextrw", &ExtractWordMmx, InstructionTraits.RegisterOnly);
        DefineImmediate(table, 0x0FC5, Prefix66, "pextrw", &ExtractWordXmm, InstructionTraits.RegisterOnly);

        DefineXmm<PackedOperations.UnpackLowDoubles>(table, 0x0F14, NoPrefix, "unpcklps");
        DefineXmm<PackedOperations.UnpackLowQuads>(table, 0x0F14, Prefix66, "unpcklpd");
        DefineXmm<PackedOperations.UnpackHighDoubles>(table, 0x0F15, NoPrefix, "unpckhps");
        DefineXmm<PackedOperations.UnpackHighQuads>(table, 0x0F15, Prefix66, "unpckhpd");
        DefineXmm<PackedOperations.And>(table, 0x0F54, NoPrefix, "andps");
        DefineXmm<PackedOperations.And>(table, 0x0F54, Prefix66, "andpd");
        DefineXmm<PackedOperations.AndNot>(table, 0x0F55, NoPrefix, "andnps");
        DefineXmm<PackedOperations.AndNot>(table, 0x0F55, Prefix66, "andnpd");
        DefineXmm<PackedOperations.Or>(table, 0x0F56, NoPrefix, "orps");
        DefineXmm<PackedOperations.Or>(table, 0x0F56, Prefix66, "orpd");
        DefineXmm<PackedOperations.ExclusiveOr>(table, 0x0F57, NoPrefix, "xorps");
        DefineXmm<PackedOperations.ExclusiveOr>(table, 0x0F57, Prefix66, "xorpd");
    }

    static void DefineXmm<T>(InstructionTable table, int opcode, int prefix, string name) where T : struct, IPackedOperation =>
        Simd.Define(table, opcode, prefix, name, &PackedInteger.Xmm<T>);

    static void DefineImmediate(InstructionTable table, int opcode, int prefix, string name, delegate*<CpuState*, Op*, void> handler,
        InstructionTraits traits = InstructionTraits.None) =>
        Simd.Define(table, opcode, prefix, name, handler, traits, OperandForm.ModRMImm8);

    /// <summary>The element number in two bits of an immediate.</summary>
    static int Select(Op* op, int position) => (int)(op->Immediate >> (position * 2)) & 3;

    static ulong ShuffleWords(ulong words, Op* op)
    {
        ulong result = 0;
        for (int i = 0; i < 4; i++)
            result |= (words >> (Select(op, i) * 16) & 0xFFFF) << (i * 16);
        return result;
    }

    static void ShuffleWordsMmx(CpuState* s, Op* op)
    {
        BeginMmx(s);
        ulong source = LoadMmx(s, op);
        EnterMmx(&s->Fpu);
        SetMmx(&s->Fpu, op->Register, ShuffleWords(source, op));
    }

    static void ShuffleDoubles(CpuState* s, Op* op)
    {
        BeginSse(s);
        Vector128<uint> source = LoadXmm(s, op).AsUInt32();
        *Xmm(s, op->Register) = Vector128.Create(source[Select(op, 0)], source[Select(op, 1)], source[Select(op, 2)], source[Select(op, 3)]).AsByte();
    }

    static void ShuffleHighWords(CpuState* s, Op* op)
    {
        BeginSse(s);
        Vector128<ulong> source = LoadXmm(s, op).AsUInt64();
        *Xmm(s, op->Register) = source.WithElement(1, ShuffleWords(source[1], op)).AsByte();
    }

    static void ShuffleLowWords(CpuState* s, Op* op)
    {
        BeginSse(s);
        Vector128<ulong> source = LoadXmm(s, op).AsUInt64();
        *Xmm(s, op->Register) = source.WithElement(0, ShuffleWords(source[0], op)).AsByte();
    }

    static void ShuffleSingles(CpuState* s, Op* op)
    {
        BeginSse(s);
        Vector128<uint> source = LoadXmm(s, op).AsUInt32(), target = Xmm(s, op->Register)->AsUInt32();
        *Xmm(s, op->Register) = Vector128.Create(target[Select(op, 0)], target[Select(op, 1)], source[Select(op, 2)], source[Select(op, 3)]).AsByte();
    }

    static void ShuffleDoublePrecision(CpuState* s, Op* op)
    {
        BeginSse(s);
        Vector128<ulong> source = LoadXmm(s, op).AsUInt64(), target = Xmm(s, op->Register)->AsUInt64();
        *Xmm(s, op->Register) = Vector128.Create(target[(int)op->Immediate & 1], source[(int)(op->Immediate >> 1) & 1]).AsByte();
    }

    static ushort LoadWord(CpuState* s, Op* op) => IsMemory(op) ? Operand.Load<ushort>(s, op) : (ushort)s->R[op->Rm];

    static void InsertWordMmx(CpuState* s, Op* op)
    {
        BeginMmx(s);
        ulong word = LoadWord(s, op);
        EnterMmx(&s->Fpu);
        int shift = ((int)op->Immediate & 3) * 16;
        SetMmx(&s->Fpu, op->Register, GetMmx(&s->Fpu, op->Register) & ~(0xFFFFUL << shift) | word << shift);
    }

    static void InsertWordXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        ushort word = LoadWord(s, op);
        ((ushort*)Xmm(s, op->Register))[op->Immediate & 7] = word;
    }

    static void ExtractWordMmx(CpuState* s, Op* op)
    {
        BeginMmx(s);
        EnterMmx(&s->Fpu);
        s->R[op->Register] = (ushort)(GetMmx(&s->Fpu, op->Rm) >> (((int)op->Immediate & 3) * 16));
    }

    static void ExtractWordXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        s->R[op->Register] = ((ushort*)Xmm(s, op->Rm))[op->Immediate & 7];
    }
}
