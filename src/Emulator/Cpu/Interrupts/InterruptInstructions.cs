using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interrupts;

/// <summary>Instructions that raise interrupts and exceptions: int, int3, into, int1, bound, ud0, ud2.</summary>
public static unsafe class InterruptInstructions
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        const InstructionTraits Leaves = InstructionTraits.Branch | InstructionTraits.EndsBlock;
        table.Add(new(0xCC, "int3", OperandForm.None) { Traits = Leaves, Register = &Breakpoint });
        table.Add(new(0xCD, "int", OperandForm.Imm8) { Traits = Leaves, Register = &Interrupt });
        table.Add(new(0xCE, "into", OperandForm.None) { Traits = Leaves, Register = &InterruptOnOverflow });
        table.Add(new(0xF1, "int1", OperandForm.None) { Traits = Leaves, Register = &InCircuitBreakpoint });
        table.Add(new(0x62, "bound", OperandForm.ModRM) { Traits = InstructionTraits.MemoryOnly, Register = &Bound, Register16 = &Bound16 });
        table.Add(new(0x0F0B, "ud2", OperandForm.None) { Traits = Leaves, Register = &Undefined });
        table.Add(new(0x0FFF, "ud0", OperandForm.ModRM) { Traits = Leaves, Register = &Undefined });
    }

    static uint InstructionEip(CpuState* s, Op* op) => s->BlockEip + op->Offset;

    static void Raise(CpuState* s, Op* op, byte vector) =>
        EventDelivery.Interrupt(s, vector, InstructionEip(s, op), Operand.NextEip(s, op));

    static void Interrupt(CpuState* s, Op* op)
    {
        if (Mode.IsVirtual8086(s) && Mode.IoPrivilege(s) < 3)
            throw CpuFault.GeneralProtection(0);
        Raise(s, op, (byte)op->Immediate);
    }

    static void Breakpoint(CpuState* s, Op* op) => Raise(s, op, FaultVector.Breakpoint);

    static void InterruptOnOverflow(CpuState* s, Op* op)
    {
        if (s->Overflow)
            Raise(s, op, FaultVector.Overflow);
        else
            s->Eip = Operand.NextEip(s, op);
    }

    // int1 needs no gate privilege: it is an exception, a trap.
    static void InCircuitBreakpoint(CpuState* s, Op* op)
    {
        s->Eip = Operand.NextEip(s, op);
        EventDelivery.Raise(s, CpuFault.Debug());
    }

    static void Bound(CpuState* s, Op* op)
    {
        uint address = Operand.ReadAddress(s, op->Segment, Operand.Offset(s, op), 8);
        int lower = LinearMemory.Read<int>(s, address), upper = LinearMemory.Read<int>(s, address + 4);
        CheckBounds((int)s->R[op->Register], lower, upper);
    }

    static void Bound16(CpuState* s, Op* op)
    {
        uint address = Operand.ReadAddress(s, op->Segment, Operand.Offset(s, op), 4);
        short lower = LinearMemory.Read<short>(s, address), upper = LinearMemory.Read<short>(s, address + 2);
        CheckBounds((short)s->R[op->Register], lower, upper);
    }

    static void CheckBounds(int index, int lower, int upper)
    {
        if (index < lower || index > upper)
            throw CpuFault.BoundRange();
    }

    static void Undefined(CpuState* s, Op* op) => throw CpuFault.InvalidOpcode();
}
