using System.Runtime.CompilerServices;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>An instruction's operands: registers by the numbers in its <see cref="Op"/>, memory through its segment. T is the operand's width: byte, ushort or uint.</summary>
public static unsafe class Operand
{
    /// <summary>The effective address (offset in the segment).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Offset(CpuState* s, Op* op) => (s->R[op->Base] + (s->R[op->Index] << op->Scale) + op->Displacement) & op->AddressMask;

    /// <summary>The linear address of a read of <paramref name="size"/> bytes at an offset in a segment. #GP(0), or #SS(0) for the stack segment, where the segment does not allow it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ReadAddress(CpuState* s, int segment, uint offset, uint size)
    {
        Segment* register = CpuState.SegmentAt(s, segment);
        if (register->FlatRead == 0)
            CheckRead(register, segment, offset, size);
        return register->Base + offset;
    }

    /// <summary>The linear address of a write.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint WriteAddress(CpuState* s, int segment, uint offset, uint size)
    {
        Segment* register = CpuState.SegmentAt(s, segment);
        if (register->FlatWrite == 0)
            CheckWrite(register, segment, offset, size);
        return register->Base + offset;
    }

    /// <summary>Reads the memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(CpuState* s, Op* op) where T : unmanaged =>
        LinearMemory.Read<T>(s, ReadAddress(s, op->Segment, Offset(s, op), (uint)sizeof(T)));

    /// <summary>Writes the memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(CpuState* s, Op* op, T value) where T : unmanaged =>
        LinearMemory.Write(s, WriteAddress(s, op->Segment, Offset(s, op), (uint)sizeof(T)), value);

    /// <summary>The eip after this instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint NextEip(CpuState* s, Op* op) => s->BlockEip + op->Offset + op->Length;

    /// <summary>Bits in an operand.</summary>
    internal static int Bits<T>() where T : unmanaged => sizeof(T) * 8;

    /// <summary>A register's value, zero-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Get<T>(CpuState* s, int register) where T : unmanaged =>
        sizeof(T) == 1 ? ((byte*)s)[register] : sizeof(T) == 2 ? (ushort)s->R[register] : s->R[register];

    /// <summary>Changes a register, or the part of it that the width covers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Set<T>(CpuState* s, int register, uint value) where T : unmanaged
    {
        if (sizeof(T) == 1)
            ((byte*)s)[register] = (byte)value;
        else if (sizeof(T) == 2)
            ((ushort*)s)[register << 1] = (ushort)value;
        else
            s->R[register] = value;
    }

    /// <summary>Reads a value at a linear address, zero-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint ReadAt<T>(CpuState* s, uint linear) where T : unmanaged =>
        sizeof(T) == 1 ? LinearMemory.Read<byte>(s, linear)
        : sizeof(T) == 2 ? LinearMemory.Read<ushort>(s, linear)
        : LinearMemory.Read<uint>(s, linear);

    /// <summary>Reads a value that will be written back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint ReadForWriteAt<T>(CpuState* s, uint linear) where T : unmanaged =>
        sizeof(T) == 1 ? LinearMemory.ReadForWrite<byte>(s, linear)
        : sizeof(T) == 2 ? LinearMemory.ReadForWrite<ushort>(s, linear)
        : LinearMemory.ReadForWrite<uint>(s, linear);

    /// <summary>Writes a value at a linear address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void WriteAt<T>(CpuState* s, uint linear, uint value) where T : unmanaged
    {
        if (sizeof(T) == 1)
            LinearMemory.Write(s, linear, (byte)value);
        else if (sizeof(T) == 2)
            LinearMemory.Write(s, linear, (ushort)value);
        else
            LinearMemory.Write(s, linear, value);
    }

    /// <summary>The memory operand, zero-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint LoadValue<T>(CpuState* s, Op* op) where T : unmanaged =>
        ReadAt<T>(s, ReadAddress(s, op->Segment, Offset(s, op), (uint)sizeof(T)));

    /// <summary>Writes the memory operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreValue<T>(CpuState* s, Op* op, uint value) where T : unmanaged =>
        WriteAt<T>(s, WriteAddress(s, op->Segment, Offset(s, op), (uint)sizeof(T)), value);

    /// <summary>The linear address of a memory operand that is read and written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint ModifyAddress<T>(CpuState* s, Op* op) where T : unmanaged =>
        WriteAddress(s, op->Segment, Offset(s, op), (uint)sizeof(T));

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void CheckRead(Segment* register, int segment, uint offset, uint size)
    {
        if (!register->Present || !register->Readable)
            throw CpuFault.GeneralProtection(0);
        if (!register->InLimit(offset, size))
            throw OutOfLimit(segment);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void CheckWrite(Segment* register, int segment, uint offset, uint size)
    {
        if (!register->Present || !register->Writable)
            throw CpuFault.GeneralProtection(0);
        if (!register->InLimit(offset, size))
            throw OutOfLimit(segment);
    }

    static CpuFault OutOfLimit(int segment) =>
        segment == (int)SegmentRegister.Ss ? CpuFault.Stack(0) : CpuFault.GeneralProtection(0);
}
