using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>daa, das, aaa, aas, aam, aad (Intel SDM vol. 2, their operation sections).</summary>
static unsafe class DecimalInstructions
{
    public static void Define(InstructionTable table)
    {
        const uint all = EflagsBits.Arithmetic;
        table.Add(new(0x27, "daa", OperandForm.None) { Writes = all, Undefined = EflagsBits.Overflow, Register = &AdjustAfterAdd });
        table.Add(new(0x2F, "das", OperandForm.None) { Writes = all, Undefined = EflagsBits.Overflow, Register = &AdjustAfterSubtract });
        const uint ascii = all & ~(EflagsBits.Carry | EflagsBits.Auxiliary);
        table.Add(new(0x37, "aaa", OperandForm.None) { Writes = all, Undefined = ascii, Register = &AsciiAfterAdd });
        table.Add(new(0x3F, "aas", OperandForm.None) { Writes = all, Undefined = ascii, Register = &AsciiAfterSubtract });
        const uint carries = EflagsBits.Carry | EflagsBits.Overflow | EflagsBits.Auxiliary;
        table.Add(new(0xD4, "aam", OperandForm.Imm8) { Writes = all, Undefined = carries, Register = &AsciiAfterMultiply });
        table.Add(new(0xD5, "aad", OperandForm.Imm8) { Writes = all, Undefined = carries, Register = &AsciiBeforeDivide });
    }

    static uint Al(CpuState* s) => s->R[Reg.Eax] & 0xFF;

    static uint Ah(CpuState* s) => (s->R[Reg.Eax] >> 8) & 0xFF;

    static void SetAx(CpuState* s, uint al, uint ah) => Operand.Set<ushort>(s, Reg.Eax, (al & 0xFF) | (ah << 8));

    static void SetFlags(CpuState* s, uint result, bool carry, bool auxiliary)
    {
        LazyFlags.SetLogic<byte>(s, result, carry, false);
        if (auxiliary)
            s->LazyCarries |= 8;
    }

    static void AdjustAfterAdd(CpuState* s, Op* op)
    {
        uint old = Al(s), al = old;
        bool carry = s->Carry || old > 0x99;
        bool auxiliary = (old & 0xF) > 9 || s->Auxiliary;
        if (auxiliary)
            al += 6;
        if (carry)
            al += 0x60;
        SetAx(s, al, Ah(s));
        SetFlags(s, al, carry, auxiliary);
    }

    static void AdjustAfterSubtract(CpuState* s, Op* op)
    {
        uint old = Al(s), al = old;
        bool oldCarry = s->Carry;
        bool carry = oldCarry || old > 0x99;
        bool auxiliary = (old & 0xF) > 9 || s->Auxiliary;
        if (auxiliary)
        {
            carry |= old < 6;
            al -= 6;
        }
        if (oldCarry || old > 0x99)
            al -= 0x60;
        SetAx(s, al, Ah(s));
        SetFlags(s, al, carry, auxiliary);
    }

    static void AsciiAfterAdd(CpuState* s, Op* op)
    {
        bool adjust = (Al(s) & 0xF) > 9 || s->Auxiliary;
        uint ax = s->R[Reg.Eax] & 0xFFFF;
        if (adjust)
            ax += 0x106;
        SetAx(s, ax & 0xF, ax >> 8);
        SetFlags(s, ax & 0xF, adjust, adjust);
    }

    static void AsciiAfterSubtract(CpuState* s, Op* op)
    {
        bool adjust = (Al(s) & 0xF) > 9 || s->Auxiliary;
        uint ax = s->R[Reg.Eax] & 0xFFFF;
        if (adjust)
            ax -= 0x106;
        SetAx(s, ax & 0xF, ax >> 8);
        SetFlags(s, ax & 0xF, adjust, adjust);
    }

    static void AsciiAfterMultiply(CpuState* s, Op* op)
    {
        uint @base = op->Immediate & 0xFF;
        if (@base == 0)
            throw CpuFault.Divide();
        uint al = Al(s);
        SetAx(s, al % @base, al / @base);
        SetFlags(s, al % @base, false, false);
    }

    static void AsciiBeforeDivide(CpuState* s, Op* op)
    {
        uint al = (Al(s) + Ah(s) * (op->Immediate & 0xFF)) & 0xFF;
        SetAx(s, al, 0);
        SetFlags(s, al, false, false);
    }
}
