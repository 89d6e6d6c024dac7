using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>The current task's state segment: the stacks of its inner rings (Intel SDM vol. 3, 7.2.1 and 7.6).</summary>
public static unsafe class TaskState
{
    /// <summary>Whether TR holds a 32-bit TSS.</summary>
    public static bool Is32Bit(Segment tr) => (tr.Attributes & 8) != 0;

    /// <summary>Reads SS and ESP for a ring. #TS(TR) when they lie beyond the segment's limit.</summary>
    /// <param name="s">The processor.</param>
    /// <param name="level">0 to 2.</param>
    /// <param name="external">The EXT bit.</param>
    public static (ushort Ss, uint Esp) ReadStack(CpuState* s, int level, uint external)
    {
        bool wide = Is32Bit(s->Tr);
        uint offset = wide ? 4 + ((uint)level * 8) : 2 + ((uint)level * 4);
        uint size = wide ? 6u : 4u;
        if (!s->Tr.Present || offset + size - 1 > s->Tr.Limit)
            throw Selector.Fault(FaultVector.InvalidTss, s->Tr.Selector, external);
        uint address = s->Tr.Base + offset;
        return wide
            ? (LinearMemory.ReadSystem<ushort>(s, address + 4), LinearMemory.ReadSystem<uint>(s, address))
            : (LinearMemory.ReadSystem<ushort>(s, address + 2), LinearMemory.ReadSystem<ushort>(s, address));
    }
}
