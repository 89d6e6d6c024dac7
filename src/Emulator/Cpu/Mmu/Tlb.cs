using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Mmu;

/// <summary>Three tables of <see cref="TlbEntry"/>: for supervisors, for ring 3, and one that stays empty, for times when every access must be looked at. Each has a table of <see cref="WindowTag"/> beside it.</summary>
/// <param name="ram">Guest-physical address 0.</param>
/// <param name="window">Where pages can be shown; null where they can't be.</param>
/// <param name="exact">The same for those that may be accessed without a look; what is there is never more than this TLB has allowed.</param>
sealed unsafe class Tlb(byte* ram, LinearWindow? window, ExactWindows? exact) : IDisposable
{
    /// <summary>Entries in a table.</summary>
    public const int Size = 1024;

    // Accesses of translated code to a page before the window shows it.
    const uint UsesBeforeShown = 48;

    // Pages, a power of two, that come into an exact window together where they are known: each alone costs a fault.
    const uint PagesAround = 16;

    /// <summary>The same where it won't.</summary>
    public const int MostUses = (int)GuestMemory.PageSize - 1;

    readonly TlbEntry* entries = AllocateEntries();
    readonly WindowTag* tags = AllocateTags();
    readonly bool[] global = new bool[2 * Size];

    // A bit for each entry that may hold a page: kernels flush often, mostly few pages.
    readonly ulong[] used = new ulong[2 * Size / 64];

    /// <summary>The supervisors' table.</summary>
    public TlbEntry* Supervisor => entries;

    /// <summary>Ring 3's table.</summary>
    public TlbEntry* User => entries + Size;

    /// <summary>The empty table.</summary>
    public TlbEntry* Empty => entries + (2 * Size);

    /// <summary>Where a linear address belongs in a table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Index(uint linear) => (linear >> 12) & (Size - 1);

    /// <summary>The tags beside one of the tables.</summary>
    public WindowTag* TagsOf(TlbEntry* table) => tags + (table - entries);

    /// <summary>Enters a page.</summary>
    public void Set(uint linear, bool user, byte* hostPage, bool writable, bool isGlobal)
    {
        uint index = Index(linear) + (user ? Size : 0u);
        uint page = linear & ~0xFFFu;
        TlbEntry* entry = entries + index;
        entry->ReadTag = page;
        entry->WriteTag = writable ? page : TlbEntry.Invalid;
        entry->Addend = (ulong)hostPage - page;
        global[index] = isGlobal;
        used[index / 64] |= 1ul << (int)(index % 64);
        if (window != null && window.Shows(page, (uint)(hostPage - ram)))
            CopyTags(index);
        else
            Hide(index);
        exact?.Of(user).Replace(page, Physical(entry));
    }

    /// <summary>Translated code has run into the absence of a page from an exact window, and the access has been done: lets it, and its neighbours that are known, be accessed there.</summary>
    public void ShowExactly(uint linear, bool user)
    {
        TlbEntry* table = user ? User : Supervisor;
        if (exact is null || table[Index(linear)].ReadTag != (linear & ~0xFFFu))
            return;
        uint first = linear & ~(PagesAround * GuestMemory.PageSize - 1);
        for (uint page = first; page - first < PagesAround * GuestMemory.PageSize; page += GuestMemory.PageSize)
        {
            TlbEntry* entry = table + Index(page);
            bool writable = entry->WriteTag == page;
            if (entry->ReadTag == page && !exact.Of(user).Shows(page, Physical(entry), writable))
                exact.Of(user).Show(page, Physical(entry), writable, global[entry - entries]);
        }
    }

    /// <summary>Where the window shows linear address 0; null when there is none.</summary>
    public byte* Window => window != null ? window.Base : null;

    /// <summary>The page of an entry has been used often: shows it in the window. Translated code must not be running.</summary>
    public void Show(TlbEntry* entry)
    {
        if (entry->ReadTag == TlbEntry.Invalid)
            return;
        uint index = (uint)(entry - entries);
        uint page = entries[index].ReadTag, physical = Physical(entry);
        // Both tables may have had another page there.
        Hide(index & (Size - 1));
        Hide(index & (Size - 1) | Size);
        if (window is { IsFull: true } && window.TryClear())
            for (uint each = 0; each < 2 * Size; each++)
                Hide(each);
        if (window is { IsFull: false } && LinearWindow.CanShow(page) && window.TryShow(page, physical))
            CopyTags(index);
        else
            tags[index].Read = MostUses;
    }

    /// <summary>Forgets one linear page.</summary>
    public void FlushPage(uint linear)
    {
        for (uint index = Index(linear); index < 2 * Size; index += Size)
            if (entries[index].ReadTag == (linear & ~0xFFFu))
                Invalidate(index);
        exact?.Supervisor.Hide(linear);
        exact?.User.Hide(linear);
    }

    /// <summary>Forgets all pages, or all that are not global.</summary>
    public void Flush(bool includeGlobal)
    {
        for (uint word = 0; word < used.Length; word++)
        {
            for (ulong left = used[word]; left != 0; left &= left - 1)
            {
                uint index = word * 64 + (uint)BitOperations.TrailingZeroCount(left);
                if (!includeGlobal && global[index])
                    continue;
                Invalidate(index);
                used[word] &= ~(left & (0 - left));
            }
        }
        exact?.Supervisor.HideAll(includeGlobal);
        exact?.User.HideAll(includeGlobal);
    }

    /// <summary>Makes the next write of a host page go the slow way, by whatever linear address.</summary>
    public void ForbidWrites(byte* hostPage)
    {
        for (uint index = 0; index < 2 * Size; index++)
        {
            if (entries[index].WriteTag == TlbEntry.Invalid || (byte*)(entries[index].Addend + entries[index].WriteTag) != hostPage)
                continue;
            entries[index].WriteTag = TlbEntry.Invalid;
            tags[index].Write = TlbEntry.Invalid;
        }
        exact?.Supervisor.ForbidWrites((uint)(hostPage - ram));
        exact?.User.ForbidWrites((uint)(hostPage - ram));
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(entries);
        NativeMemory.AlignedFree(tags);
    }

    static TlbEntry* AllocateEntries()
    {
        var entries = (TlbEntry*)NativeMemory.AlignedAlloc(3 * Size * (nuint)sizeof(TlbEntry), 64);
        new Span<TlbEntry>(entries, 3 * Size).Fill(new TlbEntry { ReadTag = TlbEntry.Invalid, WriteTag = TlbEntry.Invalid });
        return entries;
    }

    static WindowTag* AllocateTags()
    {
        var tags = (WindowTag*)NativeMemory.AlignedAlloc(3 * Size * (nuint)sizeof(WindowTag), 64);
        new Span<WindowTag>(tags, 3 * Size).Fill(new WindowTag { Read = UsesBeforeShown, Write = TlbEntry.Invalid });
        return tags;
    }

    uint Physical(TlbEntry* entry) => (uint)((byte*)(entry->Addend + entry->ReadTag) - ram);

    void CopyTags(uint index) => tags[index] = new WindowTag { Read = entries[index].ReadTag, Write = entries[index].WriteTag };

    void Hide(uint index) => tags[index] = new WindowTag { Read = UsesBeforeShown, Write = TlbEntry.Invalid };

    void Invalidate(uint index)
    {
        entries[index].ReadTag = TlbEntry.Invalid;
        entries[index].WriteTag = TlbEntry.Invalid;
        Hide(index);
    }
}
