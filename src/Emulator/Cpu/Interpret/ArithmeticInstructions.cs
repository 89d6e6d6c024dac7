using System.Runtime.CompilerServices;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>add, or, adc, sbb, and, sub, xor, cmp, test, inc, dec, neg, not.</summary>
static unsafe class ArithmeticInstructions
{
    interface IBinary
    {
        /// <summary>Whether the result goes back to the first operand.</summary>
        static abstract bool Writes { get; }

        /// <summary>Works out the result and sets the flags.</summary>
        static abstract uint Apply<T>(CpuState* s, uint a, uint b) where T : unmanaged;
    }

    interface IUnary
    {
        static abstract uint Apply<T>(CpuState* s, uint a) where T : unmanaged;
    }

    public static void Define(InstructionTable table)
    {
        const uint noAuxiliary = EflagsBits.Auxiliary;
        DefineBinary<Add>(table, 0, "add", 0);
        DefineBinary<Or>(table, 1, "or", noAuxiliary);
        DefineBinary<AddCarry>(table, 2, "adc", 0);
        DefineBinary<SubtractBorrow>(table, 3, "sbb", 0);
        DefineBinary<And>(table, 4, "and", noAuxiliary);
        DefineBinary<Subtract>(table, 5, "sub", 0);
        DefineBinary<Xor>(table, 6, "xor", noAuxiliary);
        DefineBinary<Compare>(table, 7, "cmp", 0);

        const InstructionTraits bytes = InstructionTraits.ByteRegister | InstructionTraits.ByteRm;
        table.Add(new(0x84, "test", OperandForm.ModRM) { Traits = bytes, Writes = EflagsBits.Arithmetic, Undefined = noAuxiliary, Register = &RmRegister<Test, byte>, Memory = &MemoryRegister<Test, byte> });
        table.Add(new(0x85, "test", OperandForm.ModRM) { Writes = EflagsBits.Arithmetic, Undefined = noAuxiliary, Register = &RmRegister<Test, uint>, Register16 = &RmRegister<Test, ushort>, Memory = &MemoryRegister<Test, uint>, Memory16 = &MemoryRegister<Test, ushort> });
        table.Add(new(0xA8, "test", OperandForm.Imm8) { Writes = EflagsBits.Arithmetic, Undefined = noAuxiliary, Register = &AccumulatorImmediate<Test, byte> });
        table.Add(new(0xA9, "test", OperandForm.ImmZ) { Writes = EflagsBits.Arithmetic, Undefined = noAuxiliary, Register = &AccumulatorImmediate<Test, uint>, Register16 = &AccumulatorImmediate<Test, ushort> });
        for (int digit = 0; digit <= 1; digit++)
        {
            table.Add(new(0xF6, "test", OperandForm.ModRMImm8) { Digit = digit, Traits = InstructionTraits.ByteRm, Writes = EflagsBits.Arithmetic, Undefined = noAuxiliary, Register = &RmImmediate<Test, byte>, Memory = &MemoryImmediate<Test, byte> });
            table.Add(new(0xF7, "test", OperandForm.ModRMImmZ) { Digit = digit, Writes = EflagsBits.Arithmetic, Undefined = noAuxiliary, Register = &RmImmediate<Test, uint>, Register16 = &RmImmediate<Test, ushort>, Memory = &MemoryImmediate<Test, uint>, Memory16 = &MemoryImmediate<Test, ushort> });
        }

        DefineUnary<Increment>(table, 0xFE, 0, "inc", EflagsBits.Arithmetic & ~EflagsBits.Carry);
        DefineUnary<Decrement>(table, 0xFE, 1, "dec", EflagsBits.Arithmetic & ~EflagsBits.Carry);
        DefineUnary<Not>(table, 0xF6, 2, "not", 0);
        DefineUnary<Negate>(table, 0xF6, 3, "neg", EflagsBits.Arithmetic);
        table.Add(new(0x40, "inc", OperandForm.OpcodeRegister) { Writes = EflagsBits.Arithmetic & ~EflagsBits.Carry, Register = &OpcodeRegister<Increment, uint>, Register16 = &OpcodeRegister<Increment, ushort> });
        table.Add(new(0x48, "dec", OperandForm.OpcodeRegister) { Writes = EflagsBits.Arithmetic & ~EflagsBits.Carry, Register = &OpcodeRegister<Decrement, uint>, Register16 = &OpcodeRegister<Decrement, ushort> });
    }

    // The eight operations share six encodings at 8 * number and the immediate group 80-83.
    static void DefineBinary<TOp>(InstructionTable table, int number, string name, uint undefined) where TOp : IBinary
    {
        int opcode = number * 8;
        const uint writes = EflagsBits.Arithmetic;
        const InstructionTraits bytes = InstructionTraits.ByteRegister | InstructionTraits.ByteRm;
        InstructionTraits lockable = TOp.Writes ? InstructionTraits.Lockable : InstructionTraits.None;
        table.Add(new(opcode, name, OperandForm.ModRM) { Traits = bytes | lockable, Writes = writes, Undefined = undefined, Register = &RmRegister<TOp, byte>, Memory = &MemoryRegister<TOp, byte> });
        table.Add(new(opcode + 1, name, OperandForm.ModRM) { Traits = lockable, Writes = writes, Undefined = undefined, Register = &RmRegister<TOp, uint>, Register16 = &RmRegister<TOp, ushort>, Memory = &MemoryRegister<TOp, uint>, Memory16 = &MemoryRegister<TOp, ushort> });
        table.Add(new(opcode + 2, name, OperandForm.ModRM) { Traits = bytes, Writes = writes, Undefined = undefined, Register = &RegisterRm<TOp, byte>, Memory = &RegisterMemory<TOp, byte> });
        table.Add(new(opcode + 3, name, OperandForm.ModRM) { Writes = writes, Undefined = undefined, Register = &RegisterRm<TOp, uint>, Register16 = &RegisterRm<TOp, ushort>, Memory = &RegisterMemory<TOp, uint>, Memory16 = &RegisterMemory<TOp, ushort> });
        table.Add(new(opcode + 4, name, OperandForm.Imm8) { Writes = writes, Undefined = undefined, Register = &AccumulatorImmediate<TOp, byte> });
        table.Add(new(opcode + 5, name, OperandForm.ImmZ) { Writes = writes, Undefined = undefined, Register = &AccumulatorImmediate<TOp, uint>, Register16 = &AccumulatorImmediate<TOp, ushort> });
        // 82 is a second name of 80.
        for (int alias = 0x80; alias <= 0x82; alias += 2)
            table.Add(new(alias, name, OperandForm.ModRMImm8) { Digit = number, Traits = InstructionTraits.ByteRm | lockable, Writes = writes, Undefined = undefined, Register = &RmImmediate<TOp, byte>, Memory = &MemoryImmediate<TOp, byte> });
        table.Add(new(0x81, name, OperandForm.ModRMImmZ) { Digit = number, Traits = lockable, Writes = writes, Undefined = undefined, Register = &RmImmediate<TOp, uint>, Register16 = &RmImmediate<TOp, ushort>, Memory = &MemoryImmediate<TOp, uint>, Memory16 = &MemoryImmediate<TOp, ushort> });
        table.Add(new(0x83, name, OperandForm.ModRMImm8) { Digit = number, Traits = lockable, Writes = writes, Undefined = undefined, Register = &RmImmediate<TOp, uint>, Register16 = &RmImmediate<TOp, ushort>, Memory = &MemoryImmediate<TOp, uint>, Memory16 = &MemoryImmediate<TOp, ushort> });
    }

    static void DefineUnary<TOp>(InstructionTable table, int opcode, int digit, string name, uint writes) where TOp : IUnary
    {
        table.Add(new(opcode, name, OperandForm.ModRM) { Digit = digit, Traits = InstructionTraits.ByteRm | InstructionTraits.Lockable, Writes = writes, Register = &Rm<TOp, byte>, Memory = &Memory<TOp, byte> });
        table.Add(new(opcode + 1, name, OperandForm.ModRM) { Digit = digit, Traits = InstructionTraits.Lockable, Writes = writes, Register = &Rm<TOp, uint>, Register16 = &Rm<TOp, ushort>, Memory = &Memory<TOp, uint>, Memory16 = &Memory<TOp, ushort> });
    }

    static void RmRegister<TOp, T>(CpuState* s, Op* op) where TOp : IBinary where T : unmanaged
    {
        uint result = TOp.Apply<T>(s, Operand.Get<T>(s, op->Rm), Operand.Get<T>(s, op->Register));
        if (TOp.Writes)
            Operand.Set<T>(s, op->Rm, result);
    }

    static void RegisterRm<TOp, T>(CpuState* s, Op* op) where TOp : IBinary where T : unmanaged
    {
        uint result = TOp.Apply<T>(s, Operand.Get<T>(s, op->Register), Operand.Get<T>(s, op->Rm));
        if (TOp.Writes)
            Operand.Set<T>(s, op->Register, result);
    }

    static void RegisterMemory<TOp, T>(CpuState* s, Op* op) where TOp : IBinary where T : unmanaged
    {
        uint source = Operand.LoadValue<T>(s, op);
        uint result = TOp.Apply<T>(s, Operand.Get<T>(s, op->Register), source);
        if (TOp.Writes)
            Operand.Set<T>(s, op->Register, result);
    }

    static void MemoryRegister<TOp, T>(CpuState* s, Op* op) where TOp : IBinary where T : unmanaged =>
        Modify<TOp, T>(s, op, Operand.Get<T>(s, op->Register));

    static void RmImmediate<TOp, T>(CpuState* s, Op* op) where TOp : IBinary where T : unmanaged
    {
        uint result = TOp.Apply<T>(s, Operand.Get<T>(s, op->Rm), Immediate<T>(op));
        if (TOp.Writes)
            Operand.Set<T>(s, op->Rm, result);
    }

    static void MemoryImmediate<TOp, T>(CpuState* s, Op* op) where TOp : IBinary where T : unmanaged =>
        Modify<TOp, T>(s, op, Immediate<T>(op));

    static void AccumulatorImmediate<TOp, T>(CpuState* s, Op* op) where TOp : IBinary where T : unmanaged
    {
        uint result = TOp.Apply<T>(s, Operand.Get<T>(s, Reg.Eax), Immediate<T>(op));
        if (TOp.Writes)
            Operand.Set<T>(s, Reg.Eax, result);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Modify<TOp, T>(CpuState* s, Op* op, uint source) where TOp : IBinary where T : unmanaged
    {
        if (!TOp.Writes)
        {
            TOp.Apply<T>(s, Operand.LoadValue<T>(s, op), source);
            return;
        }
        uint linear = Operand.ModifyAddress<T>(s, op);
        uint result = TOp.Apply<T>(s, Operand.ReadForWriteAt<T>(s, linear), source);
        Operand.WriteAt<T>(s, linear, result);
    }

    static void OpcodeRegister<TOp, T>(CpuState* s, Op* op) where TOp : IUnary where T : unmanaged =>
        Operand.Set<T>(s, op->Register, TOp.Apply<T>(s, Operand.Get<T>(s, op->Register)));

    static void Rm<TOp, T>(CpuState* s, Op* op) where TOp : IUnary where T : unmanaged =>
        Operand.Set<T>(s, op->Rm, TOp.Apply<T>(s, Operand.Get<T>(s, op->Rm)));

    static void Memory<TOp, T>(CpuState* s, Op* op) where TOp : IUnary where T : unmanaged
    {
        uint linear = Operand.ModifyAddress<T>(s, op);
        Operand.WriteAt<T>(s, linear, TOp.Apply<T>(s, Operand.ReadForWriteAt<T>(s, linear)));
    }

    static uint Immediate<T>(Op* op) where T : unmanaged =>
        sizeof(T) == 1 ? (byte)op->Immediate : sizeof(T) == 2 ? (ushort)op->Immediate : op->Immediate;

    readonly struct Add : IBinary
    {
        public static bool Writes => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<T>(CpuState* s, uint a, uint b) where T : unmanaged
        {
            uint result = a + b;
            LazyFlags.Set<T>(s, result, (a & b) | ((a | b) & ~result));
            return result;
        }
    }

    readonly struct AddCarry : IBinary
    {
        public static bool Writes => true;

        public static uint Apply<T>(CpuState* s, uint a, uint b) where T : unmanaged
        {
            uint result = a + b + (s->Carry ? 1u : 0);
            LazyFlags.Set<T>(s, result, (a & b) | ((a | b) & ~result));
            return result;
        }
    }

    readonly struct Subtract : IBinary
    {
        public static bool Writes => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<T>(CpuState* s, uint a, uint b) where T : unmanaged
        {
            uint result = a - b;
            LazyFlags.Set<T>(s, result, (~a & b) | ((~a | b) & result));
            return result;
        }
    }

    readonly struct SubtractBorrow : IBinary
    {
        public static bool Writes => true;

        public static uint Apply<T>(CpuState* s, uint a, uint b) where T : unmanaged
        {
            uint result = a - b - (s->Carry ? 1u : 0);
            LazyFlags.Set<T>(s, result, (~a & b) | ((~a | b) & result));
            return result;
        }
    }

    readonly struct Compare : IBinary
    {
        public static bool Writes => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<T>(CpuState* s, uint a, uint b) where T : unmanaged => Subtract.Apply<T>(s, a, b);
    }

    readonly struct And : IBinary
    {
        public static bool Writes => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<T>(CpuState* s, uint a, uint b) where T : unmanaged
        {
            LazyFlags.SetLogic<T>(s, a & b);
            return a & b;
        }
    }

    readonly struct Test : IBinary
    {
        public static bool Writes => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Apply<T>(CpuState* s, uint a, uint b) where T : unmanaged => And.Apply<T>(s, a, b);
    }

    readonly struct Or : IBinary
    {
        public static bool Writes => true;

        public static uint Apply<T>(CpuState* s, uint a, uint b) where T : unmanaged
        {
            LazyFlags.SetLogic<T>(s, a | b);
            return a | b;
        }
    }

    readonly struct Xor : IBinary
    {
        public static bool Writes => true;

        public static uint Apply<T>(CpuState* s, uint a, uint b) where T : unmanaged
        {
            LazyFlags.SetLogic<T>(s, a ^ b);
            return a ^ b;
        }
    }

    readonly struct Increment : IUnary
    {
        public static uint Apply<T>(CpuState* s, uint a) where T : unmanaged
        {
            uint result = a + 1;
            LazyFlags.SetKeepingCarry<T>(s, result, a & ~result);
            return result;
        }
    }

    readonly struct Decrement : IUnary
    {
        public static uint Apply<T>(CpuState* s, uint a) where T : unmanaged
        {
            uint result = a - 1;
            LazyFlags.SetKeepingCarry<T>(s, result, ~a & result);
            return result;
        }
    }

    readonly struct Not : IUnary
    {
        public static uint Apply<T>(CpuState* s, uint a) where T : unmanaged => ~a;
    }

    readonly struct Negate : IUnary
    {
        public static uint Apply<T>(CpuState* s, uint a) where T : unmanaged => Subtract.Apply<T>(s, 0, a);
    }
}
