using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Hypervisor;

/// <summary>What lies behind a linear address.</summary>
enum PageKind
{
    /// <summary>A page of RAM that the access may use.</summary>
    Ram,
    /// <summary>A page of the device window.</summary>
    Device,
    /// <summary>An ordinary page fault of the guest.</summary>
    Fault,
    /// <summary>The entry breaks a rule, of which the guest dies.</summary>
    BadDirectoryEntry,
    /// <summary>The same for an entry of a page table, or for the linear start mode.</summary>
    BadTableEntry,
    /// <summary>The page directory lies outside memory.</summary>
    BadDirectory,
}

/// <summary>The guest's page tables: two levels of 4 KB pages in its memory, or none before it has loaded its first (linear = physical).</summary>
sealed class GuestPageTables(GuestMemory memory, uint pageLimit, uint deviceLimit)
{
    /// <summary>Bytes at the top of the address space that belong to the host.</summary>
    public const uint ReservedBytes = 0x20000;

    /// <summary>The first linear address of the host.</summary>
    public const uint ReservedStart = unchecked(0u - ReservedBytes);

    const uint Present = 1, Writable = 2, User = 4, Accessed = 0x20, Dirty = 0x40, Large = 0x80;
    const uint DirectoryFlags = Present | Writable | User | Accessed | Dirty;
    const uint PageMask = 0xFFFFF000;

    /// <summary>Physical address of the page directory; null in the linear start mode.</summary>
    public uint? Directory { get; set; }

    /// <summary>Whether the physical page is in the device window.</summary>
    public bool IsDevicePage(uint page) => page >= pageLimit && page < deviceLimit;

    /// <summary>Finds the page of a linear address, sets its accessed and, for a write, dirty bits, and says whether later writes need not ask again.</summary>
    public PageKind Translate(uint linear, MemoryAccess access, out uint physicalPage, out bool writable, out uint errorCode)
    {
        bool write = (access & MemoryAccess.Write) != 0, user = (access & MemoryAccess.User) != 0;
        errorCode = (write ? 2u : 0) | (user ? 4u : 0);
        PageKind kind = Walk(linear, out uint directoryAt, out uint directoryEntry, out uint tableAt, out uint entry);
        physicalPage = entry & PageMask;
        writable = false;
        if (kind is not (PageKind.Ram or PageKind.Device or PageKind.BadTableEntry))
            return kind;

        // Write protection holds for the guest's kernel too, as it runs in ring 1 with CR0.WP set.
        uint rights = directoryEntry & entry;
        if ((write && (rights & Writable) == 0) || (user && (rights & User) == 0))
        {
            errorCode |= Present;
            return PageKind.Fault;
        }
        if (kind != PageKind.Ram)
            return kind;

        if (Directory is not null)
        {
            SetBits(directoryAt, directoryEntry, Accessed);
            SetBits(tableAt, entry, write ? Accessed | Dirty : Accessed);
        }
        writable = (rights & Writable) != 0 && (write || Directory is null || (entry & Dirty) != 0);
        return PageKind.Ram;
    }

    /// <summary>Finds the page of a linear address whatever its protection, without leaving a trace in the tables.</summary>
    public PageKind Peek(uint linear, out uint physical)
    {
        PageKind kind = Walk(linear, out _, out _, out _, out uint entry);
        physical = (entry & PageMask) | (linear & ~PageMask);
        return kind;
    }

    /// <summary>Copies bytes out of linear memory without regard to protection, up to the first that is not in RAM; returns their number.</summary>
    public int Read(uint linear, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length && Peek(linear + (uint)done, out uint physical) == PageKind.Ram)
        {
            int length = Math.Min(destination.Length - done, (int)(GuestMemory.PageSize - (physical & ~PageMask)));
            memory.Slice(physical, (uint)length).CopyTo(destination[done..]);
            done += length;
        }
        return done;
    }

    /// <summary>Copies bytes into linear memory without regard to protection, up to the first that is not in RAM; returns their number.</summary>
    public int Write(uint linear, ReadOnlySpan<byte> source)
    {
        int done = 0;
        while (done < source.Length && Peek(linear + (uint)done, out uint physical) == PageKind.Ram)
        {
            int length = Math.Min(source.Length - done, (int)(GuestMemory.PageSize - (physical & ~PageMask)));
            source.Slice(done, length).CopyTo(memory.Slice(physical, (uint)length));
            memory.NoteDeviceWrite(physical, (uint)length);
            done += length;
        }
        return done;
    }

    PageKind Walk(uint linear, out uint directoryAt, out uint directoryEntry, out uint tableAt, out uint entry)
    {
        directoryAt = tableAt = directoryEntry = entry = 0;
        if (linear >= ReservedStart)
            return PageKind.Fault;
        if (Directory is not uint directory)
        {
            directoryEntry = entry = (linear & PageMask) | Present | Writable;
            return KindOf(entry);
        }

        directoryAt = directory + (linear >> 22) * 4;
        if (!memory.Contains(directoryAt, 4))
            return PageKind.BadDirectory;
        directoryEntry = memory.Read<uint>(directoryAt);
        if ((directoryEntry & Present) == 0)
            return PageKind.Fault;
        if ((directoryEntry & ~PageMask & ~DirectoryFlags) != 0 || directoryEntry >> 12 >= pageLimit)
            return PageKind.BadDirectoryEntry;

        tableAt = (directoryEntry & PageMask) + (linear >> 12 & 0x3FF) * 4;
        entry = memory.Read<uint>(tableAt);
        return (entry & Present) == 0 ? PageKind.Fault : KindOf(entry);
    }

    PageKind KindOf(uint entry)
    {
        uint page = entry >> 12;
        if ((entry & Large) != 0)
            return PageKind.BadTableEntry;
        return page < pageLimit ? PageKind.Ram : IsDevicePage(page) ? PageKind.Device : PageKind.BadTableEntry;
    }

    void SetBits(uint address, uint entry, uint bits)
    {
        if ((entry & bits) == bits)
            return;
        memory.Write(address, entry | bits);
        memory.NoteDeviceWrite(address, sizeof(uint));
    }
}
