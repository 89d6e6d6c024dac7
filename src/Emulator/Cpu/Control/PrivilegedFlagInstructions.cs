using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Control;

/// <summary>pushf, popf, cli and sti: the flags that depend on privilege (Intel SDM vol. 2; virtual-mode extensions are not there).</summary>
public static unsafe class PrivilegedFlagInstructions
{
    const uint AnyRing = EflagsBits.Arithmetic | EflagsBits.Trap | EflagsBits.Direction | EflagsBits.NestedTask
        | EflagsBits.AlignmentCheck | EflagsBits.Identification;

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        table.Add(new(0x9C, "pushf", OperandForm.None) { Register = &Push });
        table.Add(new(0x9D, "popf", OperandForm.None) { Traits = InstructionTraits.EndsBlock, Writes = EflagsBits.Arithmetic, Register = &Pop });
        table.Add(new(0xFA, "cli", OperandForm.None) { Register = &ClearInterrupt });
        table.Add(new(0xFB, "sti", OperandForm.None) { Traits = InstructionTraits.EndsBlock, Register = &SetInterrupt });
    }

    static void Push(CpuState* s, Op* op)
    {
        CheckVirtual8086(s);
        StackFrame stack = StackFrame.Current(s);
        stack.Push(s->Eflags & ~(EflagsBits.Virtual8086 | EflagsBits.Resume), (op->Flags & OpFlags.Operand16) != 0);
        stack.Commit();
    }

    static void Pop(CpuState* s, Op* op)
    {
        CheckVirtual8086(s);
        bool word = (op->Flags & OpFlags.Operand16) != 0;
        StackFrame stack = StackFrame.Current(s);
        uint image = stack.Pop(word);
        stack.Commit();

        uint mask = AnyRing;
        if (s->Cpl <= Mode.IoPrivilege(s))
            mask |= EflagsBits.Interrupt;
        if (s->Cpl == 0)
            mask |= EflagsBits.IoPrivilege;
        if (word)
        {
            FlagsRegister.Load(s, image, mask & 0xFFFF);
            return;
        }
        // RF, VIF and VIP are cleared whatever the image says; VM stays.
        const uint Cleared = EflagsBits.Resume | EflagsBits.VirtualInterrupt;
        FlagsRegister.Load(s, image & ~Cleared, mask | Cleared);
    }

    static void CheckVirtual8086(CpuState* s)
    {
        if (Mode.IsVirtual8086(s) && Mode.IoPrivilege(s) < 3)
            throw CpuFault.GeneralProtection(0);
    }

    static void ClearInterrupt(CpuState* s, Op* op)
    {
        CheckInterruptPrivilege(s);
        s->OtherFlags &= ~EflagsBits.Interrupt;
    }

    static void SetInterrupt(CpuState* s, Op* op)
    {
        CheckInterruptPrivilege(s);
        if ((s->OtherFlags & EflagsBits.Interrupt) != 0)
            return;
        s->OtherFlags |= EflagsBits.Interrupt;
        s->InterruptShadow = CpuState.AfterSti;
        s->Processor.Notify();
    }

    // CPL is 0 in real mode and 3 in virtual-8086 mode, so that one rule does for all.
    static void CheckInterruptPrivilege(CpuState* s)
    {
        if (s->Cpl > Mode.IoPrivilege(s))
            throw CpuFault.GeneralProtection(0);
    }
}
