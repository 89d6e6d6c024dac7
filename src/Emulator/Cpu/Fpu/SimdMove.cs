using System.Numerics;
using System.Runtime.Intrinsics;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.Simd;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>Moves between MMX, XMM and general registers and memory; none of them looks at the values.</summary>
internal static unsafe class SimdMove
{
    const InstructionTraits MemoryOnly = InstructionTraits.MemoryOnly, RegisterOnly = InstructionTraits.RegisterOnly;

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        Simd.Define(table, 0x0F6E, NoPrefix, "movd", &MovdToMmx);
        Simd.Define(table, 0x0F7E, NoPrefix, "movd", &MovdFromMmx);
        Simd.Define(table, 0x0F6F, NoPrefix, "movq", &MovqToMmx);
        Simd.Define(table, 0x0F7F, NoPrefix, "movq", &MovqFromMmx);
        Simd.Define(table, 0x0F6E, Prefix66, "movd", &MovdToXmm);
        Simd.Define(table, 0x0F7E, Prefix66, "movd", &MovdFromXmm);
        Simd.Define(table, 0x0F7E, PrefixF3, "movq", &MovqToXmm);
        Simd.Define(table, 0x0FD6, Prefix66, "movq", &MovqFromXmm);
        Simd.Define(table, 0x0FD6, PrefixF3, "movq2dq", &MovqMmxToXmm, RegisterOnly);
        Simd.Define(table, 0x0FD6, PrefixF2, "movdq2q", &MovqXmmToMmx, RegisterOnly);

        DefineAligned(table, 0x0F28, 0x0F29, NoPrefix, "movaps");
        DefineAligned(table, 0x0F28, 0x0F29, Prefix66, "movapd");
        DefineAligned(table, 0x0F6F, 0x0F7F, Prefix66, "movdqa");
        DefineUnaligned(table, 0x0F10, 0x0F11, NoPrefix, "movups");
        DefineUnaligned(table, 0x0F10, 0x0F11, Prefix66, "movupd");
        DefineUnaligned(table, 0x0F6F, 0x0F7F, PrefixF3, "movdqu");
        Simd.Define(table, 0x0F10, PrefixF3, "movss", &MovssToXmm);
        Simd.Define(table, 0x0F11, PrefixF3, "movss", &MovssFromXmm);
        Simd.Define(table, 0x0F10, PrefixF2, "movsd", &MovsdToXmm);
        Simd.Define(table, 0x0F11, PrefixF2, "movsd", &MovsdFromXmm);

        Simd.Define(table, 0x0F12, NoPrefix, "movlps", &LoadLow, MemoryOnly);
        Simd.Define(table, 0x0F12, Prefix66, "movlpd", &LoadLow, MemoryOnly);
        Simd.Define(table, 0x0F12, NoPrefix, "movhlps", &HighToLow, RegisterOnly);
        Simd.Define(table, 0x0F13, NoPrefix, "movlps", &StoreLow, MemoryOnly);
        Simd.Define(table, 0x0F13, Prefix66, "movlpd", &StoreLow, MemoryOnly);
        Simd.Define(table, 0x0F16, NoPrefix, "movhps", &LoadHigh, MemoryOnly);
        Simd.Define(table, 0x0F16, Prefix66, "movhpd", &LoadHigh, MemoryOnly);
        Simd.Define(table, 0x0F16, NoPrefix, "movlhps", &LowToHigh, RegisterOnly);
        Simd.Define(table, 0x0F17, NoPrefix, "movhps", &StoreHigh, MemoryOnly);
        Simd.Define(table, 0x0F17, Prefix66, "movhpd", &StoreHigh, MemoryOnly);

        Simd.Define(table, 0x0F2B, NoPrefix, "movntps", &StoreAligned, MemoryOnly);
        Simd.Define(table, 0x0F2B, Prefix66, "movntpd", &StoreAligned, MemoryOnly);
        Simd.Define(table, 0x0FE7, Prefix66, "movntdq", &StoreAligned, MemoryOnly);
        Simd.Define(table, 0x0FE7, NoPrefix, "movntq", &MovqFromMmx, MemoryOnly);
        Simd.Define(table, 0x0FC3, NoPrefix, "movnti", &StoreGeneral, MemoryOnly);
        Simd.Define(table, 0x0FF7, NoPrefix, "maskmovq", &MaskedStoreMmx, RegisterOnly);
        Simd.Define(table, 0x0FF7, Prefix66, "maskmovdqu", &MaskedStoreXmm, RegisterOnly);

        Simd.Define(table, 0x0F50, NoPrefix, "movmskps", &SignsOfSingles, RegisterOnly);
        Simd.Define(table, 0x0F50, Prefix66, "movmskpd", &SignsOfDoubles, RegisterOnly);
        Simd.Define(table, 0x0FD7, NoPrefix, "pmovmskb", &SignsOfBytesMmx, RegisterOnly);
        Simd.Define(table, 0x0FD7, Prefix66, "pmovmskb", &SignsOfBytesXmm, RegisterOnly);
    }

    static void DefineAligned(InstructionTable table, int load, int store, int prefix, string name)
    {
        Simd.Define(table, load, prefix, name, &Load);
        Simd.Define(table, store, prefix, name, &StoreAligned);
    }

    static void DefineUnaligned(InstructionTable table, int load, int store, int prefix, string name)
    {
        Simd.Define(table, load, prefix, name, &LoadUnaligned);
        Simd.Define(table, store, prefix, name, &StoreUnaligned);
    }

    static void MovdToMmx(CpuState* s, Op* op)
    {
        BeginMmx(s);
        uint value = IsMemory(op) ? Operand.Load<uint>(s, op) : s->R[op->Rm];
        EnterMmx(&s->Fpu);
        SetMmx(&s->Fpu, op->Register, value);
    }

    static void MovdFromMmx(CpuState* s, Op* op)
    {
        BeginMmx(s);
        uint value = (uint)GetMmx(&s->Fpu, op->Register);
        if (IsMemory(op))
            Operand.Store(s, op, value);
        else
            s->R[op->Rm] = value;
        EnterMmx(&s->Fpu);
    }

    static void MovqToMmx(CpuState* s, Op* op)
    {
        BeginMmx(s);
        ulong value = LoadMmx(s, op);
        EnterMmx(&s->Fpu);
        SetMmx(&s->Fpu, op->Register, value);
    }

    static void MovqFromMmx(CpuState* s, Op* op)
    {
        BeginMmx(s);
        ulong value = GetMmx(&s->Fpu, op->Register);
        if (IsMemory(op))
            Operand.Store(s, op, value);
        else
            SetMmx(&s->Fpu, op->Rm, value);
        EnterMmx(&s->Fpu);
    }

    static void MovdToXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        uint value = IsMemory(op) ? Operand.Load<uint>(s, op) : s->R[op->Rm];
        *Xmm(s, op->Register) = Vector128.CreateScalar(value).AsByte();
    }

    static void MovdFromXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        uint value = *XmmDouble(s, op->Register);
        if (IsMemory(op))
            Operand.Store(s, op, value);
        else
            s->R[op->Rm] = value;
    }

    static void MovqToXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        *Xmm(s, op->Register) = Vector128.CreateScalar(LoadQuad(s, op)).AsByte();
    }

    static void MovqFromXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        ulong value = *XmmQuad(s, op->Register);
        if (IsMemory(op))
            Operand.Store(s, op, value);
        else
            *Xmm(s, op->Rm) = Vector128.CreateScalar(value).AsByte();
    }

    static void MovqMmxToXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        BeginMmx(s);
        EnterMmx(&s->Fpu);
        *Xmm(s, op->Register) = Vector128.CreateScalar(GetMmx(&s->Fpu, op->Rm)).AsByte();
    }

    static void MovqXmmToMmx(CpuState* s, Op* op)
    {
        BeginSse(s);
        BeginMmx(s);
        EnterMmx(&s->Fpu);
        SetMmx(&s->Fpu, op->Register, *XmmQuad(s, op->Rm));
    }

    static void Load(CpuState* s, Op* op)
    {
        BeginSse(s);
        *Xmm(s, op->Register) = LoadXmm(s, op);
    }

    static void StoreAligned(CpuState* s, Op* op)
    {
        BeginSse(s);
        StoreXmm(s, op, *Xmm(s, op->Register));
    }

    static void LoadUnaligned(CpuState* s, Op* op)
    {
        BeginSse(s);
        *Xmm(s, op->Register) = IsMemory(op) ? Operand.Load<Vector128<byte>>(s, op) : *Xmm(s, op->Rm);
    }

    static void StoreUnaligned(CpuState* s, Op* op)
    {
        BeginSse(s);
        Vector128<byte> value = *Xmm(s, op->Register);
        if (IsMemory(op))
            Operand.Store(s, op, value);
        else
            *Xmm(s, op->Rm) = value;
    }

    /// <summary>From memory the rest is cleared, from a register it stays.</summary>
    static void MovssToXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        if (IsMemory(op))
            *Xmm(s, op->Register) = Vector128.CreateScalar(Operand.Load<uint>(s, op)).AsByte();
        else
            *XmmDouble(s, op->Register) = *XmmDouble(s, op->Rm);
    }

    static void MovssFromXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        uint value = *XmmDouble(s, op->Register);
        if (IsMemory(op))
            Operand.Store(s, op, value);
        else
            *XmmDouble(s, op->Rm) = value;
    }

    static void MovsdToXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        if (IsMemory(op))
            *Xmm(s, op->Register) = Vector128.CreateScalar(Operand.Load<ulong>(s, op)).AsByte();
        else
            *XmmQuad(s, op->Register) = *XmmQuad(s, op->Rm);
    }

    static void MovsdFromXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        ulong value = *XmmQuad(s, op->Register);
        if (IsMemory(op))
            Operand.Store(s, op, value);
        else
            *XmmQuad(s, op->Rm) = value;
    }

    static void LoadLow(CpuState* s, Op* op)
    {
        BeginSse(s);
        *XmmQuad(s, op->Register) = Operand.Load<ulong>(s, op);
    }

    static void LoadHigh(CpuState* s, Op* op)
    {
        BeginSse(s);
        XmmQuad(s, op->Register)[1] = Operand.Load<ulong>(s, op);
    }

    static void StoreLow(CpuState* s, Op* op)
    {
        BeginSse(s);
        Operand.Store(s, op, *XmmQuad(s, op->Register));
    }

    static void StoreHigh(CpuState* s, Op* op)
    {
        BeginSse(s);
        Operand.Store(s, op, XmmQuad(s, op->Register)[1]);
    }

    static void HighToLow(CpuState* s, Op* op)
    {
        BeginSse(s);
        *XmmQuad(s, op->Register) = XmmQuad(s, op->Rm)[1];
    }

    static void LowToHigh(CpuState* s, Op* op)
    {
        BeginSse(s);
        XmmQuad(s, op->Register)[1] = *XmmQuad(s, op->Rm);
    }

    /// <summary>movnti, which needs SSE2 but none of its state.</summary>
    static void StoreGeneral(CpuState* s, Op* op) => Operand.Store(s, op, s->R[op->Register]);

    static void MaskedStoreMmx(CpuState* s, Op* op)
    {
        BeginMmx(s);
        ulong value = GetMmx(&s->Fpu, op->Register);
        MaskedStore(s, op, (byte*)&value, Vector128.CreateScalar(GetMmx(&s->Fpu, op->Rm)).AsByte());
        EnterMmx(&s->Fpu);
    }

    static void MaskedStoreXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        MaskedStore(s, op, (byte*)Xmm(s, op->Register), *Xmm(s, op->Rm));
    }

    /// <summary>Writes the bytes whose mask bytes are negative to DS:edi, or to the segment of an override.</summary>
    static void MaskedStore(CpuState* s, Op* op, byte* value, Vector128<byte> mask)
    {
        uint bits = mask.ExtractMostSignificantBits();
        if (bits == 0)
            return;
        int first = BitOperations.TrailingZeroCount(bits), last = BitOperations.Log2(bits);
        uint length = (uint)(last - first + 1);
        uint linear = Operand.WriteAddress(s, op->Segment, (s->R[Reg.Edi] & op->AddressMask) + (uint)first, length);
        LinearMemory.ProbeWrite(s, linear, length);
        for (int i = first; i <= last; i++)
        {
            if ((bits & (1u << i)) != 0)
                LinearMemory.Write(s, linear + (uint)(i - first), value[i]);
        }
    }

    static void SignsOfSingles(CpuState* s, Op* op)
    {
        BeginSse(s);
        s->R[op->Register] = Xmm(s, op->Rm)->AsSingle().ExtractMostSignificantBits();
    }

    static void SignsOfDoubles(CpuState* s, Op* op)
    {
        BeginSse(s);
        s->R[op->Register] = Xmm(s, op->Rm)->AsDouble().ExtractMostSignificantBits();
    }

    static void SignsOfBytesXmm(CpuState* s, Op* op)
    {
        BeginSse(s);
        s->R[op->Register] = Xmm(s, op->Rm)->ExtractMostSignificantBits();
    }

    static void SignsOfBytesMmx(CpuState* s, Op* op)
    {
        BeginMmx(s);
        EnterMmx(&s->Fpu);
        s->R[op->Register] = Vector128.CreateScalar(GetMmx(&s->Fpu, op->Rm)).AsByte().ExtractMostSignificantBits();
    }
}
