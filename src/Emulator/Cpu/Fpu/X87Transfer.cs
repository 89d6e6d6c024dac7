using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.X87;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>Loads, stores and conversions: fld, fst, fild, fist, fbld, fbstp, fxch and the constants.</summary>
internal static unsafe class X87Transfer
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        DefineMemory(table, 0xD9, 0, "fld", &LoadSingle);
        DefineMemory(table, 0xD9, 2, "fst", &StoreSingle);
        DefineMemory(table, 0xD9, 3, "fstp", &StoreSinglePop);
        DefineMemory(table, 0xDD, 0, "fld", &LoadDouble);
        DefineMemory(table, 0xDD, 2, "fst", &StoreDouble);
        DefineMemory(table, 0xDD, 3, "fstp", &StoreDoublePop);
        DefineMemory(table, 0xDB, 5, "fld", &LoadExtended);
        DefineMemory(table, 0xDB, 7, "fstp", &StoreExtendedPop);

        DefineMemory(table, 0xDF, 0, "fild", &LoadInt16);
        DefineMemory(table, 0xDB, 0, "fild", &LoadInt32);
        DefineMemory(table, 0xDF, 5, "fild", &LoadInt64);
        DefineMemory(table, 0xDF, 2, "fist", &StoreInt16);
        DefineMemory(table, 0xDF, 3, "fistp", &StoreInt16Pop);
        DefineMemory(table, 0xDB, 2, "fist", &StoreInt32);
        DefineMemory(table, 0xDB, 3, "fistp", &StoreInt32Pop);
        DefineMemory(table, 0xDF, 7, "fistp", &StoreInt64Pop);
        DefineMemory(table, 0xDF, 4, "fbld", &LoadDecimal);
        DefineMemory(table, 0xDF, 6, "fbstp", &StoreDecimalPop);

        DefineRegister(table, 0xD9, 0, "fld", &LoadRegister);
        DefineRegister(table, 0xDD, 2, "fst", &StoreRegister);
        DefineRegister(table, 0xDD, 3, "fstp", &StoreRegisterPop);
        DefineRegister(table, 0xD9, 1, "fxch", &Exchange);
        // Undocumented encodings of the same, which every processor has.
        DefineRegister(table, 0xDD, 1, "fxch", &Exchange);
        DefineRegister(table, 0xDF, 1, "fxch", &Exchange);
        DefineRegister(table, 0xD9, 3, "fstp", &StoreRegisterPop);
        DefineRegister(table, 0xDF, 2, "fstp", &StoreRegisterPop);
        DefineRegister(table, 0xDF, 3, "fstp", &StoreRegisterPop);

        DefineWhole(table, 0xD9, 0xE8, "fld1", &LoadOne);
        DefineWhole(table, 0xD9, 0xE9, "fldl2t", &LoadLog2Of10);
        DefineWhole(table, 0xD9, 0xEA, "fldl2e", &LoadLog2OfE);
        DefineWhole(table, 0xD9, 0xEB, "fldpi", &LoadPi);
        DefineWhole(table, 0xD9, 0xEC, "fldlg2", &LoadLog10Of2);
        DefineWhole(table, 0xD9, 0xED, "fldln2", &LoadLnOf2);
        DefineWhole(table, 0xD9, 0xEE, "fldz", &LoadZero);
    }

    // Loads

    static void LoadSingle(CpuState* s, Op* op)
    {
        Begin(s);
        Load(s, op, FloatValue.FromSingle(Operand.Load<uint>(s, op)));
    }

    static void LoadDouble(CpuState* s, Op* op)
    {
        Begin(s);
        Load(s, op, FloatValue.FromDouble(Operand.Load<ulong>(s, op)));
    }

    static void LoadInt16(CpuState* s, Op* op)
    {
        Begin(s);
        Load(s, op, FloatValue.FromInteger((short)Operand.Load<ushort>(s, op)));
    }

    static void LoadInt32(CpuState* s, Op* op)
    {
        Begin(s);
        Load(s, op, FloatValue.FromInteger((int)Operand.Load<uint>(s, op)));
    }

    static void LoadInt64(CpuState* s, Op* op)
    {
        Begin(s);
        Load(s, op, FloatValue.FromInteger((long)Operand.Load<ulong>(s, op)));
    }

    /// <summary>Pushes a value that the register format holds exactly.</summary>
    static void Load(CpuState* s, Op* op, in FloatValue value)
    {
        TrackMemory(s, op);
        FpuState* f = &s->Fpu;
        if (!IsEmpty(f, -1))
        {
            PushOverflow(f);
            return;
        }
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue result = SoftFloat.ConvertOperand(value, FloatFormat.Extended, ref c);
        if (!Finish(f, c))
            Push(f, Float80.Pack(result));
    }

    static void LoadExtended(CpuState* s, Op* op)
    {
        Begin(s);
        Float80 value = ReadExtended(s, op);
        TrackMemory(s, op);
        PushExact(&s->Fpu, value);
    }

    static void LoadRegister(CpuState* s, Op* op)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        if (IsEmpty(f, op->Rm))
        {
            if (!StackUnderflow(f))
                Push(f, Float80.Indefinite);
        }
        else
            PushExact(f, Get(f, op->Rm));
    }

    /// <summary>fbld: 18 decimal digits, two a byte, and a sign (Intel SDM vol. 1, 4.7).</summary>
    static void LoadDecimal(CpuState* s, Op* op)
    {
        Begin(s);
        Float80 raw = ReadExtended(s, op);
        ulong magnitude = 0;
        for (int digit = 17; digit >= 0; digit--)
        {
            ulong bits = digit >= 16 ? (ulong)raw.SignExponent >> ((digit - 16) * 4) : raw.Significand >> (digit * 4);
            magnitude = magnitude * 10 + (bits & 15);
        }
        TrackMemory(s, op);
        PushExact(&s->Fpu, Float80.Pack(FloatValue.FromInteger((long)magnitude)).WithSign(raw.Negative));
    }

    static void PushExact(FpuState* f, Float80 value)
    {
        if (!IsEmpty(f, -1))
        {
            PushOverflow(f);
            return;
        }
        f->Status &= unchecked((ushort)~C1);
        Push(f, value);
    }

    static void PushOverflow(FpuState* f)
    {
        if (!StackOverflow(f))
            Push(f, Float80.Indefinite);
    }

    // Stores

    static void StoreSingle(CpuState* s, Op* op) => StoreSingle(s, op, pop: false);

    static void StoreSinglePop(CpuState* s, Op* op) => StoreSingle(s, op, pop: true);

    static void StoreSingle(CpuState* s, Op* op, bool pop)
    {
        Begin(s);
        bool empty = !TryRound(s, FloatFormat.Single, out FloatContext c, out FloatValue value);
        bool stores = Stores(&s->Fpu, empty, c);
        if (stores)
            Operand.Store(s, op, value.ToSingle());
        EndStore(s, op, empty, c, stores && pop);
    }

    static void StoreDouble(CpuState* s, Op* op) => StoreDouble(s, op, pop: false);

    static void StoreDoublePop(CpuState* s, Op* op) => StoreDouble(s, op, pop: true);

    static void StoreDouble(CpuState* s, Op* op, bool pop)
    {
        Begin(s);
        bool empty = !TryRound(s, FloatFormat.Double, out FloatContext c, out FloatValue value);
        bool stores = Stores(&s->Fpu, empty, c);
        if (stores)
            Operand.Store(s, op, value.ToDouble());
        EndStore(s, op, empty, c, stores && pop);
    }

    /// <summary>ST(0) in a memory format. False when it is empty: the indefinite.</summary>
    static bool TryRound(CpuState* s, in FloatFormat format, out FloatContext c, out FloatValue value)
    {
        FpuState* f = &s->Fpu;
        c = FloatContext.FromControlWord(f->Control);
        if (IsEmpty(f, 0))
        {
            value = FloatValue.Indefinite;
            return false;
        }
        value = SoftFloat.Convert(Get(f, 0).Unpack(), format, ref c);
        if ((c.Raised & ~c.Masks & (FloatFlags.Overflow | FloatFlags.Underflow)) != 0)
        {
            // No result, so it is not inexact either.
            c.Raised &= ~FloatFlags.Precision;
            c.RoundedUp = false;
        }
        return true;
    }

    /// <summary>Whether memory is written: not with an unmasked exception other than precision, since memory could not be put back.</summary>
    static bool Stores(FpuState* f, bool empty, in FloatContext c) =>
        empty ? (f->Control & (int)FloatFlags.Invalid) != 0 : (c.Raised & ~c.Masks & ~FloatFlags.Precision) == 0;

    /// <summary>What follows the write, which was the last thing that could fault.</summary>
    static void EndStore(CpuState* s, Op* op, bool empty, in FloatContext c, bool pop)
    {
        TrackMemory(s, op);
        FpuState* f = &s->Fpu;
        if (empty)
            StackUnderflow(f);
        else
            Finish(f, c);
        if (pop)
            Pop(f);
    }

    static void StoreInt16(CpuState* s, Op* op) => StoreInteger<ushort>(s, op, pop: false);

    static void StoreInt16Pop(CpuState* s, Op* op) => StoreInteger<ushort>(s, op, pop: true);

    static void StoreInt32(CpuState* s, Op* op) => StoreInteger<uint>(s, op, pop: false);

    static void StoreInt32Pop(CpuState* s, Op* op) => StoreInteger<uint>(s, op, pop: true);

    static void StoreInt64Pop(CpuState* s, Op* op) => StoreInteger<ulong>(s, op, pop: true);

    static void StoreInteger<T>(CpuState* s, Op* op, bool pop) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        Begin(s);
        FpuState* f = &s->Fpu;
        int bits = sizeof(T) * 8;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        bool empty = IsEmpty(f, 0);
        long value = empty ? long.MinValue >> (64 - bits) : SoftFloat.ToInteger(Get(f, 0).Unpack(), bits, c.Rounding, ref c);
        bool stores = Stores(f, empty, c);
        if (stores)
            Operand.Store(s, op, T.CreateTruncating(value));
        EndStore(s, op, empty, c, stores && pop);
    }

    static void StoreExtendedPop(CpuState* s, Op* op)
    {
        Begin(s);
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        bool empty = IsEmpty(f, 0);
        bool stores = Stores(f, empty, c);
        if (stores)
            WriteExtended(s, op, empty ? Float80.Indefinite : Get(f, 0));
        EndStore(s, op, empty, c, stores);
    }

    static void StoreDecimalPop(CpuState* s, Op* op)
    {
        Begin(s);
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        bool empty = IsEmpty(f, 0);
        FloatValue value = Get(f, 0).Unpack();
        long integer = empty ? long.MinValue : SoftFloat.ToInteger(value, 64, c.Rounding, ref c);
        // The packed decimal indefinite (Intel SDM vol. 1, table 4-4).
        Float80 packed = new(0xC000000000000000, 0xFFFF);
        const long limit = 999_999_999_999_999_999;
        if (!empty && (integer > limit || integer < -limit))
        {
            c.Raised = FloatFlags.Invalid;
            c.RoundedUp = false;
        }
        else if (!empty)
        {
            ulong rest = (ulong)Math.Abs(integer), low = 0;
            for (int digit = 0; digit < 16; digit++, rest /= 10)
                low |= rest % 10 << (digit * 4);
            packed = new Float80(low, (ushort)(rest % 10 | rest / 10 << 4)).WithSign(value.Negative);
        }
        bool stores = Stores(f, empty, c);
        if (stores)
            WriteExtended(s, op, packed);
        EndStore(s, op, empty, c, stores);
    }

    static void StoreRegister(CpuState* s, Op* op) => StoreRegister(s, op, pop: false);

    static void StoreRegisterPop(CpuState* s, Op* op) => StoreRegister(s, op, pop: true);

    static void StoreRegister(CpuState* s, Op* op, bool pop)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        Float80 value = Get(f, 0);
        if (IsEmpty(f, 0))
        {
            if (StackUnderflow(f))
                return;
            value = Float80.Indefinite;
        }
        else
            f->Status &= unchecked((ushort)~C1);
        Set(f, op->Rm, value);
        if (pop)
            Pop(f);
    }

    static void Exchange(CpuState* s, Op* op)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        Float80 top = Get(f, 0), other = Get(f, op->Rm);
        if (IsEmpty(f, 0) || IsEmpty(f, op->Rm))
        {
            if (IsEmpty(f, 0))
                top = Float80.Indefinite;
            if (IsEmpty(f, op->Rm))
                other = Float80.Indefinite;
            if (StackUnderflow(f))
                return;
        }
        else
            f->Status &= unchecked((ushort)~C1);
        Set(f, 0, other);
        Set(f, op->Rm, top);
    }

    // Memory operands of ten bytes

    static Float80 ReadExtended(CpuState* s, Op* op)
    {
        uint linear = Operand.ReadAddress(s, op->Segment, Operand.Offset(s, op), 10);
        return new Float80(LinearMemory.Read<ulong>(s, linear), LinearMemory.Read<ushort>(s, linear + 8));
    }

    static void WriteExtended(CpuState* s, Op* op, Float80 value)
    {
        uint linear = Operand.WriteAddress(s, op->Segment, Operand.Offset(s, op), 10);
        LinearMemory.ProbeWrite(s, linear, 10);
        LinearMemory.Write(s, linear, value.Significand);
        LinearMemory.Write(s, linear + 8, value.SignExponent);
    }

    // Constants: the processor knows more bits than a register holds and rounds them as RC says. Given are the significand cut to 64 bits and whether it is nearer to the next.

    static void LoadOne(CpuState* s, Op* op) => LoadExact(s, op, Float80.One);

    static void LoadZero(CpuState* s, Op* op) => LoadExact(s, op, Float80.Zero);

    static void LoadLog2Of10(CpuState* s, Op* op) => LoadConstant(s, op, new Float80(0xD49A784BCD1B8AFE, 0x4000), nearerToNext: false);

    static void LoadLog2OfE(CpuState* s, Op* op) => LoadConstant(s, op, new Float80(0xB8AA3B295C17F0BB, 0x3FFF), nearerToNext: true);

    static void LoadPi(CpuState* s, Op* op) => LoadConstant(s, op, new Float80(0xC90FDAA22168C234, 0x4000), nearerToNext: true);

    static void LoadLog10Of2(CpuState* s, Op* op) => LoadConstant(s, op, new Float80(0x9A209A84FBCFF798, 0x3FFD), nearerToNext: true);

    static void LoadLnOf2(CpuState* s, Op* op) => LoadConstant(s, op, new Float80(0xB17217F7D1CF79AB, 0x3FFE), nearerToNext: true);

    static void LoadConstant(CpuState* s, Op* op, Float80 value, bool nearerToNext)
    {
        RoundingMode rounding = FloatContext.FromControlWord(s->Fpu.Control).Rounding;
        bool up = rounding == RoundingMode.Up || (rounding == RoundingMode.Nearest && nearerToNext);
        LoadExact(s, op, up ? value with { Significand = value.Significand + 1 } : value);
    }

    static void LoadExact(CpuState* s, Op* op, Float80 value)
    {
        Begin(s);
        Track(s, op);
        PushExact(&s->Fpu, value);
    }
}
