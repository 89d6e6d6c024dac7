using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>An instruction's operands: registers by the numbers in its <see cref="Op"/>, memory through its segment.</summary>
public static unsafe class Operand
{
    /// <summary>The effective address (offset in the segment).</summary>
    public static uint Offset(CpuState* s, Op* op) => ((s->R[op->Base] + (s->R[op->Index] << op->Scale) + op->Displacement) & op->AddressMask);

    /// <summary>The linear address of a read of <paramref name="size"/> bytes at an offset in a segment. #GP(0), or #SS(0) for the stack segment, where the segment does not allow it.</summary>
    public static uint ReadAddress(CpuState* s, int segment, uint offset, uint size) => throw new NotImplementedException();

    /// <summary>The linear address of a write.</summary>
    public static uint WriteAddress(CpuState* s, int segment, uint offset, uint size) => throw new NotImplementedException();

    /// <summary>Reads the memory operand.</summary>
    public static T Load<T>(CpuState* s, Op* op) where T : unmanaged =>
        Mmu.LinearMemory.Read<T>(s, ReadAddress(s, op->Segment, Offset(s, op), (uint)sizeof(T)));

    /// <summary>Writes the memory operand.</summary>
    public static void Store<T>(CpuState* s, Op* op, T value) where T : unmanaged =>
        Mmu.LinearMemory.Write(s, WriteAddress(s, op->Segment, Offset(s, op), (uint)sizeof(T)), value);

    /// <summary>The eip after this instruction.</summary>
    public static uint NextEip(CpuState* s, Op* op) => s->BlockEip + op->Offset + op->Length;
}
