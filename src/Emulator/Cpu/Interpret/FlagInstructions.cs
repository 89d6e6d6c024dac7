using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>clc, stc, cmc, cld, std, lahf, sahf, salc.</summary>
static unsafe class FlagInstructions
{
    public static void Define(InstructionTable table)
    {
        table.Add(new(0xF8, "clc", OperandForm.None) { Writes = EflagsBits.Carry, Register = &ClearCarry });
        table.Add(new(0xF9, "stc", OperandForm.None) { Writes = EflagsBits.Carry, Register = &SetCarry });
        table.Add(new(0xF5, "cmc", OperandForm.None) { Writes = EflagsBits.Carry, Register = &ComplementCarry });
        table.Add(new(0xFC, "cld", OperandForm.None) { Register = &ClearDirection });
        table.Add(new(0xFD, "std", OperandForm.None) { Register = &SetDirection });
        table.Add(new(0x9F, "lahf", OperandForm.None) { Register = &LoadFlags });
        table.Add(new(0x9E, "sahf", OperandForm.None) { Writes = EflagsBits.Arithmetic & ~EflagsBits.Overflow, Register = &StoreFlags });
        table.Add(new(0xD6, "salc", OperandForm.None) { Register = &AlFromCarry });
    }

    static void ClearCarry(CpuState* s, Op* op) => LazyFlags.SetCarry(s, false);

    static void SetCarry(CpuState* s, Op* op) => LazyFlags.SetCarry(s, true);

    static void ComplementCarry(CpuState* s, Op* op) => LazyFlags.SetCarry(s, !s->Carry);

    static void ClearDirection(CpuState* s, Op* op) => s->OtherFlags &= ~EflagsBits.Direction;

    static void SetDirection(CpuState* s, Op* op) => s->OtherFlags |= EflagsBits.Direction;

    static void LoadFlags(CpuState* s, Op* op) => s->R[Reg.Eax] = (s->R[Reg.Eax] & 0xFFFF00FF) | ((s->Eflags & 0xFF) << 8);

    static void StoreFlags(CpuState* s, Op* op)
    {
        uint overflow = s->Eflags & EflagsBits.Overflow;
        s->SetArithmeticFlags(((s->R[Reg.Eax] >> 8) & 0xFF) | overflow);
    }

    // Undocumented for long, listed since as an alias; old code uses it.
    static void AlFromCarry(CpuState* s, Op* op) => Operand.Set<byte>(s, Reg.Eax, s->Carry ? 0xFFu : 0);
}
