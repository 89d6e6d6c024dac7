using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>What every MMX and SSE instruction stands on: the checks before it, registers and memory operands, exceptions after it.</summary>
internal static unsafe class Simd
{
    /// <summary>Mandatory prefixes of definitions.</summary>
    public const int NoPrefix = 0, Prefix66 = 0x66, PrefixF2 = 0xF2, PrefixF3 = 0xF3;

    /// <summary>Enters an instruction of one encoding.</summary>
    public static void Define(InstructionTable table, int opcode, int prefix, string name, delegate*<CpuState*, Op*, void> handler,
        InstructionTraits traits = InstructionTraits.None, OperandForm form = OperandForm.ModRM) =>
        table.Add(new InstructionDefinition(opcode, name, form) { Prefix = prefix, Traits = traits, Register = handler });

    /// <summary>Start of an SSE instruction (Intel SDM vol. 3, table 14-1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BeginSse(CpuState* s)
    {
        if ((s->Cr0 & (Cr0.Emulation | Cr0.TaskSwitched)) != 0 || (s->Cr4 & Cr4.FxSave) == 0)
            throw SseNotAvailable(s);
    }

    static CpuFault SseNotAvailable(CpuState* s) =>
        (s->Cr0 & Cr0.Emulation) != 0 || (s->Cr4 & Cr4.FxSave) == 0 ? CpuFault.InvalidOpcode() : CpuFault.DeviceNotAvailable();

    /// <summary>Start of an MMX instruction, which waits for x87 exceptions too (Intel SDM vol. 3, table 13-1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BeginMmx(CpuState* s)
    {
        if ((s->Cr0 & (Cr0.Emulation | Cr0.TaskSwitched)) != 0)
            throw (s->Cr0 & Cr0.Emulation) != 0 ? CpuFault.InvalidOpcode() : CpuFault.DeviceNotAvailable();
        if ((s->Fpu.Status & X87.ErrorSummary) != 0)
            X87.ReportPending(s);
    }

    /// <summary>What every MMX instruction but emms does to the x87 state: TOP 0, no register empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void EnterMmx(FpuState* f)
    {
        f->Status &= 0xC7FF;
        f->Valid = 0xFF;
    }

    /// <summary>The form with a memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsMemory(Op* op) => (op->Flags & OpFlags.Memory) != 0;

    /// <summary>An MMX register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong GetMmx(FpuState* f, int register) => *(ulong*)(f->Registers + register * 16);

    /// <summary>Writes an MMX register; the exponent field above it becomes all ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetMmx(FpuState* f, int register, ulong value)
    {
        *(ulong*)(f->Registers + register * 16) = value;
        *(ushort*)(f->Registers + register * 16 + 8) = 0xFFFF;
    }

    /// <summary>An MMX register or 8 bytes of memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadMmx(CpuState* s, Op* op) => IsMemory(op) ? Operand.Load<ulong>(s, op) : GetMmx(&s->Fpu, op->Rm);

    /// <summary>An XMM register in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte>* Xmm(CpuState* s, int register) => (Vector128<byte>*)(s->Fpu.Xmm + register * 16);

    /// <summary>An XMM register's low half in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong* XmmQuad(CpuState* s, int register) => (ulong*)(s->Fpu.Xmm + register * 16);

    /// <summary>An XMM register's low quarter in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint* XmmDouble(CpuState* s, int register) => (uint*)(s->Fpu.Xmm + register * 16);

    /// <summary>An XMM register or 16 aligned bytes of memory; #GP(0) when they are not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LoadXmm(CpuState* s, Op* op) =>
        IsMemory(op) ? LinearMemory.Read<Vector128<byte>>(s, CheckAligned(Operand.ReadAddress(s, op->Segment, Operand.Offset(s, op), 16))) : *Xmm(s, op->Rm);

    /// <summary>The low 8 bytes of an XMM register, or 8 bytes of memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadQuad(CpuState* s, Op* op) => IsMemory(op) ? Operand.Load<ulong>(s, op) : *XmmQuad(s, op->Rm);

    /// <summary>The low 4 bytes of an XMM register, or 4 bytes of memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint LoadDouble(CpuState* s, Op* op) => IsMemory(op) ? Operand.Load<uint>(s, op) : *XmmDouble(s, op->Rm);

    /// <summary>Writes an XMM register or 16 aligned bytes of memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreXmm(CpuState* s, Op* op, Vector128<byte> value)
    {
        if (IsMemory(op))
            LinearMemory.Write(s, CheckAligned(Operand.WriteAddress(s, op->Segment, Operand.Offset(s, op), 16)), value);
        else
            *Xmm(s, op->Rm) = value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint CheckAligned(uint linear)
    {
        if ((linear & 15) != 0)
            throw CpuFault.GeneralProtection(0);
        return linear;
    }

    /// <summary>Notes what an SSE computation found. An unmasked exception is #XM, or #UD where the system does not know it; no result is written.</summary>
    public static void Finish(CpuState* s, in FloatContext c)
    {
        if (c.Raised == 0)
            return;
        FloatFlags raised = c.Raised;
        // An unmasked exception of the operands ends the computation before those of results are found.
        if (c.Stopped)
            raised &= FloatFlags.BeforeResult;
        s->Fpu.Mxcsr |= (uint)raised;
        if ((raised & ~c.Masks) != 0)
            throw (s->Cr4 & Cr4.SimdExceptions) != 0 ? CpuFault.Simd() : CpuFault.InvalidOpcode();
    }
}
