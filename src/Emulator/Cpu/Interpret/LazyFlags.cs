using System.Runtime.CompilerServices;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>Sets the lazy flags as <see cref="CpuState"/> describes them.</summary>
static unsafe class LazyFlags
{
    const uint CarryBit = 0x80000000, CarryIn = 0x40000000, AuxiliaryBit = 8;

    /// <summary>All flags, from a result and the vector of its carries (or borrows).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set<T>(CpuState* s, uint result, uint carries) where T : unmanaged
    {
        s->LazyResult = SignExtend<T>(result);
        s->LazyCarries = Carries<T>(carries);
    }

    /// <summary>ZF, SF and PF from a result; CF, OF and AF clear.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetLogic<T>(CpuState* s, uint result) where T : unmanaged
    {
        s->LazyResult = SignExtend<T>(result);
        s->LazyCarries = 0;
    }

    /// <summary>ZF, SF and PF from a result, CF and OF as given, AF clear.</summary>
    public static void SetLogic<T>(CpuState* s, uint result, bool carry, bool overflow) where T : unmanaged
    {
        s->LazyResult = SignExtend<T>(result);
        s->LazyCarries = CarryOverflow(carry, overflow);
    }

    /// <summary>CF and OF only.</summary>
    public static void SetCarryOverflow(CpuState* s, bool carry, bool overflow) =>
        s->LazyCarries = (s->LazyCarries & ~(CarryBit | CarryIn)) | CarryOverflow(carry, overflow);

    /// <summary>CF only.</summary>
    public static void SetCarry(CpuState* s, bool carry) => SetCarryOverflow(s, carry, s->Overflow);

    /// <summary>All flags but CF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetKeepingCarry<T>(CpuState* s, uint result, uint carries) where T : unmanaged
    {
        uint keep = s->LazyCarries & CarryBit;
        carries = Carries<T>(carries);
        uint overflow = (carries ^ (carries << 1)) & CarryBit;
        s->LazyResult = SignExtend<T>(result);
        s->LazyCarries = keep | ((keep ^ overflow) >> 1) | (carries & AuxiliaryBit);
    }

    /// <summary>ZF only, at the price of a detour.</summary>
    public static void SetZero(CpuState* s, bool zero)
    {
        uint flags = s->Eflags;
        s->SetArithmeticFlags(zero ? flags | EflagsBits.Zero : flags & ~EflagsBits.Zero);
    }

    /// <summary>A value of the width, sign-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SignExtend<T>(uint value) where T : unmanaged =>
        sizeof(T) == 1 ? (uint)(sbyte)value : sizeof(T) == 2 ? (uint)(short)value : value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Carries<T>(uint carries) where T : unmanaged =>
        ((carries << (32 - 8 * sizeof(T))) & (CarryBit | CarryIn)) | (carries & AuxiliaryBit);

    static uint CarryOverflow(bool carry, bool overflow) => (carry ? CarryBit : 0) | (carry != overflow ? CarryIn : 0);
}
