using System.Numerics;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>bt, bts, btr, btc, bsf, bsr, bswap.</summary>
static unsafe class BitInstructions
{
    interface IBitChange
    {
        static abstract bool Writes { get; }
        static abstract uint Apply(uint value, uint bit);
    }

    interface IScan
    {
        static abstract uint Apply(uint value);
    }

    public static void Define(InstructionTable table)
    {
        DefineTest<TestBit>(table, 0xFA3, 4, "bt");
        DefineTest<SetBit>(table, 0xFAB, 5, "bts");
        DefineTest<ResetBit>(table, 0xFB3, 6, "btr");
        DefineTest<ComplementBit>(table, 0xFBB, 7, "btc");

        const uint notZero = EflagsBits.Arithmetic & ~EflagsBits.Zero;
        table.Add(new(0xFBC, "bsf", OperandForm.ModRM) { Writes = EflagsBits.Arithmetic, Undefined = notZero, Register = &ScanRm<Forward, uint>, Register16 = &ScanRm<Forward, ushort>, Memory = &ScanMemory<Forward, uint>, Memory16 = &ScanMemory<Forward, ushort> });
        table.Add(new(0xFBD, "bsr", OperandForm.ModRM) { Writes = EflagsBits.Arithmetic, Undefined = notZero, Register = &ScanRm<Reverse, uint>, Register16 = &ScanRm<Reverse, ushort>, Memory = &ScanMemory<Reverse, uint>, Memory16 = &ScanMemory<Reverse, ushort> });
        table.Add(new(0xFC8, "bswap", OperandForm.OpcodeRegister) { Register = &Swap, Register16 = &Swap16 });
    }

    static void DefineTest<TChange>(InstructionTable table, int opcode, int digit, string name) where TChange : IBitChange
    {
        InstructionTraits traits = TChange.Writes ? InstructionTraits.Lockable : InstructionTraits.None;
        const uint undefined = EflagsBits.Arithmetic & ~(EflagsBits.Carry | EflagsBits.Zero);
        table.Add(new(opcode, name, OperandForm.ModRM) { Traits = traits, Writes = EflagsBits.Carry, Undefined = undefined, Register = &Rm<TChange, uint>, Register16 = &Rm<TChange, ushort>, Memory = &BitString<TChange, uint>, Memory16 = &BitString<TChange, ushort> });
        table.Add(new(0xFBA, name, OperandForm.ModRMImm8) { Digit = digit, Traits = traits, Writes = EflagsBits.Carry, Undefined = undefined, Register = &RmImmediate<TChange, uint>, Register16 = &RmImmediate<TChange, ushort>, Memory = &MemoryImmediate<TChange, uint>, Memory16 = &MemoryImmediate<TChange, ushort> });
    }

    static void Rm<TChange, T>(CpuState* s, Op* op) where TChange : IBitChange where T : unmanaged =>
        ChangeRegister<TChange, T>(s, op, s->R[op->Register]);

    static void RmImmediate<TChange, T>(CpuState* s, Op* op) where TChange : IBitChange where T : unmanaged =>
        ChangeRegister<TChange, T>(s, op, op->Immediate);

    static void ChangeRegister<TChange, T>(CpuState* s, Op* op, uint number) where TChange : IBitChange where T : unmanaged
    {
        uint value = Operand.Get<T>(s, op->Rm);
        uint bit = 1u << (int)(number & (uint)(Operand.Bits<T>() - 1));
        if (TChange.Writes)
            Operand.Set<T>(s, op->Rm, TChange.Apply(value, bit));
        LazyFlags.SetCarry(s, (value & bit) != 0);
    }

    // A register's bit number reaches beyond the operand, to both sides.
    static void BitString<TChange, T>(CpuState* s, Op* op) where TChange : IBitChange where T : unmanaged
    {
        int number = (int)LazyFlags.SignExtend<T>(Operand.Get<T>(s, op->Register));
        uint unit = (uint)((number >> BitOperations.Log2((uint)Operand.Bits<T>())) * sizeof(T));
        ChangeMemory<TChange, T>(s, op, (Operand.Offset(s, op) + unit) & op->AddressMask, (uint)number);
    }

    static void MemoryImmediate<TChange, T>(CpuState* s, Op* op) where TChange : IBitChange where T : unmanaged =>
        ChangeMemory<TChange, T>(s, op, Operand.Offset(s, op), op->Immediate);

    static void ChangeMemory<TChange, T>(CpuState* s, Op* op, uint offset, uint number) where TChange : IBitChange where T : unmanaged
    {
        uint bit = 1u << (int)(number & (uint)(Operand.Bits<T>() - 1));
        uint value;
        if (TChange.Writes)
        {
            uint linear = Operand.WriteAddress(s, op->Segment, offset, (uint)sizeof(T));
            value = Operand.ReadForWriteAt<T>(s, linear);
            Operand.WriteAt<T>(s, linear, TChange.Apply(value, bit));
        }
        else
        {
            value = Operand.ReadAt<T>(s, Operand.ReadAddress(s, op->Segment, offset, (uint)sizeof(T)));
        }
        LazyFlags.SetCarry(s, (value & bit) != 0);
    }

    static void ScanRm<TScan, T>(CpuState* s, Op* op) where TScan : IScan where T : unmanaged =>
        Scan<TScan, T>(s, op, Operand.Get<T>(s, op->Rm));

    static void ScanMemory<TScan, T>(CpuState* s, Op* op) where TScan : IScan where T : unmanaged =>
        Scan<TScan, T>(s, op, Operand.LoadValue<T>(s, op));

    // A source of 0 leaves the destination alone, as processors do and Linux relies on.
    static void Scan<TScan, T>(CpuState* s, Op* op, uint value) where TScan : IScan where T : unmanaged
    {
        if (value != 0)
            Operand.Set<T>(s, op->Register, TScan.Apply(value));
        LazyFlags.SetZero(s, value == 0);
    }

    static void Swap(CpuState* s, Op* op) => s->R[op->Register] = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(s->R[op->Register]);

    // Undefined by the manual; processors clear the register's low half.
    static void Swap16(CpuState* s, Op* op) => Operand.Set<ushort>(s, op->Register, 0);

    readonly struct TestBit : IBitChange
    {
        public static bool Writes => false;
        public static uint Apply(uint value, uint bit) => value;
    }

    readonly struct SetBit : IBitChange
    {
        public static bool Writes => true;
        public static uint Apply(uint value, uint bit) => value | bit;
    }

    readonly struct ResetBit : IBitChange
    {
        public static bool Writes => true;
        public static uint Apply(uint value, uint bit) => value & ~bit;
    }

    readonly struct ComplementBit : IBitChange
    {
        public static bool Writes => true;
        public static uint Apply(uint value, uint bit) => value ^ bit;
    }

    readonly struct Forward : IScan
    {
        public static uint Apply(uint value) => (uint)BitOperations.TrailingZeroCount(value);
    }

    readonly struct Reverse : IScan
    {
        public static uint Apply(uint value) => (uint)BitOperations.Log2(value);
    }
}
