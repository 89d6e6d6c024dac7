using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>mov, movzx, movsx, lea, xchg, cmpxchg, xadd, cmovcc, setcc; push, pop, leave.</summary>
sealed unsafe partial class BlockTranslator
{
    void EmitMove(int size, Op* op, bool toRegister)
    {
        int opcode = (size == 1 ? 0x88 : 0x89) + (toRegister ? 2 : 0);
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: !toRegister);
            EmitAtOperand(size, opcode, op->Register);
        }
        else
        {
            emit.Registers(size, opcode, RegisterOf(size, op->Register), RegisterOf(size, op->Rm));
        }
    }

    void EmitMoveImmediate(int size, Op* op)
    {
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: true);
            EmitAccess(size, size == 1 ? 0xC6 : 0xC7, 0);
            emit.Constant(size, (int)op->Immediate);
            return;
        }
        EmitConstant(size, RegisterOf(size, op->Rm), op->Immediate);
    }

    // movzx and movsx.
    void EmitExtend(int size, int opcode, Op* op)
    {
        int from = (opcode & 1) == 0 ? 1 : 2, to = HostRegister.Of(op->Register);
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, from, write: false);
            EmitAccess(size, 0xF00 | opcode, to);
        }
        else if (from == 1 && (op->Rm & 1) != 0 && to > 7)
        {
            emit.Registers(size, 0xF00 | opcode, to, TakeByte(op->Rm));
            ReturnByte(op->Rm);
        }
        else
        {
            emit.Registers(size, 0xF00 | opcode, to, RegisterOf(from, op->Rm));
        }
    }

    void EmitExchange(int size, Op* op)
    {
        int opcode = size == 1 ? 0x86 : 0x87;
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: true);
            EmitAtOperand(size, opcode, op->Register);
        }
        else
        {
            emit.Registers(size, opcode, RegisterOf(size, op->Register), RegisterOf(size, op->Rm));
        }
    }

    // cmpxchg (B0, B1) and xadd (C0, C1). A byte register beside al could be ah, which can't change places with it.
    bool TryEmitExchangeArithmetic(int size, int opcode, Op* op)
    {
        if (size == 1)
            return false;
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: true);
            EmitAccess(size, 0xF00 | opcode, HostRegister.Of(op->Register));
        }
        else
        {
            emit.Registers(size, 0xF00 | opcode, HostRegister.Of(op->Register), HostRegister.Of(op->Rm));
        }
        FlagsAreNative();
        return true;
    }

    // cmpxchg8b changes ZF only.
    void EmitCompareExchange8(Op* op)
    {
        EmitOperand(op, 8, write: true);
        LoadFlags();
        EmitAccess(4, 0xFC7, 1);
        FlagsAreNative();
    }

    void EmitMoveIf(int size, int opcode, Op* op)
    {
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: false);
            LoadFlags();
            EmitAccess(size, 0xF00 | opcode, HostRegister.Of(op->Register));
            return;
        }
        LoadFlags();
        emit.Registers(size, 0xF00 | opcode, HostRegister.Of(op->Register), HostRegister.Of(op->Rm));
    }

    void EmitSetIf(int opcode, Op* op)
    {
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, 1, write: true);
            LoadFlags();
            EmitAccess(1, 0xF00 | opcode, 0);
            return;
        }
        LoadFlags();
        emit.Registers(1, 0xF00 | opcode, 0, HostRegister.OfByte(op->Rm));
    }

    void EmitPushRoom(Op* op) => EmitOperandAt(op, Esp, -4, 4, write: true);

    void EmitMoveStack(int bytes) => emit.Memory(4, 0x8D, Esp, Esp, bytes);

    void EmitPush(Op* op, int register)
    {
        EmitPushRoom(op);
        EmitAccess(4, 0x89, HostRegister.Of(register));
        EmitMoveStack(-4);
    }

    void EmitPushConstant(Op* op, uint value)
    {
        EmitPushRoom(op);
        EmitAccess(4, 0xC7, 0);
        emit.Int32((int)value);
        EmitMoveStack(-4);
    }

    // The value waits in the state: the second access needs all temporaries.
    void EmitPushMemory(Op* op)
    {
        EmitOperand(op, 4, write: false);
        EmitAccess(4, 0x8B, HostRegister.Temp);
        emit.Memory(4, 0x89, HostRegister.Temp, HostRegister.State, StateLayout.Scratch);
        EmitPushRoom(op);
        emit.Memory(4, 0x8B, HostRegister.Temp, HostRegister.State, StateLayout.Scratch);
        EmitAccess(4, 0x89, HostRegister.Temp);
        EmitMoveStack(-4);
    }

    // pop esp: the popped value wins over the increment.
    void EmitPop(Op* op, int register)
    {
        EmitOperandAt(op, Esp, 0, 4, write: false);
        EmitAccess(4, 0x8B, HostRegister.Of(register));
        if (register != Reg.Esp)
            EmitMoveStack(4);
    }

    void EmitLeaveFrame(Op* op)
    {
        EmitOperandAt(op, HostRegister.Rbp, 0, 4, write: false);
        EmitAccess(4, 0x8B, HostRegister.Temp);
        emit.Memory(4, 0x8D, Esp, HostRegister.Rbp, 4);
        emit.Move(HostRegister.Rbp, HostRegister.Temp);
    }
}
