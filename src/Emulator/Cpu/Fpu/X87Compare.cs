using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.X87;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>Comparisons and what else only looks at registers: fcom, fucom, fcomi, ftst, fxam; fcmov, which looks at EFLAGS.</summary>
internal static unsafe class X87Compare
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        DefineMemory(table, 0xD8, 2, "fcom", &CompareSingle);
        DefineMemory(table, 0xD8, 3, "fcomp", &CompareSinglePop);
        DefineMemory(table, 0xDC, 2, "fcom", &CompareDouble);
        DefineMemory(table, 0xDC, 3, "fcomp", &CompareDoublePop);
        DefineMemory(table, 0xDA, 2, "ficom", &CompareInt32);
        DefineMemory(table, 0xDA, 3, "ficomp", &CompareInt32Pop);
        DefineMemory(table, 0xDE, 2, "ficom", &CompareInt16);
        DefineMemory(table, 0xDE, 3, "ficomp", &CompareInt16Pop);

        DefineRegister(table, 0xD8, 2, "fcom", &CompareRegister);
        DefineRegister(table, 0xD8, 3, "fcomp", &CompareRegisterPop);
        // Undocumented encodings of the same, which every processor has.
        DefineRegister(table, 0xDC, 2, "fcom", &CompareRegister);
        DefineRegister(table, 0xDC, 3, "fcomp", &CompareRegisterPop);
        DefineRegister(table, 0xDE, 2, "fcomp", &CompareRegisterPop);

        DefineRegister(table, 0xDD, 4, "fucom", &CompareUnordered);
        DefineRegister(table, 0xDD, 5, "fucomp", &CompareUnorderedPop);
        DefineWhole(table, 0xDE, 0xD9, "fcompp", &ComparePopTwice);
        DefineWhole(table, 0xDA, 0xE9, "fucompp", &CompareUnorderedPopTwice);
        DefineWhole(table, 0xD9, 0xE4, "ftst", &Test);
        DefineWhole(table, 0xD9, 0xE5, "fxam", &Examine);

        DefineFlags(table, 0xDB, 6, "fcomi", &CompareFlags);
        DefineFlags(table, 0xDF, 6, "fcomip", &CompareFlagsPop);
        DefineFlags(table, 0xDB, 5, "fucomi", &CompareUnorderedFlags);
        DefineFlags(table, 0xDF, 5, "fucomip", &CompareUnorderedFlagsPop);

        DefineRegister(table, 0xDA, 0, "fcmovb", &MoveIfBelow);
        DefineRegister(table, 0xDA, 1, "fcmove", &MoveIfEqual);
        DefineRegister(table, 0xDA, 2, "fcmovbe", &MoveIfBelowOrEqual);
        DefineRegister(table, 0xDA, 3, "fcmovu", &MoveIfUnordered);
        DefineRegister(table, 0xDB, 0, "fcmovnb", &MoveIfNotBelow);
        DefineRegister(table, 0xDB, 1, "fcmovne", &MoveIfNotEqual);
        DefineRegister(table, 0xDB, 2, "fcmovnbe", &MoveIfNotBelowOrEqual);
        DefineRegister(table, 0xDB, 3, "fcmovnu", &MoveIfNotUnordered);
    }

    static void DefineFlags(InstructionTable table, int opcode, int digit, string name, delegate*<CpuState*, Op*, void> handler) =>
        table.Add(new InstructionDefinition(opcode, name, OperandForm.ModRM)
        {
            Digit = digit, Traits = InstructionTraits.RegisterOnly, Writes = EflagsBits.Arithmetic, Register = handler,
        });

    static void CompareSingle(CpuState* s, Op* op)
    {
        Begin(s);
        WithMemory(s, op, FloatValue.FromSingle(Operand.Load<uint>(s, op)), 0);
    }

    static void CompareSinglePop(CpuState* s, Op* op)
    {
        Begin(s);
        WithMemory(s, op, FloatValue.FromSingle(Operand.Load<uint>(s, op)), 1);
    }

    static void CompareDouble(CpuState* s, Op* op)
    {
        Begin(s);
        WithMemory(s, op, FloatValue.FromDouble(Operand.Load<ulong>(s, op)), 0);
    }

    static void CompareDoublePop(CpuState* s, Op* op)
    {
        Begin(s);
        WithMemory(s, op, FloatValue.FromDouble(Operand.Load<ulong>(s, op)), 1);
    }

    static void CompareInt32(CpuState* s, Op* op)
    {
        Begin(s);
        WithMemory(s, op, FloatValue.FromInteger((int)Operand.Load<uint>(s, op)), 0);
    }

    static void CompareInt32Pop(CpuState* s, Op* op)
    {
        Begin(s);
        WithMemory(s, op, FloatValue.FromInteger((int)Operand.Load<uint>(s, op)), 1);
    }

    static void CompareInt16(CpuState* s, Op* op)
    {
        Begin(s);
        WithMemory(s, op, FloatValue.FromInteger((short)Operand.Load<ushort>(s, op)), 0);
    }

    static void CompareInt16Pop(CpuState* s, Op* op)
    {
        Begin(s);
        WithMemory(s, op, FloatValue.FromInteger((short)Operand.Load<ushort>(s, op)), 1);
    }

    static void CompareRegister(CpuState* s, Op* op) => WithRegister(s, op, op->Rm, signaling: true, 0);

    static void CompareRegisterPop(CpuState* s, Op* op) => WithRegister(s, op, op->Rm, signaling: true, 1);

    static void ComparePopTwice(CpuState* s, Op* op) => WithRegister(s, op, 1, signaling: true, 2);

    static void CompareUnordered(CpuState* s, Op* op) => WithRegister(s, op, op->Rm, signaling: false, 0);

    static void CompareUnorderedPop(CpuState* s, Op* op) => WithRegister(s, op, op->Rm, signaling: false, 1);

    static void CompareUnorderedPopTwice(CpuState* s, Op* op) => WithRegister(s, op, 1, signaling: false, 2);

    static void WithMemory(CpuState* s, Op* op, in FloatValue other, int pops)
    {
        TrackMemory(s, op);
        Compare(&s->Fpu, other, IsEmpty(&s->Fpu, 0), signaling: true, pops);
    }

    static void WithRegister(CpuState* s, Op* op, int other, bool signaling, int pops)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        Compare(f, Get(f, other).Unpack(), IsEmpty(f, 0) || IsEmpty(f, other), signaling, pops);
    }

    static void Test(CpuState* s, Op* op)
    {
        Begin(s);
        Track(s, op);
        Compare(&s->Fpu, FloatValue.Zero(false), IsEmpty(&s->Fpu, 0), signaling: true, 0);
    }

    static void Compare(FpuState* f, in FloatValue other, bool empty, bool signaling, int pops)
    {
        if (!TryCompare(f, other, empty, signaling, out Ordering ordering))
            return;
        SetCondition(f, ordering switch
        {
            Ordering.Less => C0,
            Ordering.Equal => C3,
            Ordering.Greater => 0,
            _ => C0 | C2 | C3,
        });
        for (; pops > 0; pops--)
            Pop(f);
    }

    /// <summary>Compares ST(0) with another operand. False: an unmasked exception, nothing is to change.</summary>
    static bool TryCompare(FpuState* f, in FloatValue other, bool empty, bool signaling, out Ordering ordering)
    {
        ordering = Ordering.Unordered;
        if (empty)
            return !StackUnderflow(f);
        FloatContext c = FloatContext.FromControlWord(f->Control);
        ordering = SoftFloat.Compare(Get(f, 0).Unpack(), other, signaling, ref c);
        return !Finish(f, c);
    }

    static void CompareFlags(CpuState* s, Op* op) => ToFlags(s, op, signaling: true, pop: false);

    static void CompareFlagsPop(CpuState* s, Op* op) => ToFlags(s, op, signaling: true, pop: true);

    static void CompareUnorderedFlags(CpuState* s, Op* op) => ToFlags(s, op, signaling: false, pop: false);

    static void CompareUnorderedFlagsPop(CpuState* s, Op* op) => ToFlags(s, op, signaling: false, pop: true);

    static void ToFlags(CpuState* s, Op* op, bool signaling, bool pop)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        if (!TryCompare(f, Get(f, op->Rm).Unpack(), IsEmpty(f, 0) || IsEmpty(f, op->Rm), signaling, out Ordering ordering))
            return;
        s->SetArithmeticFlags(EflagsOf(ordering));
        if (pop)
            Pop(f);
    }

    /// <summary>What fcomi and comiss make of an ordering: ZF, PF and CF; OF, SF and AF are cleared.</summary>
    public static uint EflagsOf(Ordering ordering) => ordering switch
    {
        Ordering.Less => EflagsBits.Carry,
        Ordering.Equal => EflagsBits.Zero,
        Ordering.Greater => 0,
        _ => EflagsBits.Carry | EflagsBits.Zero | EflagsBits.Parity,
    };

    static void Examine(CpuState* s, Op* op)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        Float80 value = Get(f, 0);
        int codes = IsEmpty(f, 0) ? C3 | C0 : value.Unpack().Class switch
        {
            FloatClass.Unsupported => 0,
            FloatClass.QuietNaN or FloatClass.SignalingNaN => C0,
            FloatClass.Normal => C2,
            FloatClass.Infinity => C2 | C0,
            FloatClass.Zero => C3,
            _ => C3 | C2,
        };
        f->Status = (ushort)((f->Status & ~(C0 | C1 | C2 | C3)) | codes | (value.Negative ? C1 : 0));
    }

    static void MoveIfBelow(CpuState* s, Op* op) => MoveIf(s, op, s->Carry);

    static void MoveIfEqual(CpuState* s, Op* op) => MoveIf(s, op, s->Zero);

    static void MoveIfBelowOrEqual(CpuState* s, Op* op) => MoveIf(s, op, s->Carry || s->Zero);

    static void MoveIfUnordered(CpuState* s, Op* op) => MoveIf(s, op, s->Parity);

    static void MoveIfNotBelow(CpuState* s, Op* op) => MoveIf(s, op, !s->Carry);

    static void MoveIfNotEqual(CpuState* s, Op* op) => MoveIf(s, op, !s->Zero);

    static void MoveIfNotBelowOrEqual(CpuState* s, Op* op) => MoveIf(s, op, !s->Carry && !s->Zero);

    static void MoveIfNotUnordered(CpuState* s, Op* op) => MoveIf(s, op, !s->Parity);

    static void MoveIf(CpuState* s, Op* op, bool condition)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        if (IsEmpty(f, 0) || IsEmpty(f, op->Rm))
        {
            if (!StackUnderflow(f))
                Set(f, 0, Float80.Indefinite);
            return;
        }
        f->Status &= unchecked((ushort)~C1);
        if (condition)
            Set(f, 0, Get(f, op->Rm));
    }
}
