using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Cpu.Blocks;

/// <summary>Blocks by linear address: the short way from one block to the next.</summary>
/// <remarks>
/// An entry counts while its key is the present one. Flushes change the key, but kernels flush often and mostly map the same pages again: an entry of an older
/// key is revived when the table of executable pages, which a flush does empty, has its page where it was, and no block was dropped since. Machine code does
/// the same (<see cref="Translate.Thunks.Dispatch"/>).
/// </remarks>
sealed unsafe class JumpCache : IDisposable
{
    /// <summary>Sets of entries, in each of which a linear address may be in either of two.</summary>
    public const int Sets = 1 << 14;

    const int Size = 2 * Sets;

    /// <summary>Executable pages that are known, of each privilege; a power of two.</summary>
    public const int PageSlots = 1 << 12;

    // Where the generation is in a key; the mode is below.
    const int GenerationShift = 4;

    readonly Entry* entries = (Entry*)NativeMemory.AlignedAlloc(Size * (nuint)sizeof(Entry), 64);   // a set in one cache line
    readonly Block** blocks = (Block**)NativeMemory.AllocZeroed(Size, (nuint)sizeof(Block*));   // of the entries: machine code does not need them
    readonly ExecutablePage* pages = (ExecutablePage*)NativeMemory.Alloc(2 * PageSlots, (nuint)sizeof(ExecutablePage));
    readonly ulong[] used = new ulong[2 * PageSlots / 64];
    uint generation;

    public JumpCache()
    {
        NativeMemory.Clear(entries, Size * (nuint)sizeof(Entry));
        new Span<ExecutablePage>(pages, 2 * PageSlots).Fill(new ExecutablePage { Number = ExecutablePage.None });
        Advance();
    }

    /// <summary>What the key of an entry is now, but for the mode.</summary>
    public uint Key => generation << GenerationShift;

    /// <summary>Entries with lower keys may hold blocks that are no longer there.</summary>
    public uint OldestKey { get; private set; }

    /// <summary>The first entry, for machine code that looks by itself.</summary>
    public Entry* Entries => entries;

    /// <summary>The executable pages of a privilege, likewise.</summary>
    public ExecutablePage* Pages(bool user) => pages + (user ? PageSlots : 0);

    /// <summary>The block at a linear address, under the present key; else null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Block* Find(uint linear, uint key)
    {
        Entry* entry = EntryOf(linear);
        return entry->Linear == linear && entry->Key == key ? blocks[entry - entries] : null;
    }

    /// <summary>The block at a linear address, where it is still there although its key is not <paramref name="key"/>, which it then is; else null.</summary>
    public Block* Revive(uint linear, uint key, bool user)
    {
        Entry* entry = EntryOf(linear);
        if (entry->Linear != linear || entry->Key < OldestKey || ((entry->Key ^ key) & (uint)BlockMode.Mask) != 0)
            return null;
        if (!TryGetPage(linear, user, out uint physicalPage) || ((entry->Physical ^ physicalPage) & ~0xFFFu) != 0)
            return null;
        entry->Key = key;
        return blocks[entry - entries];
    }

    /// <summary>Enters a block, with the place of its machine code. The older one of its set goes.</summary>
    public void Set(uint linear, uint key, Block* block, int native)
    {
        Entry* entry = EntryOf(linear);
        if (entry->Linear != linear)
        {
            entry = SetOf(linear);
            entry[1] = entry[0];
            blocks[entry - entries + 1] = blocks[entry - entries];
        }
        *entry = new Entry { Linear = linear, Key = key, Physical = block->Physical, Native = native };
        blocks[entry - entries] = block;
    }

    /// <summary>A block's machine code is elsewhere now.</summary>
    public void SetNative(uint linear, Block* block, int native)
    {
        Entry* entry = EntryOf(linear);
        if (blocks[entry - entries] == block)
            entry->Native = native;
    }

    /// <summary>The physical page behind an executable linear page, when known.</summary>
    public bool TryGetPage(uint linear, bool user, out uint physicalPage)
    {
        ExecutablePage* page = PageSlot(linear, user);
        physicalPage = page->Place & ~0xFFFu;
        return page->Number == linear >> 12;
    }

    /// <summary>Remembers an executable page. True: another one had to go, and the key has changed.</summary>
    public bool AddPage(uint linear, bool user, uint physicalPage, bool isGlobal)
    {
        ExecutablePage* page = PageSlot(linear, user);
        bool evicts = page->Number != ExecutablePage.None;
        *page = new ExecutablePage { Number = linear >> 12, Place = physicalPage | (isGlobal ? ExecutablePage.Global : 0) };
        long slot = page - pages;
        used[slot / 64] |= 1ul << (int)(slot % 64);
        if (evicts)
            Advance();
        return evicts;
    }

    /// <summary>Forgets one page. True: it was known, and the key has changed.</summary>
    public bool FlushPage(uint linear)
    {
        bool known = false;
        for (int user = 0; user < 2; user++)
        {
            ExecutablePage* page = PageSlot(linear, user != 0);
            if (page->Number != linear >> 12)
                continue;
            page->Number = ExecutablePage.None;
            known = true;
        }
        if (known)
            Advance();
        return known;
    }

    /// <summary>Forgets all pages, or all that are not global.</summary>
    public void Flush(bool includeGlobal)
    {
        for (int word = 0; word < used.Length; word++)
        {
            for (ulong left = used[word]; left != 0; left &= left - 1)
            {
                ExecutablePage* page = pages + (word * 64) + BitOperations.TrailingZeroCount(left);
                if ((page->Place & ExecutablePage.Global) != 0 && !includeGlobal)
                    continue;
                page->Number = ExecutablePage.None;
                used[word] &= ~(left & (0 - left));
            }
        }
        Advance();
    }

    /// <summary>Forgets all entries, keeping the pages: blocks were dropped.</summary>
    public void DropEntries()
    {
        Advance();
        OldestKey = Key;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(entries);
        NativeMemory.Free(blocks);
        NativeMemory.Free(pages);
    }

    void Advance()
    {
        generation++;
        if (Key != 0)
            return;
        // It has gone round: no entry of the last round may look like one of this.
        NativeMemory.Clear(entries, Size * (nuint)sizeof(Entry));
        generation++;
        OldestKey = Key;
    }

    Entry* SetOf(uint linear) => entries + (2 * ((linear ^ (linear >> 12)) & (Sets - 1)));

    // That of a linear address, or some other.
    Entry* EntryOf(uint linear)
    {
        Entry* entry = SetOf(linear);
        return entry->Linear == linear ? entry : entry + 1;
    }

    ExecutablePage* PageSlot(uint linear, bool user) => Pages(user) + ((linear >> 12) & (PageSlots - 1));

    /// <summary>One block by linear address and key: all that machine code needs to go there.</summary>
    public struct Entry
    {
        public uint Linear;
        public uint Key;

        /// <summary>The block's physical address.</summary>
        public uint Physical;

        /// <summary>Where its machine code begins, as an offset in the code cache.</summary>
        public int Native;
    }

    /// <summary>An executable page by its linear page number.</summary>
    public struct ExecutablePage
    {
        /// <summary>The number of no page.</summary>
        public const uint None = uint.MaxValue;

        /// <summary>In <see cref="Place"/>: only a flush of all pages forgets it.</summary>
        public const uint Global = 1;

        public uint Number;

        /// <summary>The physical page, and what is known of it in the bits below.</summary>
        public uint Place;
    }
}
