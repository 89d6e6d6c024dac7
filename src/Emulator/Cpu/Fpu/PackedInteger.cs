using System.Runtime.Intrinsics;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.PackedOperations;
using static LguestPS.Emulator.Cpu.Fpu.Simd;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>Packed integer arithmetic: MMX without a prefix, SSE2 with 66.</summary>
internal static unsafe class PackedInteger
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        Both<Add<byte>>(table, 0x0FFC, "paddb");
        Both<Add<ushort>>(table, 0x0FFD, "paddw");
        Both<Add<uint>>(table, 0x0FFE, "paddd");
        Both<Add<ulong>>(table, 0x0FD4, "paddq");
        Both<AddSaturated<sbyte>>(table, 0x0FEC, "paddsb");
        Both<AddSaturated<short>>(table, 0x0FED, "paddsw");
        Both<AddSaturated<byte>>(table, 0x0FDC, "paddusb");
        Both<AddSaturated<ushort>>(table, 0x0FDD, "paddusw");
        Both<Subtract<byte>>(table, 0x0FF8, "psubb");
        Both<Subtract<ushort>>(table, 0x0FF9, "psubw");
        Both<Subtract<uint>>(table, 0x0FFA, "psubd");
        Both<Subtract<ulong>>(table, 0x0FFB, "psubq");
        Both<SubtractSaturated<sbyte>>(table, 0x0FE8, "psubsb");
        Both<SubtractSaturated<short>>(table, 0x0FE9, "psubsw");
        Both<SubtractSaturated<byte>>(table, 0x0FD8, "psubusb");
        Both<SubtractSaturated<ushort>>(table, 0x0FD9, "psubusw");
        Both<Minimum<byte>>(table, 0x0FDA, "pminub");
        Both<Maximum<byte>>(table, 0x0FDE, "pmaxub");
        Both<Minimum<short>>(table, 0x0FEA, "pminsw");
        Both<Maximum<short>>(table, 0x0FEE, "pmaxsw");
        Both<AverageBytes>(table, 0x0FE0, "pavgb");
        Both<AverageWords>(table, 0x0FE3, "pavgw");
        Both<MultiplyLow>(table, 0x0FD5, "pmullw");
        Both<MultiplyHigh>(table, 0x0FE5, "pmulhw");
        Both<MultiplyHighUnsigned>(table, 0x0FE4, "pmulhuw");
        Both<MultiplyEven>(table, 0x0FF4, "pmuludq");
        Both<MultiplyAdd>(table, 0x0FF5, "pmaddwd");
        Both<SumOfDifferences>(table, 0x0FF6, "psadbw");
        Both<Equal<byte>>(table, 0x0F74, "pcmpeqb");
        Both<Equal<ushort>>(table, 0x0F75, "pcmpeqw");
        Both<Equal<uint>>(table, 0x0F76, "pcmpeqd");
        Both<Greater<sbyte>>(table, 0x0F64, "pcmpgtb");
        Both<Greater<short>>(table, 0x0F65, "pcmpgtw");
        Both<Greater<int>>(table, 0x0F66, "pcmpgtd");
        Both<And>(table, 0x0FDB, "pand");
        Both<AndNot>(table, 0x0FDF, "pandn");
        Both<Or>(table, 0x0FEB, "por");
        Both<ExclusiveOr>(table, 0x0FEF, "pxor");

        DefinePack<PackWordsSigned>(table, 0x0F63, "packsswb");
        DefinePack<PackWordsUnsigned>(table, 0x0F67, "packuswb");
        DefinePack<PackDoubles>(table, 0x0F6B, "packssdw");
        DefineUnpack<UnpackLowBytes, UnpackHighBytes>(table, 0x0F60, "bw");
        DefineUnpack<UnpackLowWords, UnpackHighWords>(table, 0x0F61, "wd");
        DefineUnpack<UnpackLowDoubles, UnpackHighDoubles>(table, 0x0F62, "dq");
        Simd.Define(table, 0x0F6C, Prefix66, "punpcklqdq", &Xmm<UnpackLowQuads>);
        Simd.Define(table, 0x0F6D, Prefix66, "punpckhqdq", &Xmm<UnpackHighQuads>);

        DefineShift<ShiftRight<ushort>>(table, 0x0FD1, 0x0F71, 2, "psrlw");
        DefineShift<ShiftRight<uint>>(table, 0x0FD2, 0x0F72, 2, "psrld");
        DefineShift<ShiftRight<ulong>>(table, 0x0FD3, 0x0F73, 2, "psrlq");
        DefineShift<ShiftRightSigned<short>>(table, 0x0FE1, 0x0F71, 4, "psraw");
        DefineShift<ShiftRightSigned<int>>(table, 0x0FE2, 0x0F72, 4, "psrad");
        DefineShift<ShiftLeft<ushort>>(table, 0x0FF1, 0x0F71, 6, "psllw");
        DefineShift<ShiftLeft<uint>>(table, 0x0FF2, 0x0F72, 6, "pslld");
        DefineShift<ShiftLeft<ulong>>(table, 0x0FF3, 0x0F73, 6, "psllq");
        DefineImmediate(table, 0x0F73, 3, Prefix66, "psrldq", &ShiftBytesRight);
        DefineImmediate(table, 0x0F73, 7, Prefix66, "pslldq", &ShiftBytesLeft);

        table.Add(new InstructionDefinition(0x0F77, "emms", OperandForm.None) { Register = &Empty });
    }

    static void Both<T>(InstructionTable table, int opcode, string name) where T : struct, IPackedOperation
    {
        Simd.Define(table, opcode, NoPrefix, name, &Mmx<T>);
        Simd.Define(table, opcode, Prefix66, name, &Xmm<T>);
    }

    static void DefinePack<T>(InstructionTable table, int opcode, string name) where T : struct, IPackedOperation
    {
        Simd.Define(table, opcode, NoPrefix, name, &MmxPack<T>);
        Simd.Define(table, opcode, Prefix66, name, &Xmm<T>);
    }

    static void DefineUnpack<TLow, THigh>(InstructionTable table, int opcode, string suffix)
        where TLow : struct, IPackedOperation where THigh : struct, IPackedOperation
    {
        Simd.Define(table, opcode, NoPrefix, "punpckl" + suffix, &MmxUnpackLow<TLow>);
        Simd.Define(table, opcode, Prefix66, "punpckl" + suffix, &Xmm<TLow>);
        Simd.Define(table, opcode + 8, NoPrefix, "punpckh" + suffix, &MmxUnpackHigh<TLow>);
        Simd.Define(table, opcode + 8, Prefix66, "punpckh" + suffix, &Xmm<THigh>);
    }

    static void DefineShift<T>(InstructionTable table, int opcode, int immediateOpcode, int digit, string name) where T : struct, IPackedShift
    {
        Simd.Define(table, opcode, NoPrefix, name, &MmxShift<T>);
        Simd.Define(table, opcode, Prefix66, name, &XmmShift<T>);
        DefineImmediate(table, immediateOpcode, digit, NoPrefix, name, &MmxShiftImmediate<T>);
        DefineImmediate(table, immediateOpcode, digit, Prefix66, name, &XmmShiftImmediate<T>);
    }

    static void DefineImmediate(InstructionTable table, int opcode, int digit, int prefix, string name, delegate*<CpuState*, Op*, void> handler) =>
        table.Add(new InstructionDefinition(opcode, name, OperandForm.ModRMImm8)
        {
            Digit = digit, Prefix = prefix, Traits = InstructionTraits.RegisterOnly, Register = handler,
        });

    /// <summary>An operation of an XMM register and another, or memory.</summary>
    public static void Xmm<T>(CpuState* s, Op* op) where T : struct, IPackedOperation
    {
        BeginSse(s);
        Vector128<byte> source = LoadXmm(s, op);
        Vector128<byte>* target = Simd.Xmm(s, op->Register);
        *target = T.Apply(*target, source);
    }

    static void Mmx<T>(CpuState* s, Op* op) where T : struct, IPackedOperation
    {
        BeginMmx(s);
        ulong source = LoadMmx(s, op);
        SetResult(s, op, T.Apply(Target(s, op), Vector128.CreateScalar(source).AsByte()));
    }

    /// <summary>Pack: what two registers hold stands in one 16-byte operand.</summary>
    static void MmxPack<T>(CpuState* s, Op* op) where T : struct, IPackedOperation
    {
        BeginMmx(s);
        Vector128<byte> both = Vector128.Create(GetMmx(&s->Fpu, op->Register), LoadMmx(s, op)).AsByte();
        SetResult(s, op, T.Apply(both, both));
    }

    /// <summary>punpckl reads only the half of a memory operand that it uses.</summary>
    static void MmxUnpackLow<T>(CpuState* s, Op* op) where T : struct, IPackedOperation
    {
        BeginMmx(s);
        ulong source = IsMemory(op) ? Operand.Load<uint>(s, op) : GetMmx(&s->Fpu, op->Rm);
        SetResult(s, op, T.Apply(Target(s, op), Vector128.CreateScalar(source).AsByte()));
    }

    static void MmxUnpackHigh<T>(CpuState* s, Op* op) where T : struct, IPackedOperation
    {
        BeginMmx(s);
        ulong source = LoadMmx(s, op);
        Vector128<byte> all = T.Apply(Target(s, op), Vector128.CreateScalar(source).AsByte());
        EnterMmx(&s->Fpu);
        SetMmx(&s->Fpu, op->Register, all.AsUInt64().GetElement(1));
    }

    static void MmxShift<T>(CpuState* s, Op* op) where T : struct, IPackedShift
    {
        BeginMmx(s);
        ulong count = LoadMmx(s, op);
        SetResult(s, op, Shift<T>(Target(s, op), count));
    }

    static void MmxShiftImmediate<T>(CpuState* s, Op* op) where T : struct, IPackedShift
    {
        BeginMmx(s);
        EnterMmx(&s->Fpu);
        Vector128<byte> value = Vector128.CreateScalar(GetMmx(&s->Fpu, op->Rm)).AsByte();
        SetMmx(&s->Fpu, op->Rm, Shift<T>(value, (byte)op->Immediate).AsUInt64().ToScalar());
    }

    static void XmmShift<T>(CpuState* s, Op* op) where T : struct, IPackedShift
    {
        BeginSse(s);
        ulong count = LoadXmm(s, op).AsUInt64().ToScalar();
        Vector128<byte>* target = Simd.Xmm(s, op->Register);
        *target = Shift<T>(*target, count);
    }

    static void XmmShiftImmediate<T>(CpuState* s, Op* op) where T : struct, IPackedShift
    {
        BeginSse(s);
        Vector128<byte>* target = Simd.Xmm(s, op->Rm);
        *target = Shift<T>(*target, (byte)op->Immediate);
    }

    static Vector128<byte> Shift<T>(Vector128<byte> value, ulong count) where T : struct, IPackedShift
    {
        int effective = (int)Math.Min(count, (ulong)T.Largest);
        return effective == T.Width ? Vector128<byte>.Zero : T.Apply(value, effective);
    }

    static void ShiftBytesRight(CpuState* s, Op* op)
    {
        BeginSse(s);
        int count = (byte)op->Immediate;
        UInt128* target = (UInt128*)Simd.Xmm(s, op->Rm);
        *target = count < 16 ? *target >> (count * 8) : UInt128.Zero;
    }

    static void ShiftBytesLeft(CpuState* s, Op* op)
    {
        BeginSse(s);
        int count = (byte)op->Immediate;
        UInt128* target = (UInt128*)Simd.Xmm(s, op->Rm);
        *target = count < 16 ? *target << (count * 8) : UInt128.Zero;
    }

    static Vector128<byte> Target(CpuState* s, Op* op) => Vector128.CreateScalar(GetMmx(&s->Fpu, op->Register)).AsByte();

    static void SetResult(CpuState* s, Op* op, Vector128<byte> result)
    {
        EnterMmx(&s->Fpu);
        SetMmx(&s->Fpu, op->Register, result.AsUInt64().ToScalar());
    }

    /// <summary>emms: all registers empty, for x87 code to follow.</summary>
    static void Empty(CpuState* s, Op* op)
    {
        BeginMmx(s);
        s->Fpu.Status &= 0xC7FF;
        s->Fpu.Valid = 0;
    }
}
