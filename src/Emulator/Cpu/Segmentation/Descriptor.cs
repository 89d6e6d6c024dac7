namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>A segment, system or gate descriptor (Intel SDM vol. 3, 3.4.5, 3.5 and 5.8.3).</summary>
/// <param name="Value">The eight bytes, little-endian.</param>
public readonly record struct Descriptor(ulong Value)
{
    const uint AccessedBit = 0x100, BusyBit = 0x200;

    /// <summary>The second doubleword, where type, privilege and presence are.</summary>
    public uint High => (uint)(Value >> 32);

    /// <summary>Access byte, type included.</summary>
    public DescriptorType Type => (DescriptorType)((High >> 8) & 0x1F);

    /// <summary>Descriptor privilege level.</summary>
    public int Dpl => (int)(High >> 13) & 3;

    /// <summary>Segment present.</summary>
    public bool Present => (High & 0x8000) != 0;

    /// <summary>A code or data segment, not a system segment or gate.</summary>
    public bool IsCodeOrData => (High & 0x1000) != 0;

    /// <summary>A code segment.</summary>
    public bool IsCode => (High & 0x1800) == 0x1800;

    /// <summary>A code segment that runs at its caller's privilege.</summary>
    public bool IsConforming => (High & 0x1C00) == 0x1C00;

    /// <summary>A data segment that may be written.</summary>
    public bool IsWritableData => (High & 0x1A00) == 0x1200;

    /// <summary>A data segment, or a code segment that may be read.</summary>
    public bool IsReadable => IsCodeOrData && (High & 0x0A00) != 0x0800;

    /// <summary>A task state segment no task runs in, of either size.</summary>
    public bool IsAvailableTss => Type is DescriptorType.AvailableTss16 or DescriptorType.AvailableTss32;

    /// <summary>A task state segment of a running or interrupted task, of either size.</summary>
    public bool IsBusyTss => Type is DescriptorType.BusyTss16 or DescriptorType.BusyTss32;

    /// <summary>For TSS and gates: whether it is the 32-bit kind.</summary>
    public bool IsSystem32 => (High & 0x800) != 0;

    /// <summary>Highest offset in bytes, granularity applied.</summary>
    public uint Limit
    {
        get
        {
            uint limit = ((uint)Value & 0xFFFF) | (High & 0xF0000);
            return (High & 0x800000) != 0 ? (limit << 12) | 0xFFF : limit;
        }
    }

    /// <summary>A gate's segment selector.</summary>
    public ushort GateSelector => (ushort)(Value >> 16);

    /// <summary>A gate's offset: 32 bits, or 16 in a 16-bit gate.</summary>
    public uint GateOffset => IsSystem32 ? ((uint)Value & 0xFFFF) | (High & 0xFFFF0000) : (uint)Value & 0xFFFF;

    /// <summary>How many words or doublewords a call gate copies.</summary>
    public int GateParameters => (int)(High & 0x1F);

    /// <summary>The same with its accessed bit.</summary>
    public Descriptor Accessed => new(Value | ((ulong)AccessedBit << 32));

    /// <summary>The same TSS, busy.</summary>
    public Descriptor Busy => new(Value | ((ulong)BusyBit << 32));

    /// <summary>The same TSS, available.</summary>
    public Descriptor NotBusy => new(Value & ~((ulong)BusyBit << 32));

    /// <summary>Whether the accessed bit is set.</summary>
    public bool IsAccessed => (High & AccessedBit) != 0;

    /// <summary>A segment of 64 KB or less at an address, as real and virtual-8086 mode make them.</summary>
    /// <param name="baseAddress">Linear address of offset 0.</param>
    /// <param name="limit">Highest offset in bytes; beyond 1 MB in units of 4 KB.</param>
    /// <param name="attributes">Descriptor bits 40 to 55, those of the limit left 0; the granularity bit is set as the limit needs it.</param>
    public static Descriptor ForSegment(uint baseAddress, uint limit, ushort attributes)
    {
        bool pages = limit > 0xFFFFF;
        uint units = pages ? limit >> 12 : limit;
        uint high = (baseAddress & 0xFF000000) | ((baseAddress >> 16) & 0xFF)
            | (units & 0xF0000)
            | (uint)((attributes & 0x70FF) << 8)
            | (pages ? 0x800000u : 0);
        return new(((ulong)high << 32) | (baseAddress << 16) | (units & 0xFFFF));
    }
}

/// <summary>The S bit and type of a descriptor, for system segments and gates (Intel SDM vol. 3, table 3-2).</summary>
public enum DescriptorType : byte
{
    /// <summary>16-bit TSS, available.</summary>
    AvailableTss16 = 1,
    /// <summary>Local descriptor table.</summary>
    Ldt = 2,
    /// <summary>16-bit TSS, busy.</summary>
    BusyTss16 = 3,
    /// <summary>16-bit call gate.</summary>
    CallGate16 = 4,
    /// <summary>Task gate.</summary>
    TaskGate = 5,
    /// <summary>16-bit interrupt gate.</summary>
    InterruptGate16 = 6,
    /// <summary>16-bit trap gate.</summary>
    TrapGate16 = 7,
    /// <summary>32-bit TSS, available.</summary>
    AvailableTss32 = 9,
    /// <summary>32-bit TSS, busy.</summary>
    BusyTss32 = 11,
    /// <summary>32-bit call gate.</summary>
    CallGate32 = 12,
    /// <summary>32-bit interrupt gate.</summary>
    InterruptGate32 = 14,
    /// <summary>32-bit trap gate.</summary>
    TrapGate32 = 15,
}
