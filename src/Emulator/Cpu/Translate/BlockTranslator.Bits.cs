using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Shifts, rotates, bit tests and scans.</summary>
sealed unsafe partial class BlockTranslator
{
    // C0, C1, D0 to D3. Rotates keep most flags, and a count of 0 keeps all.
    bool TryEmitShift(int opcode, int size, int digit, Op* op)
    {
        bool byCl = opcode >= 0xD2, byImmediate = opcode < 0xD0;
        if (byImmediate && (op->Immediate & 31) == 0)
            return false;
        bool memory = (op->Flags & OpFlags.Memory) != 0;
        if (memory)
            EmitOperand(op, size, write: true);
        bool dead = AreFlagsDeadAfter(op), usesCarry = digit is 2 or 3;
        bool recomputes = !dead && !memory && !byCl && size == 4 && digit is 4 or 5 or 7;
        if ((byCl || digit < 4) && (!dead || usesCarry))
            LoadFlags();
        if (recomputes)
            emit.Memory(4, 0x89, HostRegister.Of(op->Rm), HostRegister.State, StateLayout.ShiftSource);
        if (memory)
            EmitAccess(size, opcode, digit);
        else
            emit.Registers(size, opcode, digit, RegisterOf(size, op->Rm));
        if (byImmediate)
            emit.Byte((int)op->Immediate);
        if (dead)
            FlagsAreDead();
        else
            FlagsAreNative(recomputes ? new FlagRecipe(FlagRecipeKind.Shift, digit, -1, byImmediate ? (int)op->Immediate : 1) : default);
        return true;
    }

    // shld and shrd (A4, A5, AC, AD).
    bool TryEmitDoubleShift(int opcode, int size, Op* op)
    {
        bool byCl = (opcode & 1) != 0;
        if (size != 4 || (!byCl && (op->Immediate & 31) == 0))
            return false;
        bool memory = (op->Flags & OpFlags.Memory) != 0;
        if (memory)
            EmitOperand(op, size, write: true);
        if (byCl)
            LoadFlags();
        if (memory)
            EmitAccess(size, 0xF00 | opcode, HostRegister.Of(op->Register));
        else
            emit.Registers(size, 0xF00 | opcode, HostRegister.Of(op->Register), HostRegister.Of(op->Rm));
        if (!byCl)
            emit.Byte((int)op->Immediate);
        FlagsAreNative();
        return true;
    }

    // bt, bts, btr, btc by a constant (0F BA): extensions 4 to 7. Only CF changes.
    bool TryEmitBitConstant(int size, int digit, Op* op)
    {
        if (digit < 4)
            return false;
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: digit > 4);
            LoadFlags();
            EmitAccess(size, 0xFBA, digit);
        }
        else
        {
            LoadFlags();
            emit.Registers(size, 0xFBA, digit, HostRegister.Of(op->Rm));
        }
        emit.Byte((int)op->Immediate);
        FlagsAreNative();
        return true;
    }

    // The same by a register (A3, AB, B3, BB), whose bit number reaches beyond a memory operand to both sides.
    bool TryEmitBit(int opcode, int size, Op* op)
    {
        if ((op->Flags & OpFlags.Memory) == 0)
        {
            LoadFlags();
            emit.Registers(size, 0xF00 | opcode, HostRegister.Of(op->Register), HostRegister.Of(op->Rm));
            FlagsAreNative();
            return true;
        }
        if (size != 4 || locked)
            return false;
        bool write = opcode != 0xA3;
        KeepFlags();
        EmitLinear(op, write);
        emit.Move(HostRegister.Temp, HostRegister.Of(op->Register));
        emit.Registers(4, 0xC1, 7, HostRegister.Temp);
        emit.Byte(5);
        emit.Memory(4, 0x8D, Place, Place, HostRegister.Temp, 2, 0);
        EmitCheck(4, write);
        LoadFlags();
        EmitAccess(4, 0x8B, HostRegister.Temp);
        emit.Registers(4, 0xF00 | opcode, HostRegister.Of(op->Register), HostRegister.Temp);
        if (write)
            EmitAccess(4, 0x89, HostRegister.Temp);
        FlagsAreNative();
        return true;
    }

    // bsf and bsr: a source of 0 leaves the destination alone on every host.
    void EmitScan(int opcode, int size, Op* op)
    {
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: false);
            EmitAccess(size, 0xF00 | opcode, HostRegister.Of(op->Register));
        }
        else
        {
            emit.Registers(size, 0xF00 | opcode, HostRegister.Of(op->Register), HostRegister.Of(op->Rm));
        }
        FlagsAreNative();
    }
}
