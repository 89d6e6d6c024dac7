using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Paging;

/// <summary>Walks page tables as the processor does: 32-bit paging with 4 KB and 4 MB pages, PAE paging with 4 KB and 2 MB pages (Intel SDM vol. 3, chapter 4).</summary>
public static unsafe class PageWalker
{
    const uint Present = 1, Writable = 2, User = 4, Accessed = 0x20, Dirty = 0x40, LargePage = 0x80, Global = 0x100;
    const ulong NoExecute = 1ul << 63;

    // Error code bits (Intel SDM vol. 3, 4.7).
    const uint ProtectionError = 1, WriteError = 2, UserError = 4, ReservedError = 8, FetchError = 16;

    // With no physical address above 4 GB, bits 13 to 21 of a 4 MB entry are reserved.
    const uint Reserved4MB = 0x3FE000;
    const ulong Reserved2MB = 0x1FE000;
    const ulong ReservedPae = (ulong.MaxValue << Cpuid.PhysicalAddressBits) & ~NoExecute;

    /// <summary>Finds the page of a linear address, checks the access and sets accessed and dirty bits. A fault sets none.</summary>
    public static WalkResult Walk(CpuState* s, GuestMemory memory, uint linear, MemoryAccess access, out PageTranslation page)
    {
        if ((s->Cr0 & Cr0.Paging) == 0)
        {
            page = new() { PhysicalPage = linear & ~0xFFFu, Writable = true };
            return WalkResult.Ok;
        }
        return (s->Cr4 & Cr4.PhysicalAddressExtension) != 0
            ? WalkPae(s, memory, linear, access, out page)
            : Walk32(s, memory, linear, access, out page);
    }

    static WalkResult Walk32(CpuState* s, GuestMemory memory, uint linear, MemoryAccess access, out PageTranslation page)
    {
        uint directoryAddress = (s->Cr3 & ~0xFFFu) + ((linear >> 22) * 4);
        uint directory = Read<uint>(memory, directoryAddress);
        if ((directory & Present) == 0)
            return Fault(s, access, 0, out page);

        if ((directory & LargePage) != 0 && (s->Cr4 & Cr4.PageSizeExtensions) != 0)
        {
            if ((directory & Reserved4MB) != 0)
                return Fault(s, access, ProtectionError | ReservedError, out page);
            var large = new Leaf(directory & (Writable | User), directory, (directory & 0xFFC00000) | (linear & 0x3FF000));
            if (!large.Allows(s, access))
                return Fault(s, access, ProtectionError, out page);
            Mark(memory, directoryAddress, ref directory, Used(access));
            page = large.Translation(s, access, directory);
            return WalkResult.Ok;
        }

        uint tableAddress = (directory & ~0xFFFu) + (((linear >> 12) & 0x3FF) * 4);
        uint entry = Read<uint>(memory, tableAddress);
        if ((entry & Present) == 0)
            return Fault(s, access, 0, out page);
        var leaf = new Leaf(directory & entry & (Writable | User), entry, entry & ~0xFFFu);
        if (!leaf.Allows(s, access))
            return Fault(s, access, ProtectionError, out page);
        Mark(memory, directoryAddress, ref directory, Accessed);
        Mark(memory, tableAddress, ref entry, Used(access));
        page = leaf.Translation(s, access, entry);
        return WalkResult.Ok;
    }

    static WalkResult WalkPae(CpuState* s, GuestMemory memory, uint linear, MemoryAccess access, out PageTranslation page)
    {
        ulong pointer = s->PageDirectoryPointers[linear >> 30];
        if ((pointer & Present) == 0)
            return Fault(s, access, 0, out page);
        ulong reserved = ReservedPae | ((s->Efer & Efer.NoExecute) == 0 ? NoExecute : 0);

        uint directoryAddress = ((uint)pointer & ~0xFFFu) + (((linear >> 21) & 0x1FF) * 8);
        ulong directory = Read<ulong>(memory, directoryAddress);
        if ((directory & Present) == 0)
            return Fault(s, access, 0, out page);
        if ((directory & reserved) != 0)
            return Fault(s, access, ProtectionError | ReservedError, out page);

        if ((directory & LargePage) != 0)
        {
            if ((directory & Reserved2MB) != 0)
                return Fault(s, access, ProtectionError | ReservedError, out page);
            var large = new Leaf((uint)directory & (Writable | User), (uint)directory, ((uint)directory & 0xFFE00000) | (linear & 0x1FF000), (directory & NoExecute) != 0);
            if (!large.Allows(s, access))
                return Fault(s, access, ProtectionError, out page);
            var lowHalf = (uint)directory;
            Mark(memory, directoryAddress, ref lowHalf, Used(access));
            page = large.Translation(s, access, lowHalf);
            return WalkResult.Ok;
        }

        uint tableAddress = ((uint)directory & ~0xFFFu) + (((linear >> 12) & 0x1FF) * 8);
        ulong entry = Read<ulong>(memory, tableAddress);
        if ((entry & Present) == 0)
            return Fault(s, access, 0, out page);
        if ((entry & reserved) != 0)
            return Fault(s, access, ProtectionError | ReservedError, out page);
        var leaf = new Leaf((uint)(directory & entry) & (Writable | User), (uint)entry, (uint)entry & ~0xFFFu, ((directory | entry) & NoExecute) != 0);
        if (!leaf.Allows(s, access))
            return Fault(s, access, ProtectionError, out page);
        uint directoryLow = (uint)directory, entryLow = (uint)entry;
        Mark(memory, directoryAddress, ref directoryLow, Accessed);
        Mark(memory, tableAddress, ref entryLow, Used(access));
        page = leaf.Translation(s, access, entryLow);
        return WalkResult.Ok;
    }

    // Tables outside RAM read as not present.
    static T Read<T>(GuestMemory memory, uint address) where T : unmanaged =>
        memory.Contains(address, (uint)sizeof(T)) ? memory.Read<T>(address) : default;

    static uint Used(MemoryAccess access) => (access & MemoryAccess.Write) != 0 ? Accessed | Dirty : Accessed;

    // Accessed and dirty are in the low half of PAE entries too.
    static void Mark(GuestMemory memory, uint address, ref uint entry, uint bits)
    {
        if ((entry & bits) == bits)
            return;
        entry |= bits;
        memory.Write(address, entry);
        memory.NoteDeviceWrite(address, sizeof(uint));
    }

    static WalkResult Fault(CpuState* s, MemoryAccess access, uint why, out PageTranslation page)
    {
        bool fetchIsTold = (s->Cr4 & Cr4.PhysicalAddressExtension) != 0 && (s->Efer & Efer.NoExecute) != 0;
        page = new()
        {
            ErrorCode = why
                | ((access & MemoryAccess.Write) != 0 ? WriteError : 0)
                | ((access & MemoryAccess.User) != 0 ? UserError : 0)
                | ((access & MemoryAccess.Execute) != 0 && fetchIsTold ? FetchError : 0),
        };
        return WalkResult.Fault;
    }

    /// <summary>The entry that maps a page, with the rights of all levels together.</summary>
    readonly struct Leaf(uint rights, uint entry, uint physicalPage, bool noExecute = false)
    {
        /// <summary>Access rights (Intel SDM vol. 3, 4.6).</summary>
        public bool Allows(CpuState* s, MemoryAccess access)
        {
            bool user = (access & MemoryAccess.User) != 0;
            if (user && (rights & User) == 0)
                return false;
            if ((access & MemoryAccess.Write) != 0 && !MayWrite(s, user))
                return false;
            return (access & MemoryAccess.Execute) == 0 || !noExecute;
        }

        /// <summary>The walk's answer, <paramref name="marked"/> being the entry with the bits that this access set.</summary>
        public PageTranslation Translation(CpuState* s, MemoryAccess access, uint marked) => new()
        {
            PhysicalPage = physicalPage,
            Writable = (marked & Dirty) != 0 && MayWrite(s, (access & MemoryAccess.User) != 0),
            Global = (s->Cr4 & Cr4.PageGlobal) != 0 && (entry & Global) != 0,
        };

        bool MayWrite(CpuState* s, bool user) => (rights & Writable) != 0 || (!user && (s->Cr0 & Cr0.WriteProtect) == 0);
    }
}
