using System.Runtime.CompilerServices;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>Pushes and pops of one value. The stack segment's B bit decides between esp and sp.</summary>
static unsafe class Stack
{
    /// <summary>The mask of the stack pointer.</summary>
    public static uint PointerMask(CpuState* s) => s->Ss.Is32Bit ? uint.MaxValue : 0xFFFF;

    /// <summary>Pushes a value of the width. On a fault nothing has changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Push<T>(CpuState* s, uint value) where T : unmanaged
    {
        if (s->FlatStack != 0)
        {
            uint esp = s->R[Reg.Esp] - (uint)sizeof(T);
            Operand.WriteAt<T>(s, s->Ss.Base + esp, value);
            s->R[Reg.Esp] = esp;
            return;
        }
        PushChecked<T>(s, value);
    }

    /// <summary>Pops a value of the width. On a fault nothing has changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Pop<T>(CpuState* s) where T : unmanaged
    {
        uint value = Peek<T>(s, 0);
        Release(s, (uint)sizeof(T));
        return value;
    }

    /// <summary>Reads a value some bytes above the top.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Peek<T>(CpuState* s, uint above) where T : unmanaged =>
        s->FlatStack != 0
            ? Operand.ReadAt<T>(s, s->Ss.Base + s->R[Reg.Esp] + above)
            : Operand.ReadAt<T>(s, Operand.ReadAddress(s, (int)SegmentRegister.Ss, (s->R[Reg.Esp] + above) & PointerMask(s), (uint)sizeof(T)));

    /// <summary>Moves the stack pointer up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release(CpuState* s, uint bytes)
    {
        if (s->FlatStack != 0)
            s->R[Reg.Esp] += bytes;
        else
            SetPointer(s, s->R[Reg.Esp] + bytes);
    }

    /// <summary>Sets esp or sp.</summary>
    public static void SetPointer(CpuState* s, uint value)
    {
        uint mask = PointerMask(s);
        s->R[Reg.Esp] = (s->R[Reg.Esp] & ~mask) | (value & mask);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void PushChecked<T>(CpuState* s, uint value) where T : unmanaged
    {
        uint esp = (s->R[Reg.Esp] - (uint)sizeof(T)) & PointerMask(s);
        Operand.WriteAt<T>(s, Operand.WriteAddress(s, (int)SegmentRegister.Ss, esp, (uint)sizeof(T)), value);
        SetPointer(s, esp);
    }
}
