using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>mul, imul, div, idiv, and the sign extensions that go with them: cbw, cwde, cwd, cdq.</summary>
static unsafe class MultiplyInstructions
{
    interface IAccumulatorOperation
    {
        static abstract void Apply<T>(CpuState* s, uint value) where T : unmanaged;
    }

    public static void Define(InstructionTable table)
    {
        const uint carryOverflow = EflagsBits.Carry | EflagsBits.Overflow;
        DefineAccumulator<Multiply>(table, 4, "mul", EflagsBits.Arithmetic & ~carryOverflow);
        DefineAccumulator<MultiplySigned>(table, 5, "imul", EflagsBits.Arithmetic & ~carryOverflow);
        DefineAccumulator<Divide>(table, 6, "div", EflagsBits.Arithmetic);
        DefineAccumulator<DivideSigned>(table, 7, "idiv", EflagsBits.Arithmetic);

        const uint undefined = EflagsBits.Arithmetic & ~carryOverflow;
        table.Add(new(0xFAF, "imul", OperandForm.ModRM) { Writes = EflagsBits.Arithmetic, Undefined = undefined, Register = &TwoOperands<uint>, Register16 = &TwoOperands<ushort>, Memory = &TwoOperandsMemory<uint>, Memory16 = &TwoOperandsMemory<ushort> });
        table.Add(new(0x69, "imul", OperandForm.ModRMImmZ) { Writes = EflagsBits.Arithmetic, Undefined = undefined, Register = &ThreeOperands<uint>, Register16 = &ThreeOperands<ushort>, Memory = &ThreeOperandsMemory<uint>, Memory16 = &ThreeOperandsMemory<ushort> });
        table.Add(new(0x6B, "imul", OperandForm.ModRMImm8) { Writes = EflagsBits.Arithmetic, Undefined = undefined, Register = &ThreeOperands<uint>, Register16 = &ThreeOperands<ushort>, Memory = &ThreeOperandsMemory<uint>, Memory16 = &ThreeOperandsMemory<ushort> });

        table.Add(new(0x98, "cwde", OperandForm.None) { Register = &WordToDoubleword, Register16 = &ByteToWord });
        table.Add(new(0x99, "cdq", OperandForm.None) { Register = &DoublewordToQuadword, Register16 = &WordToDoublewordPair });
    }

    static void DefineAccumulator<TOp>(InstructionTable table, int digit, string name, uint undefined) where TOp : IAccumulatorOperation
    {
        table.Add(new(0xF6, name, OperandForm.ModRM) { Digit = digit, Traits = InstructionTraits.ByteRm, Writes = EflagsBits.Arithmetic, Undefined = undefined, Register = &Rm<TOp, byte>, Memory = &Memory<TOp, byte> });
        table.Add(new(0xF7, name, OperandForm.ModRM) { Digit = digit, Writes = EflagsBits.Arithmetic, Undefined = undefined, Register = &Rm<TOp, uint>, Register16 = &Rm<TOp, ushort>, Memory = &Memory<TOp, uint>, Memory16 = &Memory<TOp, ushort> });
    }

    static void Rm<TOp, T>(CpuState* s, Op* op) where TOp : IAccumulatorOperation where T : unmanaged =>
        TOp.Apply<T>(s, Operand.Get<T>(s, op->Rm));

    static void Memory<TOp, T>(CpuState* s, Op* op) where TOp : IAccumulatorOperation where T : unmanaged =>
        TOp.Apply<T>(s, Operand.LoadValue<T>(s, op));

    static void TwoOperands<T>(CpuState* s, Op* op) where T : unmanaged =>
        Operand.Set<T>(s, op->Register, Signed<T>(s, Operand.Get<T>(s, op->Register), Operand.Get<T>(s, op->Rm)));

    static void TwoOperandsMemory<T>(CpuState* s, Op* op) where T : unmanaged =>
        Operand.Set<T>(s, op->Register, Signed<T>(s, Operand.Get<T>(s, op->Register), Operand.LoadValue<T>(s, op)));

    static void ThreeOperands<T>(CpuState* s, Op* op) where T : unmanaged =>
        Operand.Set<T>(s, op->Register, Signed<T>(s, Operand.Get<T>(s, op->Rm), op->Immediate));

    static void ThreeOperandsMemory<T>(CpuState* s, Op* op) where T : unmanaged =>
        Operand.Set<T>(s, op->Register, Signed<T>(s, Operand.LoadValue<T>(s, op), op->Immediate));

    // CF and OF say that the product does not fit.
    static uint Signed<T>(CpuState* s, uint a, uint b) where T : unmanaged
    {
        long product = (long)(int)LazyFlags.SignExtend<T>(a) * (int)LazyFlags.SignExtend<T>(b);
        bool truncated = product != (int)LazyFlags.SignExtend<T>((uint)product);
        LazyFlags.SetLogic<T>(s, (uint)product, truncated, truncated);
        return (uint)product;
    }

    static void WordToDoubleword(CpuState* s, Op* op) => s->R[Reg.Eax] = (uint)(short)s->R[Reg.Eax];

    static void ByteToWord(CpuState* s, Op* op) => Operand.Set<ushort>(s, Reg.Eax, (uint)(sbyte)s->R[Reg.Eax]);

    static void DoublewordToQuadword(CpuState* s, Op* op) => s->R[Reg.Edx] = (uint)((int)s->R[Reg.Eax] >> 31);

    static void WordToDoublewordPair(CpuState* s, Op* op) => Operand.Set<ushort>(s, Reg.Edx, (uint)((short)s->R[Reg.Eax] >> 15));

    /// <summary>The double-width accumulator: ax, dx:ax or edx:eax.</summary>
    static ulong Wide<T>(CpuState* s) where T : unmanaged =>
        sizeof(T) == 1 ? (ushort)s->R[Reg.Eax]
        : sizeof(T) == 2 ? ((uint)(ushort)s->R[Reg.Edx] << 16) | (ushort)s->R[Reg.Eax]
        : ((ulong)s->R[Reg.Edx] << 32) | s->R[Reg.Eax];

    static void SetHalves<T>(CpuState* s, uint low, uint high) where T : unmanaged
    {
        if (sizeof(T) == 1)
        {
            Operand.Set<ushort>(s, Reg.Eax, (low & 0xFF) | (high << 8));
            return;
        }
        Operand.Set<T>(s, Reg.Eax, low);
        Operand.Set<T>(s, Reg.Edx, high);
    }

    readonly struct Multiply : IAccumulatorOperation
    {
        public static void Apply<T>(CpuState* s, uint value) where T : unmanaged
        {
            ulong product = (ulong)Operand.Get<T>(s, Reg.Eax) * value;
            uint low = (uint)product, high = (uint)(product >> Operand.Bits<T>());
            SetHalves<T>(s, low, high);
            LazyFlags.SetLogic<T>(s, low, high != 0, high != 0);
        }
    }

    readonly struct MultiplySigned : IAccumulatorOperation
    {
        public static void Apply<T>(CpuState* s, uint value) where T : unmanaged
        {
            long product = (long)(int)LazyFlags.SignExtend<T>(Operand.Get<T>(s, Reg.Eax)) * (int)LazyFlags.SignExtend<T>(value);
            SetHalves<T>(s, (uint)product, (uint)(product >> Operand.Bits<T>()));
            bool truncated = product != (int)LazyFlags.SignExtend<T>((uint)product);
            LazyFlags.SetLogic<T>(s, (uint)product, truncated, truncated);
        }
    }

    readonly struct Divide : IAccumulatorOperation
    {
        public static void Apply<T>(CpuState* s, uint value) where T : unmanaged
        {
            ulong dividend = Wide<T>(s);
            if (value == 0)
                throw CpuFault.Divide();
            ulong quotient = dividend / value;
            if (quotient >> Operand.Bits<T>() != 0)
                throw CpuFault.Divide();
            SetHalves<T>(s, (uint)quotient, (uint)(dividend - quotient * value));
        }
    }

    readonly struct DivideSigned : IAccumulatorOperation
    {
        public static void Apply<T>(CpuState* s, uint value) where T : unmanaged
        {
            long divisor = (int)LazyFlags.SignExtend<T>(value);
            long dividend = sizeof(T) == 4 ? (long)Wide<T>(s) : sizeof(T) == 2 ? (int)Wide<T>(s) : (short)Wide<T>(s);
            if (divisor == 0 || (divisor == -1 && dividend == long.MinValue))
                throw CpuFault.Divide();
            long quotient = dividend / divisor;
            if (quotient != (int)LazyFlags.SignExtend<T>((uint)quotient))
                throw CpuFault.Divide();
            SetHalves<T>(s, (uint)quotient, (uint)(dividend - quotient * divisor));
        }
    }
}
