using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Offsets of the fields that machine code names.</summary>
static unsafe class StateLayout
{
    public static readonly int Eip, OtherFlags, Cpl, BlockKey, Tlb, WindowTags;
    public static readonly int Remaining, StopAt, Flags, Scratch, StringSource, ShiftSource, JumpEntries, Slide, Code, CodePages, OldestKey, MissedAddress, MissedAccess, Arena, Execute, Window, ShowNext, LinkSite, ApartBlock;
    public static readonly int FpuPlace, HostControl, HostMxcsr, FpuEip, FpuOpcode, FpuData, FpuSegment, FpuImage, EnterFpu;
    public static readonly int ExactBase, LoadedBase, FaultSite, FaultAddress, ColdPath, FindColdPath;

    /// <summary>In a <see cref="JumpCache.Entry"/> and a <see cref="JumpCache.ExecutablePage"/>; and the size of the latter.</summary>
    public static readonly int JumpKey, JumpPhysical, JumpNative, PagePlace, ExecutablePage;

    /// <summary>In a <see cref="TlbEntry"/>.</summary>
    public static readonly int WriteTag, Addend;

    static readonly int Es, Selector, FlatRead, FlatWrite;

    static StateLayout()
    {
        CpuState state;
        CpuState* s = &state;
        Eip = Distance(s, &s->Eip);
        OtherFlags = Distance(s, &s->OtherFlags);
        Cpl = Distance(s, &s->Cpl);
        BlockKey = Distance(s, &s->BlockKey);
        Tlb = Distance(s, &s->Tlb);
        WindowTags = Distance(s, &s->WindowTags);
        Remaining = Distance(s, &s->Native.Remaining);
        StopAt = Distance(s, &s->Native.StopAt);
        Flags = Distance(s, &s->Native.Flags);
        Scratch = Distance(s, &s->Native.Scratch);
        StringSource = Distance(s, &s->Native.StringSource);
        ShiftSource = Distance(s, &s->Native.ShiftSource);
        JumpEntries = Distance(s, &s->Native.JumpEntries);
        Slide = Distance(s, &s->Native.Slide);
        Code = Distance(s, &s->Native.Code);
        CodePages = Distance(s, &s->Native.CodePages);
        OldestKey = Distance(s, &s->Native.OldestKey);
        MissedAddress = Distance(s, &s->Native.MissedAddress);
        MissedAccess = Distance(s, &s->Native.MissedAccess);
        Arena = Distance(s, &s->Native.Arena);
        Execute = Distance(s, &s->Native.Execute);
        ApartBlock = Distance(s, &s->Native.ApartBlock);
        ShowNext = Distance(s, &s->Native.ShowNext);
        Window = Distance(s, &s->Native.Window);
        LinkSite = Distance(s, &s->Native.LinkSite);
        FpuPlace = Distance(s, &s->Native.FpuPlace);
        HostControl = Distance(s, &s->Native.HostControl);
        HostMxcsr = Distance(s, &s->Native.HostMxcsr);
        FpuEip = Distance(s, &s->Native.FpuEip);
        FpuOpcode = Distance(s, &s->Native.FpuOpcode);
        FpuData = Distance(s, &s->Native.FpuData);
        FpuSegment = Distance(s, &s->Native.FpuSegment);
        FpuImage = Distance(s, &s->Native.FpuImage);
        EnterFpu = Distance(s, &s->Native.EnterFpu);
        ExactBase = Distance(s, &s->Native.ExactBase);
        LoadedBase = Distance(s, &s->Native.LoadedBase);
        FaultSite = Distance(s, &s->Native.FaultSite);
        FaultAddress = Distance(s, &s->Native.FaultAddress);
        ColdPath = Distance(s, &s->Native.ColdPath);
        FindColdPath = Distance(s, &s->Native.FindColdPath);
        Es = Distance(s, &s->Es);
        Selector = Distance(&s->Es, &s->Es.Selector);
        FlatRead = Distance(&s->Es, &s->Es.FlatRead);
        FlatWrite = Distance(&s->Es, &s->Es.FlatWrite);

        TlbEntry page;
        WriteTag = Distance(&page, &(&page)->WriteTag);
        Addend = Distance(&page, &(&page)->Addend);
        JumpCache.ExecutablePage executable;
        PagePlace = Distance(&executable, &(&executable)->Place);
        ExecutablePage = sizeof(JumpCache.ExecutablePage);
        JumpCache.Entry entry;
        JumpKey = Distance(&entry, &(&entry)->Key);
        JumpPhysical = Distance(&entry, &(&entry)->Physical);
        JumpNative = Distance(&entry, &(&entry)->Native);
    }

    /// <summary>A general register.</summary>
    public static int Register(int number) => number * sizeof(uint);

    /// <summary>The base of a segment register.</summary>
    public static int SegmentBase(int segment) => Es + segment * sizeof(Segment);

    /// <summary>The visible part of a segment register.</summary>
    public static int SegmentSelector(int segment) => SegmentBase(segment) + Selector;

    /// <summary>The byte that allows reads, or writes, at any offset of a segment.</summary>
    public static int SegmentFlat(int segment, bool write) => SegmentBase(segment) + (write ? FlatWrite : FlatRead);

    static int Distance(void* start, void* field) => (int)((byte*)field - (byte*)start);
}
