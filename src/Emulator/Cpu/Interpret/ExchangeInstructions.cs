using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>xchg, xadd, cmpxchg, cmpxchg8b. One processor: each instruction is atomic by itself; <see cref="BlockOps.Locked"/> keeps locked ones in order.</summary>
static unsafe class ExchangeInstructions
{
    public static void Define(InstructionTable table)
    {
        const InstructionTraits bytes = InstructionTraits.ByteRegister | InstructionTraits.ByteRm | InstructionTraits.Lockable;
        table.Add(new(0x86, "xchg", OperandForm.ModRM) { Traits = bytes | InstructionTraits.LocksMemory, Register = &Exchange<byte>, Memory = &ExchangeMemory<byte> });
        table.Add(new(0x87, "xchg", OperandForm.ModRM) { Traits = InstructionTraits.Lockable | InstructionTraits.LocksMemory, Register = &Exchange<uint>, Register16 = &Exchange<ushort>, Memory = &ExchangeMemory<uint>, Memory16 = &ExchangeMemory<ushort> });
        table.Add(new(0x90, "xchg", OperandForm.OpcodeRegister) { Register = &ExchangeAccumulator<uint>, Register16 = &ExchangeAccumulator<ushort> });
        table.Add(new(0xFC0, "xadd", OperandForm.ModRM) { Traits = bytes, Writes = EflagsBits.Arithmetic, Register = &ExchangeAdd<byte>, Memory = &ExchangeAddMemory<byte> });
        table.Add(new(0xFC1, "xadd", OperandForm.ModRM) { Traits = InstructionTraits.Lockable, Writes = EflagsBits.Arithmetic, Register = &ExchangeAdd<uint>, Register16 = &ExchangeAdd<ushort>, Memory = &ExchangeAddMemory<uint>, Memory16 = &ExchangeAddMemory<ushort> });
        table.Add(new(0xFB0, "cmpxchg", OperandForm.ModRM) { Traits = bytes, Writes = EflagsBits.Arithmetic, Register = &CompareExchange<byte>, Memory = &CompareExchangeMemory<byte> });
        table.Add(new(0xFB1, "cmpxchg", OperandForm.ModRM) { Traits = InstructionTraits.Lockable, Writes = EflagsBits.Arithmetic, Register = &CompareExchange<uint>, Register16 = &CompareExchange<ushort>, Memory = &CompareExchangeMemory<uint>, Memory16 = &CompareExchangeMemory<ushort> });
        table.Add(new(0xFC7, "cmpxchg8b", OperandForm.ModRM) { Digit = 1, Traits = InstructionTraits.MemoryOnly | InstructionTraits.Lockable, Writes = EflagsBits.Zero, Register = &CompareExchange8 });
    }

    static void Exchange<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint value = Operand.Get<T>(s, op->Rm);
        Operand.Set<T>(s, op->Rm, Operand.Get<T>(s, op->Register));
        Operand.Set<T>(s, op->Register, value);
    }

    static void ExchangeMemory<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint linear = Operand.ModifyAddress<T>(s, op);
        uint value = Operand.ReadForWriteAt<T>(s, linear);
        Operand.WriteAt<T>(s, linear, Operand.Get<T>(s, op->Register));
        Operand.Set<T>(s, op->Register, value);
    }

    static void ExchangeAccumulator<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint value = Operand.Get<T>(s, op->Register);
        Operand.Set<T>(s, op->Register, Operand.Get<T>(s, Reg.Eax));
        Operand.Set<T>(s, Reg.Eax, value);
    }

    static uint Sum<T>(CpuState* s, uint a, uint b) where T : unmanaged
    {
        uint result = a + b;
        LazyFlags.Set<T>(s, result, (a & b) | ((a | b) & ~result));
        return result;
    }

    static void ExchangeAdd<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint destination = Operand.Get<T>(s, op->Rm);
        uint sum = Sum<T>(s, destination, Operand.Get<T>(s, op->Register));
        Operand.Set<T>(s, op->Register, destination);
        Operand.Set<T>(s, op->Rm, sum);
    }

    static void ExchangeAddMemory<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint linear = Operand.ModifyAddress<T>(s, op);
        uint destination = Operand.ReadForWriteAt<T>(s, linear);
        Operand.WriteAt<T>(s, linear, Sum<T>(s, destination, Operand.Get<T>(s, op->Register)));
        Operand.Set<T>(s, op->Register, destination);
    }

    static bool AccumulatorEquals<T>(CpuState* s, uint destination) where T : unmanaged
    {
        uint accumulator = Operand.Get<T>(s, Reg.Eax);
        uint difference = accumulator - destination;
        LazyFlags.Set<T>(s, difference, (~accumulator & destination) | ((~accumulator | destination) & difference));
        return accumulator == destination;
    }

    static void CompareExchange<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint destination = Operand.Get<T>(s, op->Rm);
        if (AccumulatorEquals<T>(s, destination))
            Operand.Set<T>(s, op->Rm, Operand.Get<T>(s, op->Register));
        else
            Operand.Set<T>(s, Reg.Eax, destination);
    }

    // The destination is written in either case: with its own value when they differ.
    static void CompareExchangeMemory<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint linear = Operand.ModifyAddress<T>(s, op);
        uint destination = Operand.ReadForWriteAt<T>(s, linear);
        bool equal = Operand.Get<T>(s, Reg.Eax) == destination;
        Operand.WriteAt<T>(s, linear, equal ? Operand.Get<T>(s, op->Register) : destination);
        if (!AccumulatorEquals<T>(s, destination))
            Operand.Set<T>(s, Reg.Eax, destination);
    }

    static void CompareExchange8(CpuState* s, Op* op)
    {
        uint linear = Operand.WriteAddress(s, op->Segment, Operand.Offset(s, op), 8);
        ulong destination = LinearMemory.ReadForWrite<ulong>(s, linear);
        ulong expected = ((ulong)s->R[Reg.Edx] << 32) | s->R[Reg.Eax];
        bool equal = expected == destination;
        LinearMemory.Write(s, linear, equal ? ((ulong)s->R[Reg.Ecx] << 32) | s->R[Reg.Ebx] : destination);
        if (!equal)
        {
            s->R[Reg.Eax] = (uint)destination;
            s->R[Reg.Edx] = (uint)(destination >> 32);
        }
        LazyFlags.SetZero(s, equal);
    }
}
