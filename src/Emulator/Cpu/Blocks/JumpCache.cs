using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu.Mmu;

namespace LguestPS.Emulator.Cpu.Blocks;

/// <summary>Blocks by linear address: the short way from one block to the next.</summary>
/// <remarks>Every entry's page is in the table of executable pages, so that dropping a page that is not there costs nothing, and dropping one that is empties the cache by a new generation.</remarks>
sealed unsafe class JumpCache : IDisposable
{
    /// <summary>Entries.</summary>
    public const int Size = 1 << 13;

    const int PageSlots = 1 << 9;

    readonly Entry* entries = (Entry*)NativeMemory.AllocZeroed(Size, (nuint)sizeof(Entry));
    readonly ExecutablePage* pages = (ExecutablePage*)NativeMemory.AllocZeroed(2 * PageSlots, (nuint)sizeof(ExecutablePage));

    public JumpCache() => Flush();

    /// <summary>Counts up at each flush; part of <see cref="State.CpuState.BlockKey"/>.</summary>
    public uint Generation { get; private set; }

    /// <summary>The first entry, for machine code that looks by itself.</summary>
    public Entry* Entries => entries;

    /// <summary>The slot where a linear address belongs.</summary>
    public Entry* Slot(uint linear) => entries + ((linear ^ (linear >> 12)) & (Size - 1));

    /// <summary>The physical page behind an executable linear page, when known.</summary>
    public bool TryGetPage(uint linear, bool user, out uint physicalPage)
    {
        ExecutablePage* page = PageSlot(linear, user);
        physicalPage = page->PhysicalPage;
        return page->Tag == (linear & ~0xFFFu);
    }

    /// <summary>Remembers an executable page. True: another one had to go, with all of the jump cache.</summary>
    public bool AddPage(uint linear, bool user, uint physicalPage)
    {
        ExecutablePage* page = PageSlot(linear, user);
        bool evicts = page->Tag != TlbEntry.Invalid;
        page->Tag = linear & ~0xFFFu;
        page->PhysicalPage = physicalPage;
        if (evicts)
            Generation++;
        return evicts;
    }

    /// <summary>Forgets one page. True: it was known, and the cache has a new generation.</summary>
    public bool FlushPage(uint linear)
    {
        bool known = false;
        for (int user = 0; user < 2; user++)
        {
            ExecutablePage* page = PageSlot(linear, user != 0);
            if (page->Tag != (linear & ~0xFFFu))
                continue;
            page->Tag = TlbEntry.Invalid;
            known = true;
        }
        if (known)
            Generation++;
        return known;
    }

    /// <summary>Forgets all pages, and so all entries.</summary>
    public void Flush()
    {
        for (int i = 0; i < 2 * PageSlots; i++)
            pages[i].Tag = TlbEntry.Invalid;
        Generation++;
    }

    /// <summary>Forgets all entries, keeping the pages: blocks were dropped.</summary>
    public void DropEntries() => Generation++;

    public void Dispose()
    {
        NativeMemory.Free(entries);
        NativeMemory.Free(pages);
    }

    ExecutablePage* PageSlot(uint linear, bool user) => pages + ((linear >> 12) & (PageSlots - 1)) + (user ? PageSlots : 0);

    /// <summary>One block by linear address and key.</summary>
    public struct Entry
    {
        public uint Linear;
        public uint Key;
        public Block* Block;
    }

    struct ExecutablePage
    {
        public uint Tag;
        public uint PhysicalPage;
    }
}
