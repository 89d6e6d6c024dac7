using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>rol, ror, rcl, rcr, shl, shr, sar, shld, shrd. A count of 0 (modulo 32) changes nothing, not even flags.</summary>
static unsafe class ShiftInstructions
{
    interface IShift
    {
        /// <summary>Shifts by 1 to 31 and sets the flags.</summary>
        static abstract uint Apply<T>(CpuState* s, uint value, int count) where T : unmanaged;
    }

    interface ICount
    {
        static abstract int Get(CpuState* s, Op* op);
    }

    interface IDouble
    {
        static abstract uint Apply<T>(CpuState* s, uint destination, uint source, int count) where T : unmanaged;
    }

    public static void Define(InstructionTable table)
    {
        const uint rotated = EflagsBits.Carry | EflagsBits.Overflow;
        DefineShift<RotateLeft>(table, 0, "rol", rotated, EflagsBits.Overflow);
        DefineShift<RotateRight>(table, 1, "ror", rotated, EflagsBits.Overflow);
        DefineShift<RotateCarryLeft>(table, 2, "rcl", rotated, EflagsBits.Overflow);
        DefineShift<RotateCarryRight>(table, 3, "rcr", rotated, EflagsBits.Overflow);
        const uint shifted = EflagsBits.Overflow | EflagsBits.Auxiliary;
        DefineShift<ShiftLeft>(table, 4, "shl", EflagsBits.Arithmetic, shifted);
        DefineShift<ShiftRight>(table, 5, "shr", EflagsBits.Arithmetic, shifted);
        DefineShift<ShiftLeft>(table, 6, "sal", EflagsBits.Arithmetic, shifted);
        DefineShift<ShiftArithmetic>(table, 7, "sar", EflagsBits.Arithmetic, shifted);
        DefineDouble<DoubleLeft>(table, 0xFA4, "shld");
        DefineDouble<DoubleRight>(table, 0xFAC, "shrd");
    }

    static void DefineShift<TShift>(InstructionTable table, int digit, string name, uint writes, uint undefined) where TShift : IShift
    {
        DefineCount<TShift, ByImmediate>(table, 0xC0, OperandForm.ModRMImm8, digit, name, writes, undefined);
        DefineCount<TShift, ByOne>(table, 0xD0, OperandForm.ModRM, digit, name, writes, undefined & ~EflagsBits.Overflow);
        DefineCount<TShift, ByCl>(table, 0xD2, OperandForm.ModRM, digit, name, writes, undefined);
    }

    static void DefineCount<TShift, TCount>(InstructionTable table, int opcode, OperandForm form, int digit, string name, uint writes, uint undefined)
        where TShift : IShift where TCount : ICount
    {
        table.Add(new(opcode, name, form) { Digit = digit, Traits = InstructionTraits.ByteRm, Writes = writes, Undefined = undefined, Register = &Rm<TShift, TCount, byte>, Memory = &Memory<TShift, TCount, byte> });
        table.Add(new(opcode + 1, name, form) { Digit = digit, Writes = writes, Undefined = undefined, Register = &Rm<TShift, TCount, uint>, Register16 = &Rm<TShift, TCount, ushort>, Memory = &Memory<TShift, TCount, uint>, Memory16 = &Memory<TShift, TCount, ushort> });
    }

    static void DefineDouble<TShift>(InstructionTable table, int opcode, string name) where TShift : IDouble
    {
        const uint undefined = EflagsBits.Overflow | EflagsBits.Auxiliary;
        table.Add(new(opcode, name, OperandForm.ModRMImm8) { Writes = EflagsBits.Arithmetic, Undefined = undefined, Register = &DoubleRm<TShift, ByImmediate, uint>, Register16 = &DoubleRm<TShift, ByImmediate, ushort>, Memory = &DoubleMemory<TShift, ByImmediate, uint>, Memory16 = &DoubleMemory<TShift, ByImmediate, ushort> });
        table.Add(new(opcode + 1, name, OperandForm.ModRM) { Writes = EflagsBits.Arithmetic, Undefined = undefined, Register = &DoubleRm<TShift, ByCl, uint>, Register16 = &DoubleRm<TShift, ByCl, ushort>, Memory = &DoubleMemory<TShift, ByCl, uint>, Memory16 = &DoubleMemory<TShift, ByCl, ushort> });
    }

    static void Rm<TShift, TCount, T>(CpuState* s, Op* op) where TShift : IShift where TCount : ICount where T : unmanaged
    {
        int count = TCount.Get(s, op);
        if (count != 0)
            Operand.Set<T>(s, op->Rm, TShift.Apply<T>(s, Operand.Get<T>(s, op->Rm), count));
    }

    static void Memory<TShift, TCount, T>(CpuState* s, Op* op) where TShift : IShift where TCount : ICount where T : unmanaged
    {
        int count = TCount.Get(s, op);
        uint linear = Operand.ModifyAddress<T>(s, op);
        uint value = Operand.ReadForWriteAt<T>(s, linear);
        if (count != 0)
            Operand.WriteAt<T>(s, linear, TShift.Apply<T>(s, value, count));
    }

    static void DoubleRm<TShift, TCount, T>(CpuState* s, Op* op) where TShift : IDouble where TCount : ICount where T : unmanaged
    {
        int count = TCount.Get(s, op);
        if (count != 0)
            Operand.Set<T>(s, op->Rm, TShift.Apply<T>(s, Operand.Get<T>(s, op->Rm), Operand.Get<T>(s, op->Register), count));
    }

    static void DoubleMemory<TShift, TCount, T>(CpuState* s, Op* op) where TShift : IDouble where TCount : ICount where T : unmanaged
    {
        int count = TCount.Get(s, op);
        uint linear = Operand.ModifyAddress<T>(s, op);
        uint value = Operand.ReadForWriteAt<T>(s, linear);
        if (count != 0)
            Operand.WriteAt<T>(s, linear, TShift.Apply<T>(s, value, Operand.Get<T>(s, op->Register), count));
    }

    static bool Bit(uint value, int number) => ((value >> number) & 1) != 0;

    readonly struct ByOne : ICount
    {
        public static int Get(CpuState* s, Op* op) => 1;
    }

    readonly struct ByCl : ICount
    {
        public static int Get(CpuState* s, Op* op) => (int)(s->R[Reg.Ecx] & 31);
    }

    readonly struct ByImmediate : ICount
    {
        public static int Get(CpuState* s, Op* op) => (int)(op->Immediate & 31);
    }

    readonly struct ShiftLeft : IShift
    {
        public static uint Apply<T>(CpuState* s, uint value, int count) where T : unmanaged
        {
            int bits = Operand.Bits<T>();
            ulong wide = (ulong)value << count;
            uint result = (uint)wide;
            bool carry = ((wide >> bits) & 1) != 0;
            LazyFlags.SetLogic<T>(s, result, carry, carry != Bit(result, bits - 1));
            return result;
        }
    }

    readonly struct ShiftRight : IShift
    {
        public static uint Apply<T>(CpuState* s, uint value, int count) where T : unmanaged
        {
            uint result = value >> count;
            LazyFlags.SetLogic<T>(s, result, Bit(value, count - 1), Bit(value, Operand.Bits<T>() - 1));
            return result;
        }
    }

    readonly struct ShiftArithmetic : IShift
    {
        public static uint Apply<T>(CpuState* s, uint value, int count) where T : unmanaged
        {
            uint extended = LazyFlags.SignExtend<T>(value);
            uint result = (uint)((int)extended >> count);
            LazyFlags.SetLogic<T>(s, result, Bit(extended, count - 1), false);
            return result;
        }
    }

    readonly struct RotateLeft : IShift
    {
        public static uint Apply<T>(CpuState* s, uint value, int count) where T : unmanaged
        {
            int bits = Operand.Bits<T>();
            int turn = count & (bits - 1);
            uint result = (value << turn) | (turn == 0 ? 0 : value >> (bits - turn));
            bool carry = (result & 1) != 0;
            LazyFlags.SetCarryOverflow(s, carry, carry != Bit(result, bits - 1));
            return result;
        }
    }

    readonly struct RotateRight : IShift
    {
        public static uint Apply<T>(CpuState* s, uint value, int count) where T : unmanaged
        {
            int bits = Operand.Bits<T>();
            int turn = count & (bits - 1);
            uint result = (value >> turn) | (turn == 0 ? 0 : value << (bits - turn));
            bool carry = Bit(result, bits - 1);
            LazyFlags.SetCarryOverflow(s, carry, carry != Bit(result, bits - 2));
            return result;
        }
    }

    // The carry flag is one bit more of the rotated value.
    readonly struct RotateCarryLeft : IShift
    {
        public static uint Apply<T>(CpuState* s, uint value, int count) where T : unmanaged
        {
            int bits = Operand.Bits<T>();
            int turn = count % (bits + 1);
            if (turn == 0)
                return value;
            ulong wide = ((ulong)(s->Carry ? 1u : 0) << bits) | value;
            wide = (wide << turn) | (wide >> (bits + 1 - turn));
            uint result = (uint)wide;
            bool carry = ((wide >> bits) & 1) != 0;
            LazyFlags.SetCarryOverflow(s, carry, carry != Bit(result, bits - 1));
            return result;
        }
    }

    readonly struct RotateCarryRight : IShift
    {
        public static uint Apply<T>(CpuState* s, uint value, int count) where T : unmanaged
        {
            int bits = Operand.Bits<T>();
            int turn = count % (bits + 1);
            if (turn == 0)
                return value;
            ulong wide = ((ulong)(s->Carry ? 1u : 0) << bits) | value;
            wide = (wide >> turn) | (wide << (bits + 1 - turn));
            uint result = (uint)wide;
            bool carry = ((wide >> bits) & 1) != 0;
            LazyFlags.SetCarryOverflow(s, carry, Bit(result, bits - 1) != Bit(result, bits - 2));
            return result;
        }
    }

    readonly struct DoubleLeft : IDouble
    {
        public static uint Apply<T>(CpuState* s, uint destination, uint source, int count) where T : unmanaged
        {
            int bits = Operand.Bits<T>();
            // With 16-bit operands and a count above 16, undefined by the manual, processors go on with the destination.
            UInt128 wide = ((UInt128)destination << (2 * bits)) | ((UInt128)source << bits) | destination;
            uint result = (uint)(wide >> (2 * bits - count));
            bool carry = ((wide >> (3 * bits - count)) & 1) != 0;
            LazyFlags.SetLogic<T>(s, result, carry, Bit(result, bits - 1) != Bit(destination, bits - 1));
            return result;
        }
    }

    readonly struct DoubleRight : IDouble
    {
        public static uint Apply<T>(CpuState* s, uint destination, uint source, int count) where T : unmanaged
        {
            int bits = Operand.Bits<T>();
            UInt128 wide = ((UInt128)destination << (2 * bits)) | ((UInt128)source << bits) | destination;
            uint result = (uint)(wide >> count);
            bool carry = ((wide >> (count - 1)) & 1) != 0;
            LazyFlags.SetLogic<T>(s, result, carry, Bit(result, bits - 1) != Bit(destination, bits - 1));
            return result;
        }
    }
}
