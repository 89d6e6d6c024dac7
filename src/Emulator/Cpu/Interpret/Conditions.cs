using System.Runtime.CompilerServices;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>One of the sixteen conditions of jcc, setcc and cmovcc (Intel SDM vol. 1, appendix B), as a type so that each handler is compiled for its own.</summary>
unsafe interface ICondition
{
    /// <summary>Whether the flags fulfil it.</summary>
    static abstract bool Holds(CpuState* s);
}

/// <summary>The conditions by number, and their names.</summary>
static unsafe class Conditions
{
    /// <summary>Suffixes in the order of the encoding.</summary>
    public static IReadOnlyList<string> Suffixes { get; } =
        ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];

    /// <summary>Calls a visitor once for each condition, in the order of the encoding.</summary>
    public static void VisitAll(IConditionVisitor visitor)
    {
        visitor.Visit<Overflow>(0);
        visitor.Visit<Not<Overflow>>(1);
        visitor.Visit<Below>(2);
        visitor.Visit<Not<Below>>(3);
        visitor.Visit<Equal>(4);
        visitor.Visit<Not<Equal>>(5);
        visitor.Visit<BelowOrEqual>(6);
        visitor.Visit<Not<BelowOrEqual>>(7);
        visitor.Visit<Sign>(8);
        visitor.Visit<Not<Sign>>(9);
        visitor.Visit<Parity>(10);
        visitor.Visit<Not<Parity>>(11);
        visitor.Visit<Less>(12);
        visitor.Visit<Not<Less>>(13);
        visitor.Visit<LessOrEqual>(14);
        visitor.Visit<Not<LessOrEqual>>(15);
    }

    readonly struct Overflow : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(CpuState* s) => s->Overflow;
    }

    readonly struct Below : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(CpuState* s) => s->Carry;
    }

    readonly struct Equal : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(CpuState* s) => s->Zero;
    }

    readonly struct BelowOrEqual : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(CpuState* s) => s->Carry || s->Zero;
    }

    readonly struct Sign : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(CpuState* s) => s->Sign;
    }

    readonly struct Parity : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(CpuState* s) => s->Parity;
    }

    readonly struct Less : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(CpuState* s) => s->Sign != s->Overflow;
    }

    readonly struct LessOrEqual : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(CpuState* s) => s->Zero || s->Sign != s->Overflow;
    }

    readonly struct Not<T> : ICondition where T : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(CpuState* s) => !T.Holds(s);
    }
}

/// <summary>Something to do for each condition.</summary>
interface IConditionVisitor
{
    /// <summary>Called with the condition as a type and its number.</summary>
    void Visit<TCondition>(int number) where TCondition : ICondition;
}
