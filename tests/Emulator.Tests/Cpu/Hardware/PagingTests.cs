using Iced.Intel;
using LguestPS.Emulator.Cpu.State;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Hardware;

/// <summary>Page walks, their faults and their traces in the tables (Intel SDM vol. 3, chapter 4).</summary>
public sealed unsafe class PagingTests : IDisposable
{
    const uint Page = 0x200000;   // where the tests change the mapping
    const uint P = 1, W = 2, U = 4, Accessed = 0x20, Dirty = 0x40, Large = 0x80, Global = 0x100;
    const uint NotPresent = 0, Protection = 1, Write = 2, User = 4, Reserved = 8, Fetch = 16;
    const uint PaePointers = 0x1F0000, PaeDirectory = 0x1F1000, PaeTable = 0x1F2000;
    const ulong NoExecute = 1ul << 63;

    readonly HardwareRig rig = new();

    public void Dispose() => rig.Dispose();

    void SetEntry(uint entry) => rig.Memory.Write(HardwareRig.EntryOf(Page), entry);

    static void Read(Assembler c) => c.mov(eax, __dword_ptr[Page]);
    static void Store(Assembler c) => c.mov(__dword_ptr[Page], eax);

    void AssertPageFault(Stop stop, uint errorCode, uint address = Page)
    {
        Assert.Equal((14, errorCode), (stop.Vector, stop.ErrorCode));
        Assert.Equal(address, rig.S->Cr2);
    }

    [Theory]
    [InlineData(false, 0u, false, NotPresent)]
    [InlineData(false, 0u, true, Write)]
    [InlineData(false, P, true, Protection | Write)]
    [InlineData(true, 0u, false, User)]
    [InlineData(true, P | W, false, Protection | User)]
    [InlineData(true, P | W, true, Protection | User | Write)]
    [InlineData(true, P | U, true, Protection | User | Write)]
    public void Rights_of_an_entry(bool user, uint rights, bool write, uint errorCode)
    {
        rig.EnablePaging();
        SetEntry(Page | rights);
        Action<Assembler> access = write ? Store : Read;
        Stop stop = user ? rig.Run3(access) : rig.Run0(access);
        AssertPageFault(stop, errorCode);
        Assert.Equal(Page | rights, rig.Read<uint>(HardwareRig.EntryOf(Page)));   // no trace of a failed access
    }

    [Fact]
    public void The_directorys_rights_hold_too()
    {
        rig.EnablePaging();
        uint directory = rig.Read<uint>(HardwareRig.PageTables);
        rig.Memory.Write(HardwareRig.PageTables, directory & ~W);
        // Handlers, stacks and descriptors must be writable still: the supervisor ignores W without WP.
        rig.S->Cr0 &= ~0x10000u;
        AssertPageFault(rig.Run3(Store), Protection | User | Write);
    }

    [Fact]
    public void Without_WP_the_supervisor_writes_read_only_pages()
    {
        rig.EnablePaging();
        SetEntry(Page | P);
        Stop stop = rig.Run0(c =>
        {
            c.mov(eax, cr0);
            c.and(eax, unchecked((int)0xFFFEFFFF));
            c.mov(cr0, eax);
            Store(c);
            c.or(eax, 0x10000);
            c.mov(cr0, eax);
            Store(c);
        });
        AssertPageFault(stop, Protection | Write);
        Assert.Equal(0x80000011u, rig.Read<uint>(Page));
        Assert.Equal(Page | P | Accessed | Dirty, rig.Read<uint>(HardwareRig.EntryOf(Page)));
    }

    [Fact]
    public void Accessed_and_dirty_are_set_as_pages_are_used()
    {
        rig.EnablePaging();
        SetEntry(Page | P | W);
        rig.Run0(c => { Read(c); c.hlt(); });
        Assert.Equal(Page | P | W | Accessed, rig.Read<uint>(HardwareRig.EntryOf(Page)));
        rig.Run0(c => { Store(c); c.hlt(); });
        Assert.Equal(Page | P | W | Accessed | Dirty, rig.Read<uint>(HardwareRig.EntryOf(Page)));
        Assert.Equal(Accessed, rig.Read<uint>(HardwareRig.PageTables) & (Accessed | Dirty));
    }

    [Fact]
    public void A_write_that_crosses_into_a_bad_page_writes_nothing()
    {
        rig.EnablePaging();
        rig.Memory.Write(HardwareRig.EntryOf(Page + 0x1000), 0u);
        Stop stop = rig.Run0(c => { c.mov(eax, -1); c.mov(__dword_ptr[Page + 0xFFE], eax); });
        AssertPageFault(stop, Write, Page + 0x1000);
        Assert.Equal(0u, rig.Read<uint>(Page + 0xFFC));
    }

    [Fact]
    public void An_entry_changed_in_memory_counts_after_invlpg()
    {
        rig.EnablePaging();
        rig.Memory.Write(Page, 1u);
        rig.Memory.Write(Page + 0x1000, 2u);
        rig.Run0(c =>
        {
            Read(c);
            c.mov(ebx, eax);
            c.mov(__dword_ptr[HardwareRig.EntryOf(Page)], Page + 0x1000 | P | W);
            c.invlpg(__[Page]);
            Read(c);
            c.hlt();
        });
        Assert.Equal((1u, 2u), (rig.S->R[Reg.Ebx], rig.S->R[Reg.Eax]));
    }

    [Fact]
    public void Four_megabyte_pages_need_PSE_and_keep_reserved_bits_clear()
    {
        rig.EnablePaging();
        rig.S->Cr4 = 0x10;
        rig.Memory.Write(HardwareRig.PageTables + (2 * 4), 0x400000 | P | W | Large);
        rig.Memory.Write(HardwareRig.PageTables + (3 * 4), 0x402000 | P | W | Large);
        Stop stop = rig.Run0(c =>
        {
            c.mov(__dword_ptr[0x812344], 0x5555);
            c.mov(eax, __dword_ptr[0xC00000]);
        });
        AssertPageFault(stop, Protection | Reserved, 0xC00000);
        Assert.Equal(0x5555u, rig.Read<uint>(0x412344));
        Assert.Equal(0x400000 | P | W | Large | Accessed | Dirty, rig.Read<uint>(HardwareRig.PageTables + 8));
    }

    // The first 2 MB by a table of 4 KB pages, the rest of RAM by 2 MB pages.
    void MapPae()
    {
        rig.Memory.Write(PaePointers, (ulong)PaeDirectory | P);
        rig.Memory.Write(PaeDirectory, (ulong)PaeTable | P | W | U);
        for (uint i = 0; i < 512; i++)
            rig.Memory.Write(PaeTable + (i * 8), (ulong)(i << 12) | P | W | U);
        for (uint i = 1; i < 4; i++)
            rig.Memory.Write(PaeDirectory + (i * 8), (ulong)(i << 21) | P | W | U | Large);
    }

    void EnablePae(Assembler c)
    {
        c.mov(ecx, unchecked((int)0xC0000080));
        c.mov(eax, 0x800);
        c.xor(edx, edx);
        c.wrmsr();
        c.mov(eax, 0x20);
        c.mov(cr4, eax);
        c.mov(eax, PaePointers);
        c.mov(cr3, eax);
        c.mov(eax, cr0);
        c.or(eax, unchecked((int)0x80010000));
        c.mov(cr0, eax);
    }

    [Fact]
    public void Pae_maps_4_KB_and_2_MB_pages()
    {
        MapPae();
        rig.Memory.Write(PaeTable + (0x150 * 8), 0x40000ul | P | W);
        rig.Memory.Write(0x412340, 0xABCDu);
        rig.Run0(c =>
        {
            EnablePae(c);
            c.mov(ebx, __dword_ptr[0x412340]);
            c.mov(__dword_ptr[0x150008], 0x1234);
            c.hlt();
        });
        Assert.Equal((0xABCDu, 0x1234u), (rig.S->R[Reg.Ebx], rig.Read<uint>(0x40008)));
        Assert.Equal(Accessed, (uint)rig.Read<ulong>(PaeDirectory + 16) & (Accessed | Dirty));
        Assert.Equal(Accessed | Dirty, (uint)rig.Read<ulong>(PaeTable + (0x150 * 8)) & (Accessed | Dirty));
    }

    [Fact]
    public void No_execute_forbids_fetches_only()
    {
        MapPae();
        rig.Memory.Write(PaeDirectory + 8, (ulong)Page | P | W | U | Large | NoExecute);
        Stop stop = rig.Run0(c =>
        {
            EnablePae(c);
            Read(c);
            c.mov(ebx, Page);
            c.jmp(ebx);
        });
        AssertPageFault(stop, Protection | Fetch);
        Assert.Equal(Page, stop.Eip);
    }

    [Fact]
    public void Without_NXE_the_no_execute_bit_is_reserved()
    {
        MapPae();
        rig.Memory.Write(PaeDirectory + 8, (ulong)Page | P | W | U | Large | NoExecute);
        Stop stop = rig.Run0(c =>
        {
            EnablePae(c);
            c.mov(ecx, unchecked((int)0xC0000080));
            c.xor(eax, eax);
            c.wrmsr();
            Read(c);
        });
        AssertPageFault(stop, Protection | Reserved);
    }

    [Fact]
    public void An_address_above_4_GB_is_reserved()
    {
        MapPae();
        rig.Memory.Write(PaeDirectory + 8, 0x1_0020_0000ul | P | W | U | Large);
        AssertPageFault(rig.Run0(c => { EnablePae(c); Store(c); }), Protection | Reserved | Write);
    }

    [Fact]
    public void Page_directory_pointers_are_read_when_cr3_is_loaded_and_checked()
    {
        MapPae();
        rig.Memory.Write(PaePointers + 8, 2ul | P);   // bit 1 is reserved
        Stop stop = rig.Run0(EnablePae);
        Assert.Equal((13, 0u), (stop.Vector, stop.ErrorCode));
        Assert.Equal(0u, rig.S->Cr0 & 0x80000000);

        // Changed in memory without a load, they stay as they were.
        rig.Memory.Write(PaePointers + 8, 0ul);
        rig.S->R[Reg.Esp] = HardwareRig.Stack0;
        Stop second = rig.Run0(c => { EnablePae(c); c.mov(__dword_ptr[PaePointers], 0); c.mov(__dword_ptr[Page], 7); c.hlt(); });
        Assert.Equal((-1, 7u), (second.Vector, rig.Read<uint>(Page)));
    }

    [Fact]
    public void Global_pages_outlive_a_load_of_cr3()
    {
        rig.EnablePaging();
        rig.S->Cr4 = 0x80;
        SetEntry(Page | P | W | Global);
        uint other = Page + 0x1000;
        rig.Memory.Write(HardwareRig.EntryOf(other), other | P | W);
        Stop stop = rig.Run0(c =>
        {
            Read(c);
            c.mov(eax, __dword_ptr[other]);
            c.mov(__dword_ptr[HardwareRig.EntryOf(Page)], 0);
            c.mov(__dword_ptr[HardwareRig.EntryOf(other)], 0);
            c.mov(eax, cr3);
            c.mov(cr3, eax);
            Read(c);
            c.mov(eax, __dword_ptr[other]);
        });
        AssertPageFault(stop, NotPresent, other);
    }

    [Fact]
    public void A_page_fault_on_the_way_to_its_own_handler_is_a_double_fault()
    {
        rig.EnablePaging();
        rig.SetGate(14, Emulator.Cpu.Segmentation.DescriptorType.InterruptGate32, HardwareRig.Code0, 0, present: false);
        SetEntry(0);
        Stop stop = rig.Run0(Read);
        Assert.Equal(8, stop.Vector);
        Assert.Equal(Page, rig.S->Cr2);
    }

    [Fact]
    public void An_inner_stack_that_is_not_mapped_is_a_double_fault_from_ring_3()
    {
        rig.EnablePaging();
        // Ring 0's stack is unmapped: a fault of ring 3 meets a page fault, the double fault another, and that is the end.
        rig.Memory.Write(HardwareRig.EntryOf(HardwareRig.Stack0 - 4), 0u);
        rig.Run3(c => c.hlt());
        Assert.True(rig.HasShutDown);
        Assert.Equal(HardwareRig.Stack0 - 4, rig.S->Cr2);
    }
}
