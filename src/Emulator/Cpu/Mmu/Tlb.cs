using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Cpu.Mmu;

/// <summary>Three tables of <see cref="TlbEntry"/>: for supervisors, for ring 3, and one that stays empty, for times when every access must be looked at.</summary>
sealed unsafe class Tlb : IDisposable
{
    /// <summary>Entries in a table.</summary>
    public const int Size = 1024;

    readonly TlbEntry* entries = (TlbEntry*)NativeMemory.AlignedAlloc(3 * Size * (nuint)sizeof(TlbEntry), 64);
    readonly bool[] global = new bool[2 * Size];

    public Tlb()
    {
        for (int i = 0; i < 3 * Size; i++)
            entries[i] = new TlbEntry { ReadTag = TlbEntry.Invalid, WriteTag = TlbEntry.Invalid };
    }

    /// <summary>The supervisors' table.</summary>
    public TlbEntry* Supervisor => entries;

    /// <summary>Ring 3's table.</summary>
    public TlbEntry* User => entries + Size;

    /// <summary>The empty table.</summary>
    public TlbEntry* Empty => entries + (2 * Size);

    /// <summary>Where a linear address belongs in a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Index(uint linear) => (linear >> 12) & (Size - 1);

    /// <summary>Enters a page.</summary>
    public void Set(uint linear, bool user, byte* hostPage, bool writable, bool isGlobal)
    {
        uint index = Index(linear) + (user ? Size : 0u);
        uint tag = linear & ~0xFFFu;
        TlbEntry* entry = entries + index;
        entry->ReadTag = tag;
        entry->WriteTag = writable ? tag : TlbEntry.Invalid;
        entry->Addend = (ulong)hostPage - tag;
        global[index] = isGlobal;
    }

    /// <summary>Forgets one linear page.</summary>
    public void FlushPage(uint linear)
    {
        for (uint index = Index(linear); index < 2 * Size; index += Size)
            if (entries[index].ReadTag == (linear & ~0xFFFu))
                Invalidate(index);
    }

    /// <summary>Forgets all pages, or all that are not global.</summary>
    public void Flush(bool includeGlobal)
    {
        for (uint index = 0; index < 2 * Size; index++)
            if (includeGlobal || !global[index])
                Invalidate(index);
    }

    /// <summary>Makes the next write of a host page go the slow way, by whatever linear address.</summary>
    public void ForbidWrites(byte* hostPage)
    {
        for (uint index = 0; index < 2 * Size; index++)
            if (entries[index].WriteTag != TlbEntry.Invalid && (byte*)(entries[index].Addend + entries[index].WriteTag) == hostPage)
                entries[index].WriteTag = TlbEntry.Invalid;
    }

    public void Dispose() => NativeMemory.AlignedFree(entries);

    void Invalidate(uint index)
    {
        entries[index].ReadTag = TlbEntry.Invalid;
        entries[index].WriteTag = TlbEntry.Invalid;
    }
}
