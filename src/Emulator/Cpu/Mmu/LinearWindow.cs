using System.Runtime.InteropServices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Mmu;

/// <summary>Which pages of RAM the host's own MMU shows at the guest's linear addresses, for translated code.</summary>
/// <remarks>
/// What is shown says nothing about what may be accessed: the TLB does, and no page is reached through the window while there is no <see cref="WindowTag"/> for it.
/// So the window may show too much, or what a guest has long unmapped; a page's place changes when the page is wanted elsewhere. Mapping a page costs as much
/// as a hundred look-ups in the TLB, so that only pages in use are, and those that follow each other in both address spaces, as a kernel's view of RAM, together.
/// </remarks>
sealed unsafe class LinearWindow : IDisposable
{
    // Pieces that are mapped before all are given up: a process can have 65,530 of them.
    const int MostPieces = 4096;

    const uint Unknown = uint.MaxValue;

    const uint ChunkSize = 1 << 16;

    const int PagesInChunk = (int)(ChunkSize / GuestMemory.PageSize);

    readonly IMemoryWindow window;
    readonly uint ramSize;
    readonly uint* shown = (uint*)NativeMemory.AllocZeroed(1 << 20, sizeof(uint));
    readonly List<uint> used = [];

    /// <summary>Takes over a window; <paramref name="ramSize"/> in bytes.</summary>
    public LinearWindow(IMemoryWindow window, uint ramSize)
    {
        this.window = window;
        this.ramSize = ramSize;
    }

    /// <summary>Where linear address 0 is.</summary>
    public byte* Base => window.Base;

    /// <summary>Whether there are as many pieces as there should be.</summary>
    public bool IsFull => used.Count >= MostPieces;

    /// <summary>Whether a page of RAM is at a linear page.</summary>
    public bool Shows(uint linear, uint physical) => shown[linear >> 12] == Mark(physical) && CanShow(linear);

    /// <summary>Whether a linear page may be shown: the first and the last may not, so that code that adds a little to an address in another page never wraps around.</summary>
    public static bool CanShow(uint linear) => linear - GuestMemory.PageSize < uint.MaxValue - 2 * GuestMemory.PageSize + 1;

    /// <summary>Shows a page of RAM at a linear page, in place of what was there. False: the host won't.</summary>
    public bool TryShow(uint linear, uint physical)
    {
        uint offset = linear & (ChunkSize - 1), length = GuestMemory.PageSize;
        if (offset == (physical & (ChunkSize - 1)) && ramSize - physical + offset >= ChunkSize && IsUnused(linear - offset))
        {
            linear -= offset;
            physical -= offset;
            length = ChunkSize;
        }
        bool shows = window.TryShow(linear, physical, length);
        used.Add(linear >> 12);
        for (uint at = 0; at < length; at += GuestMemory.PageSize)
            shown[(linear + at) >> 12] = shows ? Mark(physical + at) : Unknown;
        return shows;
    }

    /// <summary>Gives up all that is shown. False: the host won't, and what is shown stays as it is.</summary>
    public bool TryClear()
    {
        if (!window.TryClear())
            return false;
        foreach (uint page in used)
            new Span<uint>(shown + (page & ~(uint)(PagesInChunk - 1)), PagesInChunk).Clear();
        used.Clear();
        return true;
    }

    public void Dispose()
    {
        window.Dispose();
        NativeMemory.Free(shown);
    }

    static uint Mark(uint physical) => (physical >> 12) + 1;

    bool IsUnused(uint chunk) => !new ReadOnlySpan<uint>(shown + (chunk >> 12), PagesInChunk).ContainsAnyExcept(0u);
}
