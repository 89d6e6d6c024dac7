using System.Numerics;
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
    /// <summary>Entries.</summary>
    public const int Size = 1 << 13;

    /// <summary>Executable pages that are known, of each privilege; a power of two.</summary>
    public const int PageSlots = 1 << 9;

    // Where the generation is in a key; the mode is below.
    const int GenerationShift = 4;

    readonly Entry* entries = (Entry*)NativeMemory.AllocZeroed(Size, (nuint)sizeof(Entry));
    readonly Block** blocks = (Block**)NativeMemory.AllocZeroed(Size, (nuint)sizeof(Block*));   // of the entries: machine code does not need them
    readonly ExecutablePage* pages = (ExecutablePage*)NativeMemory.Alloc(2 * PageSlots, (nuint)sizeof(ExecutablePage));
    readonly ulong[] used = new ulong[2 * PageSlots / 64];
    uint generation;

    public JumpCache()
    {
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

    /// <summary>The slot where a linear address belongs.</summary>
    public Entry* Slot(uint linear) => entries + ((linear ^ (linear >> 12)) & (Size - 1));

    /// <summary>Whether an entry is the block at a linear address, now that its key is <paramref name="key"/>.</summary>
    public bool TryRevive(Entry* entry, uint linear, uint key, bool user)
    {
        if (entry->Linear != linear || entry->Key < OldestKey || ((entry->Key ^ key) & (uint)BlockMode.Mask) != 0)
            return false;
        if (!TryGetPage(linear, user, out uint physicalPage) || ((entry->Physical ^ physicalPage) & ~0xFFFu) != 0)
            return false;
        entry->Key = key;
        return true;
    }

    /// <summary>The block of an entry.</summary>
    public Block* BlockOf(Entry* entry) => blocks[entry - entries];

    /// <summary>Enters a block, with the place of its machine code.</summary>
    public void Set(uint linear, uint key, Block* block, int native)
    {
        Entry* entry = Slot(linear);
        *entry = new Entry { Linear = linear, Key = key, Physical = block->Physical, Native = native };
        blocks[entry - entries] = block;
    }

    /// <summary>A block's machine code is elsewhere now.</summary>
    public void SetNative(uint linear, Block* block, int native)
    {
        Entry* entry = Slot(linear);
        if (BlockOf(entry) == block)
            entry->Native = native;
    }

    /// <summary>The physical page behind an executable linear page, when known.</summary>
    public bool TryGetPage(uint linear, bool user, out uint physicalPage)
    {
        ExecutablePage* page = PageSlot(linear, user);
        physicalPage = page->PhysicalPage;
        return page->Number == linear >> 12;
    }

    /// <summary>Remembers an executable page. True: another one had to go, and the key has changed.</summary>
    public bool AddPage(uint linear, bool user, uint physicalPage, bool isGlobal)
    {
        ExecutablePage* page = PageSlot(linear, user);
        bool evicts = page->Number != ExecutablePage.None;
        *page = new ExecutablePage { Number = linear >> 12, PhysicalPage = physicalPage, IsGlobal = isGlobal };
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
                if (page->IsGlobal && !includeGlobal)
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
        NativeMemory.Free(entries);
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

        public uint Number;
        public uint PhysicalPage;
        public bool IsGlobal;
    }
}
