using System.Runtime.CompilerServices;
using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>What every x87 instruction stands on: the register stack, the checks before an instruction, exceptions after it.</summary>
internal static unsafe class X87
{
    /// <summary>Status word: condition codes, error summary, busy.</summary>
    public const int C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000, ErrorSummary = 0x80, Busy = 0x8000;

    /// <summary>Enters an instruction with a memory operand.</summary>
    public static void DefineMemory(InstructionTable table, int opcode, int digit, string name, delegate*<CpuState*, Op*, void> handler) =>
        table.Add(new InstructionDefinition(opcode, name, OperandForm.ModRM) { Digit = digit, Traits = InstructionTraits.MemoryOnly, Memory = handler });

    /// <summary>Enters an instruction with ST(i).</summary>
    public static void DefineRegister(InstructionTable table, int opcode, int digit, string name, delegate*<CpuState*, Op*, void> handler) =>
        table.Add(new InstructionDefinition(opcode, name, OperandForm.ModRM) { Digit = digit, Traits = InstructionTraits.RegisterOnly, Register = handler });

    /// <summary>Enters an instruction that the whole ModRM byte selects.</summary>
    public static void DefineWhole(InstructionTable table, int opcode, int modRM, string name, delegate*<CpuState*, Op*, void> handler) =>
        table.Add(new InstructionDefinition(opcode, name, OperandForm.ModRM) { ModRM = modRM, Traits = InstructionTraits.RegisterOnly, Register = handler });

    /// <summary>Start of an instruction that waits for pending exceptions (Intel SDM vol. 3, table 2-2 and 8.7 of vol. 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Begin(CpuState* s)
    {
        CheckAvailable(s);
        if ((s->Fpu.Status & ErrorSummary) != 0)
            ReportPending(s);
    }

    /// <summary>Start of an instruction that does not wait (fn...).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CheckAvailable(CpuState* s)
    {
        if ((s->Cr0 & (Cr0.Emulation | Cr0.TaskSwitched)) != 0)
            throw CpuFault.DeviceNotAvailable();
    }

    /// <summary>An unmasked exception is pending: #MF, or with CR0.NE clear the FERR# pin.</summary>
    public static void ReportPending(CpuState* s)
    {
        if ((s->Cr0 & Cr0.NumericError) != 0)
            throw CpuFault.FloatingPoint();
        // The waiting instruction goes on as with IGNNE# asserted: whoever watches FERR# interrupts after it.
        Processor cpu = s->Processor;
        cpu.Owner.FloatingPointError(cpu);
    }

    /// <summary>Takes the pointers of a non-control instruction without a memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Track(CpuState* s, Op* op)
    {
        s->Fpu.LastEip = s->BlockEip + op->Offset;
        s->Fpu.LastCs = s->Cs.Selector;
        s->Fpu.LastOpcode = (ushort)(op->Opcode & 0x7FF);
    }

    /// <summary>Takes the pointers of a non-control instruction with a memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TrackMemory(CpuState* s, Op* op)
    {
        Track(s, op);
        s->Fpu.LastDataOffset = Operand.Offset(s, op);
        s->Fpu.LastDs = CpuState.SegmentAt(s, op->Segment)->Selector;
    }

    /// <summary>What an instruction on ST(0) alone begins with. False: it is done already.</summary>
    public static bool BeginUnary(CpuState* s, Op* op)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        if (!IsEmpty(f, 0))
            return true;
        if (!StackUnderflow(f))
            Set(f, 0, Float80.Indefinite);
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static byte* At(FpuState* f, int i) => f->Registers + (((f->Status >> 11) + i) & 7) * 16;

    /// <summary>ST(i).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float80 Get(FpuState* f, int i)
    {
        byte* register = At(f, i);
        return new Float80(*(ulong*)register, *(ushort*)(register + 8));
    }

    /// <summary>Writes ST(i), which is not empty afterwards.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(FpuState* f, int i, Float80 value)
    {
        byte* register = At(f, i);
        *(ulong*)register = value.Significand;
        *(ushort*)(register + 8) = value.SignExponent;
        f->Valid |= (byte)(1 << ((f->Top + i) & 7));
    }

    /// <summary>Whether ST(i) is tagged empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsEmpty(FpuState* f, int i) => (f->Valid & (1 << ((f->Top + i) & 7))) == 0;

    /// <summary>Marks ST(i) empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Free(FpuState* f, int i) => f->Valid &= (byte)~(1 << ((f->Top + i) & 7));

    /// <summary>Frees ST(0) and makes ST(1) the top.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pop(FpuState* f)
    {
        Free(f, 0);
        f->Top++;
    }

    /// <summary>Makes a new ST(0).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Push(FpuState* f, Float80 value)
    {
        f->Top--;
        Set(f, 0, value);
    }

    /// <summary>Sets exception flags, and ES and B when one of them is unmasked.</summary>
    public static void Raise(FpuState* f, FloatFlags flags)
    {
        f->Status |= (ushort)flags;
        if (((int)flags & ~f->Control & (int)FloatFlags.All) != 0)
            f->Status |= ErrorSummary | Busy;
    }

    /// <summary>Notes what an operation found, C1 with it. True: an unmasked exception keeps its operands and destination as they are.</summary>
    public static bool Finish(FpuState* f, in FloatContext c)
    {
        f->Status = (ushort)((f->Status & ~C1) | (c.RoundedUp ? C1 : 0));
        if (c.Raised == 0)
            return false;
        Raise(f, c.Raised);
        return c.Stopped;
    }

    /// <summary>Notes a stack underflow. True: it is unmasked, nothing else happens; otherwise the instruction goes on with the indefinite.</summary>
    public static bool StackUnderflow(FpuState* f) => StackFault(f, 0);

    /// <summary>Notes a stack overflow, likewise.</summary>
    public static bool StackOverflow(FpuState* f) => StackFault(f, C1);

    static bool StackFault(FpuState* f, int c1)
    {
        f->Status = (ushort)((f->Status & ~C1) | c1);
        Raise(f, FloatFlags.Invalid | FloatFlags.StackFault);
        return (f->Control & (int)FloatFlags.Invalid) == 0;
    }

    /// <summary>Sets ES and B to what flags and masks say, after either was loaded.</summary>
    public static void UpdateSummary(FpuState* f)
    {
        bool pending = (f->Status & ~f->Control & (int)FloatFlags.All) != 0;
        f->Status = (ushort)(pending ? f->Status | ErrorSummary | Busy : f->Status & ~(ErrorSummary | Busy));
    }

    /// <summary>Sets C3, C2 and C0.</summary>
    public static void SetCondition(FpuState* f, int codes) => f->Status = (ushort)((f->Status & ~(C0 | C2 | C3)) | codes);
}
