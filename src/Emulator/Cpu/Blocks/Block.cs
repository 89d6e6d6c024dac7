using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Cpu.Blocks;

/// <summary>A run of decoded instructions within one physical page, entered at its start only.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Block
{
    /// <summary>The instructions; the last one sets eip.</summary>
    public Op* Ops;

    /// <summary>Entries in <see cref="Ops"/>.</summary>
    public int OpCount;

    /// <summary>Instructions among them: without guards and the continuation at the end.</summary>
    public int Instructions;

    /// <summary>Physical address of the first byte. Machine code names eips by it, too: see <see cref="Translate.NativeState.Slide"/>.</summary>
    public uint Physical;

    /// <summary>Bytes of code.</summary>
    public uint Length;

    /// <summary>The mode that it was decoded for.</summary>
    public BlockMode Mode;

    /// <summary>Where the block's machine code begins, for those who come by a way on which interrupts need no look: the code cache's way out while there is none.</summary>
    public byte* Native;

    /// <summary>The same with a look at interrupts and the instruction limit before. Null while there is no machine code.</summary>
    public byte* NativeChecked;

    /// <summary>Behind the beginning, for those who bring the arithmetic flags in the host's as well; null where they are not wanted at once.</summary>
    public byte* NativeWithFlags;

    /// <summary>How often the block was met by samples of what runs, lately; its last sample's number.</summary>
    public uint Heat, SampledAt;

    /// <summary>Whether its machine code reaches memory directly.</summary>
    public bool IsDirect;

    /// <summary>How often it had to give that up.</summary>
    public byte GivenUp;

    /// <summary>The next block with the same hash.</summary>
    public Block* NextInBucket;

    /// <summary>The next block in the same page.</summary>
    public Block* NextInPage;
}

/// <summary>The parts of the processor's state that decoding and running a block depend on.</summary>
[Flags]
public enum BlockMode : uint
{
    /// <summary>16-bit protected-mode code in ring 0 to 2.</summary>
    None = 0,
    /// <summary>32-bit code segment.</summary>
    Code32 = 1,
    /// <summary>Real or virtual-8086 mode.</summary>
    NotProtected = 2,
    /// <summary>Ring 3. Part of the key since the page must be executable for it; the decoded form is the same.</summary>
    User = 4,
    /// <summary>The code segment has a limit below 4 GB. Part of the key only, so that no block runs past a limit that it was not checked against.</summary>
    LimitedCode = 8,
    /// <summary>What the decoded form depends on.</summary>
    Decoded = Code32 | NotProtected,
    /// <summary>All of these.</summary>
    Mask = 15,
}
