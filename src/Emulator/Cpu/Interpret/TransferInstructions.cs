using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>mov, movzx, movsx, lea, xlat, cmovcc, setcc, nop.</summary>
static unsafe class TransferInstructions
{
    public static void Define(InstructionTable table)
    {
        const InstructionTraits bytes = InstructionTraits.ByteRegister | InstructionTraits.ByteRm;
        table.Add(new(0x88, "mov", OperandForm.ModRM) { Traits = bytes, Register = &RmRegister<byte>, Memory = &MemoryRegister<byte> });
        table.Add(new(0x89, "mov", OperandForm.ModRM) { Register = &RmRegister<uint>, Register16 = &RmRegister<ushort>, Memory = &MemoryRegister<uint>, Memory16 = &MemoryRegister<ushort> });
        table.Add(new(0x8A, "mov", OperandForm.ModRM) { Traits = bytes, Register = &RegisterRm<byte>, Memory = &RegisterMemory<byte> });
        table.Add(new(0x8B, "mov", OperandForm.ModRM) { Register = &RegisterRm<uint>, Register16 = &RegisterRm<ushort>, Memory = &RegisterMemory<uint>, Memory16 = &RegisterMemory<ushort> });
        table.Add(new(0xA0, "mov", OperandForm.Moffs) { Register = &AccumulatorMemory<byte> });
        table.Add(new(0xA1, "mov", OperandForm.Moffs) { Register = &AccumulatorMemory<uint>, Register16 = &AccumulatorMemory<ushort> });
        table.Add(new(0xA2, "mov", OperandForm.Moffs) { Register = &MemoryAccumulator<byte> });
        table.Add(new(0xA3, "mov", OperandForm.Moffs) { Register = &MemoryAccumulator<uint>, Register16 = &MemoryAccumulator<ushort> });
        table.Add(new(0xB0, "mov", OperandForm.OpcodeRegisterImm8) { Traits = InstructionTraits.ByteOpcodeRegister, Register = &RegisterImmediate<byte> });
        table.Add(new(0xB8, "mov", OperandForm.OpcodeRegisterImmZ) { Register = &RegisterImmediate<uint>, Register16 = &RegisterImmediate<ushort> });
        table.Add(new(0xC6, "mov", OperandForm.ModRMImm8) { Digit = 0, Traits = InstructionTraits.ByteRm, Register = &RmImmediate<byte>, Memory = &MemoryImmediate<byte> });
        table.Add(new(0xC7, "mov", OperandForm.ModRMImmZ) { Digit = 0, Register = &RmImmediate<uint>, Register16 = &RmImmediate<ushort>, Memory = &MemoryImmediate<uint>, Memory16 = &MemoryImmediate<ushort> });

        table.Add(new(0xFB6, "movzx", OperandForm.ModRM) { Traits = InstructionTraits.ByteRm, Register = &ZeroExtendRm<uint, byte>, Register16 = &ZeroExtendRm<ushort, byte>, Memory = &ZeroExtendMemory<uint, byte>, Memory16 = &ZeroExtendMemory<ushort, byte> });
        table.Add(new(0xFB7, "movzx", OperandForm.ModRM) { Register = &ZeroExtendRm<uint, ushort>, Register16 = &ZeroExtendRm<ushort, ushort>, Memory = &ZeroExtendMemory<uint, ushort>, Memory16 = &ZeroExtendMemory<ushort, ushort> });
        table.Add(new(0xFBE, "movsx", OperandForm.ModRM) { Traits = InstructionTraits.ByteRm, Register = &SignExtendRm<uint, byte>, Register16 = &SignExtendRm<ushort, byte>, Memory = &SignExtendMemory<uint, byte>, Memory16 = &SignExtendMemory<ushort, byte> });
        table.Add(new(0xFBF, "movsx", OperandForm.ModRM) { Register = &SignExtendRm<uint, ushort>, Register16 = &SignExtendRm<ushort, ushort>, Memory = &SignExtendMemory<uint, ushort>, Memory16 = &SignExtendMemory<ushort, ushort> });

        table.Add(new(0x8D, "lea", OperandForm.ModRM) { Traits = InstructionTraits.MemoryOnly, Register = &LoadAddress<uint>, Register16 = &LoadAddress<ushort> });
        table.Add(new(0xD7, "xlat", OperandForm.None) { Register = &Translate });
        table.Add(new(0xF1F, "nop", OperandForm.ModRM) { Register = &Nothing });
        foreach (int hint in (int[])[0xF0D, 0xF19, 0xF1A, 0xF1B, 0xF1C, 0xF1D, 0xF1E])
            table.Add(new(hint, "nop", OperandForm.ModRM) { Register = &Nothing });
        Conditions.VisitAll(new ConditionalDefinitions(table));
    }

    static void RmRegister<T>(CpuState* s, Op* op) where T : unmanaged => Operand.Set<T>(s, op->Rm, Operand.Get<T>(s, op->Register));

    static void RegisterRm<T>(CpuState* s, Op* op) where T : unmanaged => Operand.Set<T>(s, op->Register, Operand.Get<T>(s, op->Rm));

    static void MemoryRegister<T>(CpuState* s, Op* op) where T : unmanaged => Operand.StoreValue<T>(s, op, Operand.Get<T>(s, op->Register));

    static void RegisterMemory<T>(CpuState* s, Op* op) where T : unmanaged => Operand.Set<T>(s, op->Register, Operand.LoadValue<T>(s, op));

    static void AccumulatorMemory<T>(CpuState* s, Op* op) where T : unmanaged => Operand.Set<T>(s, Reg.Eax, Operand.LoadValue<T>(s, op));

    static void MemoryAccumulator<T>(CpuState* s, Op* op) where T : unmanaged => Operand.StoreValue<T>(s, op, Operand.Get<T>(s, Reg.Eax));

    static void RegisterImmediate<T>(CpuState* s, Op* op) where T : unmanaged => Operand.Set<T>(s, op->Register, op->Immediate);

    static void RmImmediate<T>(CpuState* s, Op* op) where T : unmanaged => Operand.Set<T>(s, op->Rm, op->Immediate);

    static void MemoryImmediate<T>(CpuState* s, Op* op) where T : unmanaged => Operand.StoreValue<T>(s, op, op->Immediate);

    static void ZeroExtendRm<TTo, TFrom>(CpuState* s, Op* op) where TTo : unmanaged where TFrom : unmanaged =>
        Operand.Set<TTo>(s, op->Register, Operand.Get<TFrom>(s, op->Rm));

    static void ZeroExtendMemory<TTo, TFrom>(CpuState* s, Op* op) where TTo : unmanaged where TFrom : unmanaged =>
        Operand.Set<TTo>(s, op->Register, Operand.LoadValue<TFrom>(s, op));

    static void SignExtendRm<TTo, TFrom>(CpuState* s, Op* op) where TTo : unmanaged where TFrom : unmanaged =>
        Operand.Set<TTo>(s, op->Register, LazyFlags.SignExtend<TFrom>(Operand.Get<TFrom>(s, op->Rm)));

    static void SignExtendMemory<TTo, TFrom>(CpuState* s, Op* op) where TTo : unmanaged where TFrom : unmanaged =>
        Operand.Set<TTo>(s, op->Register, LazyFlags.SignExtend<TFrom>(Operand.LoadValue<TFrom>(s, op)));

    static void LoadAddress<T>(CpuState* s, Op* op) where T : unmanaged => Operand.Set<T>(s, op->Register, Operand.Offset(s, op));

    // al = [ebx + al], in the address size.
    static void Translate(CpuState* s, Op* op)
    {
        uint offset = (s->R[Reg.Ebx] + (s->R[Reg.Eax] & 0xFF)) & op->AddressMask;
        Operand.Set<byte>(s, 0, Operand.ReadAt<byte>(s, Operand.ReadAddress(s, op->Segment, offset, 1)));
    }

    static void Nothing(CpuState* s, Op* op)
    {
    }

    sealed class ConditionalDefinitions(InstructionTable table) : IConditionVisitor
    {
        public void Visit<TCondition>(int number) where TCondition : ICondition
        {
            table.Add(new(0xF40 + number, "cmov" + Conditions.Suffixes[number], OperandForm.ModRM) { Register = &MoveRm<TCondition, uint>, Register16 = &MoveRm<TCondition, ushort>, Memory = &MoveMemory<TCondition, uint>, Memory16 = &MoveMemory<TCondition, ushort> });
            table.Add(new(0xF90 + number, "set" + Conditions.Suffixes[number], OperandForm.ModRM) { Traits = InstructionTraits.ByteRm, Register = &SetRm<TCondition>, Memory = &SetMemory<TCondition> });
        }

        static void MoveRm<TCondition, T>(CpuState* s, Op* op) where TCondition : ICondition where T : unmanaged
        {
            if (TCondition.Holds(s))
                Operand.Set<T>(s, op->Register, Operand.Get<T>(s, op->Rm));
        }

        // Memory is read, and may fault, whatever the condition.
        static void MoveMemory<TCondition, T>(CpuState* s, Op* op) where TCondition : ICondition where T : unmanaged
        {
            uint value = Operand.LoadValue<T>(s, op);
            if (TCondition.Holds(s))
                Operand.Set<T>(s, op->Register, value);
        }

        static void SetRm<TCondition>(CpuState* s, Op* op) where TCondition : ICondition =>
            Operand.Set<byte>(s, op->Rm, TCondition.Holds(s) ? 1u : 0);

        static void SetMemory<TCondition>(CpuState* s, Op* op) where TCondition : ICondition =>
            Operand.StoreValue<byte>(s, op, TCondition.Holds(s) ? 1u : 0);
    }
}
