using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.Interrupts;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Mmu;

/// <summary>The slow way of a memory access: asks the owner for the page, fills the TLB, splits accesses that cross pages, reaches devices, and drops decoded code that is written to.</summary>
sealed unsafe class Mmu(Processor processor, CpuState* s, Tlb tlb, CodeStore code)
{
    readonly GuestMemory memory = processor.Memory;

    /// <summary>Whether accesses must be aligned: CR0.AM and EFLAGS.AC in ring 3 (Intel SDM vol. 3, 6.15, interrupt 17).</summary>
    public bool ChecksAlignment => s->Cpl == 3 && (s->Cr0 & 0x40000) != 0 && (s->OtherFlags & EflagsBits.AlignmentCheck) != 0;

    /// <summary>Reads 1 to 16 bytes.</summary>
    public void Read(uint linear, byte* destination, int size, MemoryAccess access)
    {
        Check(linear, size, access);
        int first = BytesInPage(linear, size);
        uint physical = Translate(linear, access);
        uint next = first < size ? Translate(linear + (uint)first, access) : 0;
        ReadPhysical(physical, destination, first);
        if (first < size)
            ReadPhysical(next, destination + first, size - first);
    }

    /// <summary>Writes 1 to 16 bytes; no byte is written when one of the pages faults.</summary>
    public void Write(uint linear, byte* source, int size, MemoryAccess access)
    {
        Check(linear, size, access);
        int first = BytesInPage(linear, size);
        uint physical = Translate(linear, access);
        uint next = first < size ? Translate(linear + (uint)first, access) : 0;
        WritePhysical(physical, source, first);
        if (first < size)
            WritePhysical(next, source + first, size - first);
    }

    /// <summary>The physical address behind a linear one; faults where the access is not allowed. Keeps the page in the TLB.</summary>
    public uint Translate(uint linear, MemoryAccess access) => TryTranslate(linear, access, out uint physical) is { } fault ? throw fault : physical;

    /// <summary>The same; returns what <see cref="Translate"/> throws, which costs a fraction of it.</summary>
    public Exception? TryTranslate(uint linear, MemoryAccess access, out uint physical)
    {
        bool user = (access & MemoryAccess.User) != 0;
        physical = 0;
        switch (processor.Owner.Translate(processor, linear, access, out PageTranslation page))
        {
            case WalkResult.Fault:
                return CpuFault.Page(linear, page.ErrorCode);
            case WalkResult.Stop:
                return new CpuStopped();
        }
        if (memory.Contains(page.PhysicalPage, GuestMemory.PageSize))
        {
            bool writable = page.Writable && !code.HasCode(page.PhysicalPage);
            tlb.Set(linear, user, memory.Base + page.PhysicalPage, writable, page.Global);
        }
        physical = page.PhysicalPage | (linear & 0xFFF);
        return null;
    }

    static int BytesInPage(uint linear, int size) => Math.Min(size, (int)(GuestMemory.PageSize - (linear & 0xFFF)));

    void Check(uint linear, int size, MemoryAccess access)
    {
        if (s->Tlb != tlb.Empty)
            return;
        if (ChecksAlignment && (access & MemoryAccess.User) != 0 && size <= 8 && (linear & (uint)(size - 1)) != 0)
            throw CpuFault.Alignment();
        if (DebugEvents.HasBreakpoints(s))
            DebugEvents.NoteAccess(s, linear, (uint)size, (access & MemoryAccess.Write) != 0);
    }

    void ReadPhysical(uint physical, byte* destination, int size)
    {
        if (memory.Contains(physical, (uint)size))
        {
            Buffer.MemoryCopy(memory.Base + physical, destination, size, size);
            return;
        }
        for (int done = 0; done < size;)
        {
            int piece = PieceSize(physical, size - done);
            uint value = processor.Owner.ReadDevice(processor, physical, piece);
            for (int i = 0; i < piece; i++)
                destination[done + i] = (byte)(value >> (8 * i));
            done += piece;
            physical += (uint)piece;
        }
        LeaveBlockOnRequest();
    }

    void WritePhysical(uint physical, byte* source, int size)
    {
        if (memory.Contains(physical, (uint)size))
        {
            Buffer.MemoryCopy(source, memory.Base + physical, size, size);
            code.NoteWrite(physical, (uint)size);
            return;
        }
        for (int done = 0; done < size;)
        {
            int piece = PieceSize(physical, size - done);
            uint value = 0;
            for (int i = 0; i < piece; i++)
                value |= (uint)source[done + i] << (8 * i);
            processor.Owner.WriteDevice(processor, physical, piece, value);
            done += piece;
            physical += (uint)piece;
        }
        LeaveBlockOnRequest();
    }

    // An interrupt that a device raises at an access comes after the instruction.
    void LeaveBlockOnRequest()
    {
        if (s->Request != 0)
            s->BlockEnd = null;
    }

    // A device sees an access as the processor's bus would make it: naturally aligned pieces of 1, 2 or 4 bytes.
    static int PieceSize(uint physical, int left) =>
        left >= 4 && (physical & 3) == 0 ? 4 : left >= 2 && (physical & 1) == 0 ? 2 : 1;
}
