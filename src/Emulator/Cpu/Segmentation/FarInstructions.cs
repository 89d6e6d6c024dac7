using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>The instructions that change CS: far jmp, call and ret, and iret.</summary>
public static unsafe class FarInstructions
{
    const InstructionTraits Far = InstructionTraits.Branch | InstructionTraits.EndsBlock;

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        table.Add(new(0x9A, "call", OperandForm.FarPointer) { Traits = Far, Register = &CallImmediate });
        table.Add(new(0xEA, "jmp", OperandForm.FarPointer) { Traits = Far, Register = &JumpImmediate });
        table.Add(new(0xFF, "call", OperandForm.ModRM) { Digit = 3, Traits = Far | InstructionTraits.MemoryOnly, Register = &CallMemory });
        table.Add(new(0xFF, "jmp", OperandForm.ModRM) { Digit = 5, Traits = Far | InstructionTraits.MemoryOnly, Register = &JumpMemory });
        table.Add(new(0xCA, "retf", OperandForm.Imm16) { Traits = Far, Register = &ReturnImmediate });
        table.Add(new(0xCB, "retf", OperandForm.None) { Traits = Far, Register = &Return });
        table.Add(new(0xCF, "iret", OperandForm.None) { Traits = Far, Writes = EflagsBits.Arithmetic, Register = &InterruptReturn });
    }

    static bool IsWord(Op* op) => (op->Flags & OpFlags.Operand16) != 0;

    static void CallImmediate(CpuState* s, Op* op) =>
        FarTransfer.Call(s, (ushort)op->Displacement, Offset(op, op->Immediate), Operand.NextEip(s, op), IsWord(op));

    static void JumpImmediate(CpuState* s, Op* op) =>
        FarTransfer.Jump(s, (ushort)op->Displacement, Offset(op, op->Immediate), Operand.NextEip(s, op));

    static void CallMemory(CpuState* s, Op* op)
    {
        (ushort selector, uint offset) = LoadPointer(s, op);
        FarTransfer.Call(s, selector, offset, Operand.NextEip(s, op), IsWord(op));
    }

    static void JumpMemory(CpuState* s, Op* op)
    {
        (ushort selector, uint offset) = LoadPointer(s, op);
        FarTransfer.Jump(s, selector, offset, Operand.NextEip(s, op));
    }

    static void Return(CpuState* s, Op* op) => FarReturn.Return(s, IsWord(op), 0);

    static void ReturnImmediate(CpuState* s, Op* op) => FarReturn.Return(s, IsWord(op), op->Immediate & 0xFFFF);

    static void InterruptReturn(CpuState* s, Op* op) => Segmentation.InterruptReturn.Return(s, IsWord(op), Operand.NextEip(s, op));

    static uint Offset(Op* op, uint offset) => IsWord(op) ? offset & 0xFFFF : offset;

    static (ushort Selector, uint Offset) LoadPointer(CpuState* s, Op* op)
    {
        uint size = IsWord(op) ? 2u : 4u;
        uint address = Operand.ReadAddress(s, op->Segment, Operand.Offset(s, op), size + 2);
        uint offset = IsWord(op) ? LinearMemory.Read<ushort>(s, address) : LinearMemory.Read<uint>(s, address);
        return (LinearMemory.Read<ushort>(s, address + size), offset);
    }
}
