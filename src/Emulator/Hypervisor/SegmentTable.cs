namespace LguestPS.Emulator.Hypervisor;

/// <summary>The guest's segment descriptors: 32 entries, kept by the hypervisor and loaded one by one or, for thread-local storage, three at a time.</summary>
sealed class SegmentTable
{
    /// <summary>Entries.</summary>
    public const int Length = 32;

    /// <summary>The guest kernel's code segment, privilege level 1.</summary>
    public const ushort KernelCode = (CodeEntry << 3) | 1;

    /// <summary>The guest kernel's data segment, privilege level 1.</summary>
    public const ushort KernelData = (DataEntry << 3) | 1;

    /// <summary>First of the three entries of thread-local storage.</summary>
    public const int TlsFirst = 6;

    /// <summary>Entries of thread-local storage.</summary>
    public const int TlsCount = 3;

    const int CodeEntry = 12, DataEntry = 13;
    const uint FlatPages = 0x00CF0000;
    const ulong FlatCode = ((ulong)(FlatPages | 0xBB00) << 32) | 0xFFFF, FlatData = ((ulong)(FlatPages | 0xB300) << 32) | 0xFFFF;

    // Its own segments, task state and double-fault task: a host keeps these for itself.
    const uint HostEntries = 1u << 10 | 1u << 11 | 1u << 16 | 1u << 31;

    readonly ulong[] entries = new ulong[Length];

    /// <summary>The table of a guest that has loaded nothing: flat 4 GB code and data segments of ring 1.</summary>
    public SegmentTable()
    {
        entries[CodeEntry] = FlatCode;
        entries[DataEntry] = FlatData;
    }

    /// <summary>The descriptor of an entry.</summary>
    public ulong this[int index] => entries[index];

    /// <summary>Finds a descriptor by selector. False: it names a local table (there is none) or an entry beyond the table.</summary>
    public bool TryRead(ushort selector, out ulong descriptor)
    {
        int index = selector >> 3;
        bool exists = (selector & 4) == 0 && index < Length;
        descriptor = exists ? entries[index] : 0;
        return exists;
    }

    /// <summary>Loads an entry as a guest may have it: nothing of it has ring 0's privilege, and segments are marked accessed. Loads of the host's entries are ignored.</summary>
    public void Load(int index, uint low, uint high)
    {
        const uint dplMask = 3 << 13, ringOne = 1 << 13, isSegment = 1 << 12, accessed = 1 << 8;
        if ((HostEntries >> index & 1) != 0)
            return;
        if ((high & dplMask) == 0)
            high |= ringOne;
        if ((high & isSegment) != 0)   // in a system descriptor that bit belongs to its type
            high |= accessed;
        entries[index] = (ulong)high << 32 | low;
    }

    /// <summary>The processor's own updates of a high word (busy bits; accessed bits are set already).</summary>
    public void WriteHigh(ushort selector, uint high)
    {
        int index = selector >> 3;
        if ((selector & 4) == 0 && index < Length)
            entries[index] = (ulong)high << 32 | (uint)entries[index];
    }
}
