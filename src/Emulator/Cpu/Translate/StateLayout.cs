using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Offsets of the fields that machine code names.</summary>
static unsafe class StateLayout
{
    public static readonly int Eip = Offset(&State->Eip);
    public static readonly int OtherFlags = Offset(&State->OtherFlags);
    public static readonly int BlockKey = Offset(&State->BlockKey);
    public static readonly int Tlb = Offset(&State->Tlb);
    public static readonly int Limit = Offset(&State->Native.Limit);
    public static readonly int Remaining = Offset(&State->Native.Remaining);
    public static readonly int Flags = Offset(&State->Native.Flags);
    public static readonly int Scratch = Offset(&State->Native.Scratch);
    public static readonly int JumpEntries = Offset(&State->Native.JumpEntries);
    public static readonly int Arena = Offset(&State->Native.Arena);
    public static readonly int Execute = Offset(&State->Native.Execute);
    public static readonly int LinkSite = Offset(&State->Native.LinkSite);
    public static readonly int BlockNative = (int)(nint)(&((Block*)null)->Native);
    public static readonly int JumpKey = (int)(nint)(&((JumpCache.Entry*)null)->Key);
    public static readonly int JumpBlock = (int)(nint)(&((JumpCache.Entry*)null)->Block);
    static readonly int Es = Offset(&State->Es);
    static readonly int FlatRead = (int)(nint)(&((Segment*)null)->FlatRead);
    static readonly int FlatWrite = (int)(nint)(&((Segment*)null)->FlatWrite);

#pragma warning disable CS0420 // only the field's place is taken
    public static readonly int Request = Offset((void*)&State->Request);
#pragma warning restore CS0420

    static CpuState* State => null;

    /// <summary>A general register.</summary>
    public static int Register(int number) => number * sizeof(uint);

    /// <summary>The base of a segment register.</summary>
    public static int SegmentBase(int segment) => Es + segment * sizeof(Segment);

    /// <summary>The byte that allows reads, or writes, at any offset of a segment.</summary>
    public static int SegmentFlat(int segment, bool write) => SegmentBase(segment) + (write ? FlatWrite : FlatRead);

    static int Offset(void* field) => (int)(nint)field;
}
