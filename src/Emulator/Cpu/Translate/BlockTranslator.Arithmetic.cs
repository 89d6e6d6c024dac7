using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Group 1, test, inc, dec, not, neg, mul, imul, div, idiv.</summary>
sealed unsafe partial class BlockTranslator
{
    const int AddCarry = 2, SubtractBorrow = 3, Compare = 7;

    // One of the eight operations, by number.
    void EmitBinary(int number, int size, Op* op, bool toRegister)
    {
        int opcode = number * 8 + (toRegister ? 2 : 0) + (size == 1 ? 0 : 1);
        if ((op->Flags & OpFlags.Memory) != 0)
            EmitOperand(op, size, write: !toRegister && number != Compare);
        if (number == Compare && size == 4 && DecidesLoop(op))
        {
            int register = HostRegister.Of(op->Register), loaded = EmitLoad();
            EmitComparison(toRegister ? register : loaded, toRegister ? loaded : register, 0);
            return;
        }
        if (number is AddCarry or SubtractBorrow)
            LoadCarry();
        if ((op->Flags & OpFlags.Memory) != 0)
            EmitAtOperand(size, opcode, op->Register);
        else
            emit.Registers(size, opcode, RegisterOf(size, op->Register), RegisterOf(size, op->Rm));
        if ((op->Flags & OpFlags.Memory) != 0)
            FlagsAreNative(number is 1 or 4 or 6 && toRegister ? RecipeOf(number, size, RegisterOf(size, op->Register), -1, 0) : default);
        else if (toRegister)
            FlagsAreNative(RecipeOf(number, size, RegisterOf(size, op->Register), RegisterOf(size, op->Rm), 0));
        else
            FlagsAreNative(RecipeOf(number, size, RegisterOf(size, op->Rm), RegisterOf(size, op->Register), 0));
    }

    void EmitBinaryImmediate(int number, int size, Op* op)
    {
        if ((op->Flags & OpFlags.Memory) == 0)
        {
            EmitBinaryImmediate(number, size, RegisterOf(size, op->Rm), op->Immediate);
            return;
        }
        EmitOperand(op, size, write: number != Compare);
        if (number == Compare && size == 4 && DecidesLoop(op))
        {
            EmitComparison(EmitLoad(), -1, op->Immediate);
            return;
        }
        if (number is AddCarry or SubtractBorrow)
            LoadCarry();
        int value = (int)op->Immediate;
        bool small = value == (sbyte)value;
        EmitAccess(size, size == 1 ? 0x80 : small ? 0x83 : 0x81, number);
        emit.Constant(small ? 1 : size, value);
        FlagsAreNative();
    }

    void EmitBinaryImmediate(int number, int size, int hostRegister, uint value)
    {
        if (number is AddCarry or SubtractBorrow)
            LoadCarry();
        emit.ArithmeticConstant(size, number, hostRegister, (int)value);
        FlagsAreNative(RecipeOf(number, size, hostRegister, -1, value));
    }

    // Whether a comparison with memory decides of a loop's next turn: then what was loaded is kept until the jump, so that the flags can be worked out again and need not be saved.
    bool DecidesLoop(Op* op) => (op->Flags & OpFlags.Memory) != 0 && op + 1 < block->Ops + block->OpCount && op[1].Length != 0 && IsConditionalJump(op + 1) && IsInPage(Target(op + 1)) && IsBackward(Target(op + 1));

    int EmitLoad()
    {
        EmitAccess(4, 0x8B, HostRegister.Temp);
        return HostRegister.Temp;
    }

    void EmitComparison(int first, int second, uint value)
    {
        FlagRecipe comparison = RecipeOf(Compare, 4, first, second, value);
        EmitBinaryOn(Compare, first, comparison);
        FlagsAreNative(comparison);
    }

    void EmitTest(int size, Op* op)
    {
        int opcode = size == 1 ? 0x84 : 0x85;
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: false);
            EmitAtOperand(size, opcode, op->Register);
            FlagsAreNative();
            return;
        }
        int first = RegisterOf(size, op->Rm), second = RegisterOf(size, op->Register);
        emit.Registers(size, opcode, second, first);
        FlagsAreNative(size == 4 ? new FlagRecipe(FlagRecipeKind.Test, first, second, 0) : default);
    }

    void EmitTestAccumulator(int size, uint value)
    {
        emit.Registers(size, size == 1 ? 0xF6 : 0xF7, 0, HostRegister.Rax);
        emit.Constant(size, (int)value);
        FlagsAreNative();
    }

    // inc and dec (extensions 0 and 1 of FE and FF).
    void EmitStep(int size, int digit, Op* op)
    {
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: true);
            LoadCarry();
            EmitAccess(size, size == 1 ? 0xFE : 0xFF, digit);
        }
        else
        {
            EmitStepRegister(size, digit, RegisterOf(size, op->Rm), op);
            return;
        }
        FlagsAreNative();
    }

    void EmitStepRegister(int size, int digit, int hostRegister, Op* op)
    {
        bool dead = AreFlagsDeadAfter(op);
        if (!dead)
            LoadCarry();
        emit.Registers(size, size == 1 ? 0xFE : 0xFF, digit, hostRegister);
        if (dead)
            FlagsAreDead();
        else
            FlagsAreNative();
    }

    // F6 and F7: test, not, neg, mul, imul, div, idiv by digit.
    bool TryEmitGroup3(int size, int digit, Op* op)
    {
        if (digit >= 6)
            return TryEmitDivide(size, op, signed: digit == 7);
        int opcode = size == 1 ? 0xF6 : 0xF7;
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: digit is 2 or 3);
            EmitAccess(size, opcode, digit);
        }
        else
        {
            emit.Registers(size, opcode, digit, RegisterOf(size, op->Rm));
        }
        if (digit <= 1)
            emit.Constant(size, (int)op->Immediate);
        if (digit != 2)
            FlagsAreNative();
        return true;
    }

    // Flags stay as they were, as the interpreter has it. What overflows, or divides by 0, is for the interpreter to raise.
    bool TryEmitDivide(int size, Op* op, bool signed)
    {
        if (size != 4)
            return false;
        SaveFlags();
        flagsNative = false;
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: false);
            if (signed)
                EmitAccess(8, 0x63, Place);                        // movsxd
            else
                EmitAccess(4, 0x8B, Place);
        }
        else
        {
            if (signed)
                emit.Registers(8, 0x63, Place, HostRegister.Of(op->Rm));
            else
                emit.Move(Place, HostRegister.Of(op->Rm));
        }
        if (signed)
        {
            EmitSignedDivision();
            return true;
        }
        emit.Registers(4, 0x3B, HostRegister.Rdx, Place);
        Miss(Emitter.AboveOrEqual);
        emit.Registers(4, 0xF7, 6, Place);
        return true;
    }

    // In 64 bits, where only a divisor of 0 or -1 can go wrong; a quotient of more than 32 bits is undone.
    void EmitSignedDivision()
    {
        const int rax = HostRegister.Rax, rdx = HostRegister.Rdx;
        emit.Memory(4, 0x8D, HostRegister.Temp, Place, 1);
        emit.ArithmeticConstant(4, Compare, HostRegister.Temp, 1);
        Miss(6);                                                // below or equal: 0 - 1 or 0, that is -1 or 0
        emit.Move(HostRegister.Temp, rax, 8);
        emit.Move(HostRegister.Temp2, rdx, 8);
        emit.Registers(8, 0xC1, 4, rdx);
        emit.Byte(32);
        emit.Registers(8, 0x0B, rax, rdx);
        emit.Byte(0x48);
        emit.Byte(0x99);                                        // cqo
        emit.Registers(8, 0xF7, 7, Place);
        emit.Registers(8, 0x63, Place, rax);
        emit.Registers(8, 0x3B, Place, rax);
        int fits = emit.JumpIfForward(Emitter.Equal);
        emit.Move(rax, HostRegister.Temp, 8);
        emit.Move(rdx, HostRegister.Temp2, 8);
        AddMiss(emit.JumpForward());
        emit.Bind(fits);
        emit.Move(rax, rax);
        emit.Move(rdx, rdx);
    }

    // 0F AF, 69 and 6B.
    void EmitMultiply(int size, Op* op, bool immediate)
    {
        int opcode = !immediate ? 0xFAF : 0x69;
        int to = HostRegister.Of(op->Register);
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, size, write: false);
            EmitAccess(size, opcode, to);
        }
        else
        {
            emit.Registers(size, opcode, to, HostRegister.Of(op->Rm));
        }
        if (immediate)
            emit.Constant(size, (int)op->Immediate);
        FlagsAreNative();
    }
}
