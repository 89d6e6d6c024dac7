using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Fpu.Soft;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.State;
using static LguestPS.Emulator.Cpu.Fpu.X87;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>fadd, fsub, fmul, fdiv in all their forms, and the one-operand operations that the standard defines exactly.</summary>
internal static unsafe class X87Arithmetic
{
    /// <summary>A two-operand operation on ST(0) and another operand, whatever the destination.</summary>
    interface IOperation
    {
        static abstract FloatValue Compute(in FloatValue top, in FloatValue other, ref FloatContext c);
    }

    struct Add : IOperation
    {
        public static FloatValue Compute(in FloatValue top, in FloatValue other, ref FloatContext c) => SoftFloat.Add(top, other, c.Format, ref c);
    }

    struct Multiply : IOperation
    {
        public static FloatValue Compute(in FloatValue top, in FloatValue other, ref FloatContext c) => SoftFloat.Multiply(top, other, c.Format, ref c);
    }

    struct Subtract : IOperation
    {
        public static FloatValue Compute(in FloatValue top, in FloatValue other, ref FloatContext c) => SoftFloat.Subtract(top, other, c.Format, ref c);
    }

    struct SubtractReversed : IOperation
    {
        public static FloatValue Compute(in FloatValue top, in FloatValue other, ref FloatContext c) => SoftFloat.Subtract(other, top, c.Format, ref c);
    }

    struct Divide : IOperation
    {
        public static FloatValue Compute(in FloatValue top, in FloatValue other, ref FloatContext c) => SoftFloat.Divide(top, other, c.Format, ref c);
    }

    struct DivideReversed : IOperation
    {
        public static FloatValue Compute(in FloatValue top, in FloatValue other, ref FloatContext c) => SoftFloat.Divide(other, top, c.Format, ref c);
    }

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        // With DC and DE the reversed forms change places; their handlers' operands do too, so a digit means the same operation of ST(0) and the other everywhere.
        DefineOperation<Add>(table, 0, "fadd", "fadd");
        DefineOperation<Multiply>(table, 1, "fmul", "fmul");
        DefineOperation<Subtract>(table, 4, "fsub", "fsubr");
        DefineOperation<SubtractReversed>(table, 5, "fsubr", "fsub");
        DefineOperation<Divide>(table, 6, "fdiv", "fdivr");
        DefineOperation<DivideReversed>(table, 7, "fdivr", "fdiv");

        DefineWhole(table, 0xD9, 0xE0, "fchs", &ChangeSign);
        DefineWhole(table, 0xD9, 0xE1, "fabs", &Absolute);
        DefineWhole(table, 0xD9, 0xFA, "fsqrt", &SquareRoot);
        DefineWhole(table, 0xD9, 0xFC, "frndint", &RoundToInteger);
        DefineWhole(table, 0xD9, 0xFD, "fscale", &Scale);
        DefineWhole(table, 0xD9, 0xF4, "fxtract", &Extract);
        DefineWhole(table, 0xD9, 0xF8, "fprem", &PartialRemainder);
        DefineWhole(table, 0xD9, 0xF5, "fprem1", &PartialRemainderNearest);
    }

    static void DefineOperation<T>(InstructionTable table, int digit, string name, string nameToRegister) where T : struct, IOperation
    {
        DefineRegister(table, 0xD8, digit, name, &RegisterToTop<T>);
        DefineMemory(table, 0xD8, digit, name, &Single<T>);
        DefineMemory(table, 0xDC, digit, name, &Double<T>);
        DefineRegister(table, 0xDC, digit, nameToRegister, &TopToRegister<T>);
        DefineMemory(table, 0xDA, digit, "fi" + name[1..], &Int32<T>);
        DefineMemory(table, 0xDE, digit, "fi" + name[1..], &Int16<T>);
        DefineRegister(table, 0xDE, digit, nameToRegister + "p", &TopToRegisterPop<T>);
    }

    static void RegisterToTop<T>(CpuState* s, Op* op) where T : struct, IOperation => WithRegister<T>(s, op, op->Rm, 0);

    static void TopToRegister<T>(CpuState* s, Op* op) where T : struct, IOperation => WithRegister<T>(s, op, op->Rm, op->Rm);

    static void TopToRegisterPop<T>(CpuState* s, Op* op) where T : struct, IOperation
    {
        if (WithRegister<T>(s, op, op->Rm, op->Rm))
            Pop(&s->Fpu);
    }

    static void Single<T>(CpuState* s, Op* op) where T : struct, IOperation
    {
        Begin(s);
        WithMemory<T>(s, op, FloatValue.FromSingle(Operand.Load<uint>(s, op)));
    }

    static void Double<T>(CpuState* s, Op* op) where T : struct, IOperation
    {
        Begin(s);
        WithMemory<T>(s, op, FloatValue.FromDouble(Operand.Load<ulong>(s, op)));
    }

    static void Int32<T>(CpuState* s, Op* op) where T : struct, IOperation
    {
        Begin(s);
        WithMemory<T>(s, op, FloatValue.FromInteger((int)Operand.Load<uint>(s, op)));
    }

    static void Int16<T>(CpuState* s, Op* op) where T : struct, IOperation
    {
        Begin(s);
        WithMemory<T>(s, op, FloatValue.FromInteger((short)Operand.Load<ushort>(s, op)));
    }

    static bool WithRegister<T>(CpuState* s, Op* op, int other, int destination) where T : struct, IOperation
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        if (IsEmpty(f, 0) || IsEmpty(f, other))
        {
            if (StackUnderflow(f))
                return false;
            Set(f, destination, Float80.Indefinite);
            return true;
        }
        return Apply<T>(f, Get(f, other).Unpack(), destination);
    }

    static void WithMemory<T>(CpuState* s, Op* op, in FloatValue other) where T : struct, IOperation
    {
        TrackMemory(s, op);
        FpuState* f = &s->Fpu;
        if (!IsEmpty(f, 0))
            Apply<T>(f, other, 0);
        else if (!StackUnderflow(f))
            Set(f, 0, Float80.Indefinite);
    }

    /// <summary>True when a result was written.</summary>
    static bool Apply<T>(FpuState* f, in FloatValue other, int destination) where T : struct, IOperation
    {
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue result = T.Compute(Get(f, 0).Unpack(), other, ref c);
        if (Finish(f, c))
            return false;
        Set(f, destination, Float80.Pack(result));
        return true;
    }

    static void ChangeSign(CpuState* s, Op* op)
    {
        if (!BeginUnary(s, op))
            return;
        Float80 value = Get(&s->Fpu, 0);
        s->Fpu.Status &= unchecked((ushort)~C1);
        Set(&s->Fpu, 0, value.WithSign(!value.Negative));
    }

    static void Absolute(CpuState* s, Op* op)
    {
        if (!BeginUnary(s, op))
            return;
        s->Fpu.Status &= unchecked((ushort)~C1);
        Set(&s->Fpu, 0, Get(&s->Fpu, 0).WithSign(false));
    }

    static void SquareRoot(CpuState* s, Op* op)
    {
        if (!BeginUnary(s, op))
            return;
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue result = SoftFloat.SquareRoot(Get(f, 0).Unpack(), c.Format, ref c);
        if (!Finish(f, c))
            Set(f, 0, Float80.Pack(result));
    }

    static void RoundToInteger(CpuState* s, Op* op)
    {
        if (!BeginUnary(s, op))
            return;
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue result = SoftFloat.RoundToIntegral(Get(f, 0).Unpack(), ref c);
        if (!Finish(f, c))
            Set(f, 0, Float80.Pack(result));
    }

    /// <summary>What an instruction on ST(0) and ST(1) begins with.</summary>
    static bool BeginBinary(CpuState* s, Op* op)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        if (!IsEmpty(f, 0) && !IsEmpty(f, 1))
            return true;
        if (!StackUnderflow(f))
            Set(f, 0, Float80.Indefinite);
        return false;
    }

    static void Scale(CpuState* s, Op* op)
    {
        if (!BeginBinary(s, op))
            return;
        FpuState* f = &s->Fpu;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue result = SoftFloat.Scale(Get(f, 0).Unpack(), Get(f, 1).Unpack(), ref c);
        if (!Finish(f, c))
            Set(f, 0, Float80.Pack(result));
    }

    static void PartialRemainder(CpuState* s, Op* op) => Remainder(s, op, nearest: false);

    static void PartialRemainderNearest(CpuState* s, Op* op) => Remainder(s, op, nearest: true);

    static void Remainder(CpuState* s, Op* op, bool nearest)
    {
        bool ready = BeginBinary(s, op);
        FpuState* f = &s->Fpu;
        SetCondition(f, f->Status & (C0 | C3));
        if (!ready)
            return;
        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue result = SoftFloat.Remainder(Get(f, 0).Unpack(), Get(f, 1).Unpack(), nearest, ref c, out ulong quotient, out bool complete);
        if (Finish(f, c))
            return;
        Set(f, 0, Float80.Pack(result));
        if (result.IsNaN)
            return;
        int codes = complete
            ? ((quotient & 4) != 0 ? C0 : 0) | ((quotient & 2) != 0 ? C3 : 0) | ((quotient & 1) != 0 ? C1 : 0)
            : C2;
        f->Status = (ushort)((f->Status & ~(C0 | C1 | C2 | C3)) | codes);
    }

    /// <summary>fxtract: ST(0) becomes its exponent, its significand is pushed.</summary>
    static void Extract(CpuState* s, Op* op)
    {
        Begin(s);
        Track(s, op);
        FpuState* f = &s->Fpu;
        if (IsEmpty(f, 0) || !IsEmpty(f, -1))
        {
            if (IsEmpty(f, 0) ? StackUnderflow(f) : StackOverflow(f))
                return;
            Set(f, 0, Float80.Indefinite);
            Push(f, Float80.Indefinite);
            return;
        }

        FloatContext c = FloatContext.FromControlWord(f->Control);
        FloatValue value = Get(f, 0).Unpack();
        FloatValue exponent, significand;
        if (value.IsNaN)
            exponent = significand = SoftFloat.QuietOrInvalid(value, ref c);
        else if (value.IsInfinity)
            (exponent, significand) = (FloatValue.Infinity(false), value);
        else if (value.IsZero)
        {
            c.Raise(FloatFlags.ZeroDivide);
            (exponent, significand) = (FloatValue.Infinity(true), value);
        }
        else
        {
            if (value.Class == FloatClass.Denormal)
                c.Raise(FloatFlags.Denormal);
            exponent = FloatValue.FromInteger(value.Exponent);
            significand = FloatValue.Finite(value.Negative, 0, value.Significand);
        }
        if (Finish(f, c))
            return;
        Set(f, 0, Float80.Pack(exponent));
        Push(f, Float80.Pack(significand));
    }
}
