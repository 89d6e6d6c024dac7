using Iced.Intel;
using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Cpu.Translate;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Tests.Hardware;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Accesses that the host's own MMU checks: they see each change of the guest's page tables as the guest's processor must, and their faults are the guest's.</summary>
public sealed unsafe class DirectAccessTests : IDisposable
{
    const uint Page = 0x200000, Other = 0x300000, Rounds = 1000;
    const uint P = 1, W = 2, U = 4;

    readonly HardwareRig rig;
    readonly HotBlocks hot;

    public DirectAccessTests()
    {
        rig = new(TestedEngine.DirectTranslator);
        hot = rig.Cpu.Hot ?? new();
        rig.EnablePaging();
    }

    public void Dispose() => rig.Dispose();

    static bool HostCan => HostSegments.BasesAreOurs;

    void SetEntry(uint linear, uint entry) => rig.Memory.Write(HardwareRig.EntryOf(linear), entry);

    // Reads, adds and writes in a loop.
    static void Loop(Assembler c, uint address)
    {
        Label next = c.CreateLabel();
        c.mov(ecx, (int)Rounds);
        c.Label(ref next);
        c.mov(eax, __dword_ptr[address]);
        c.inc(eax);
        c.mov(__dword_ptr[address], eax);
        c.dec(ecx);
        c.jne(next);
    }

    [Fact]
    public void APageIsShownOnceAndThenReachedWithoutAWord()
    {
        rig.Run0(c => { Loop(c, Page); c.hlt(); });
        Assert.Equal(Rounds, rig.Read<uint>(Page));
        if (HostCan)
            Assert.InRange(hot.Faults, 1, 4);   // to be read and to be written, of the two blocks that may do it first
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(P, P | W)]   // the second store faults: present, write
    public void WhatTheGuestTakesAwayIsGone(uint rights, uint errorCode)
    {
        Stop stop = rig.Run0(c =>
        {
            Loop(c, Page);
            c.mov(__dword_ptr[HardwareRig.EntryOf(Page)], (int)((Page & (0 - rights)) | rights));
            c.invlpg(__byte_ptr[Page]);
            Loop(c, Page);
        });
        Assert.Equal((14, errorCode), (stop.Vector, stop.ErrorCode));
        Assert.Equal(Page, rig.S->Cr2);
        Assert.Equal(Rounds, rig.S->R[Reg.Ecx]);
        Assert.Equal(Rounds, rig.Read<uint>(Page));
    }

    [Fact]
    public void NewTablesShowNewPages()
    {
        rig.Run0(c =>
        {
            Loop(c, Page);
            c.mov(__dword_ptr[HardwareRig.EntryOf(Page)], (int)(Other | P | W | U));
            c.mov(eax, cr3);
            c.mov(cr3, eax);
            Loop(c, Page);
            Loop(c, Page);
            c.hlt();
        });
        Assert.Equal((Rounds, 2 * Rounds), (rig.Read<uint>(Page), rig.Read<uint>(Other)));
    }

    [Fact]
    public void ASupervisorsPageIsNotRing3s()
    {
        SetEntry(Page, Page | P | W);
        rig.Run0(c => { Loop(c, Page); c.hlt(); });
        Stop stop = rig.Run3(c => Loop(c, Page));
        Assert.Equal((14, P | U), (stop.Vector, stop.ErrorCode));
        Assert.Equal(Rounds, rig.Read<uint>(Page));
    }

    [Fact]
    public void AnAccessThatEndsInAMissingPageChangesNothing()
    {
        SetEntry(Page + 0x1000, 0);
        Stop stop = rig.Run0(c =>
        {
            Loop(c, Page + 0xFF8);
            c.mov(eax, -1);
            c.mov(__dword_ptr[Page + 0xFFE], eax);
        });
        Assert.Equal((14, W), (stop.Vector, stop.ErrorCode));
        Assert.Equal(Page + 0x1000, rig.S->Cr2);
        Assert.Equal(0u, rig.Read<uint>(Page + 0xFFC));
    }

    /// <summary>ah is moved where the host can name it, for the one instruction that may fault, and the pointer with it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void UpperByteRegisters(bool present)
    {
        SetEntry(Page, Page | (present ? P | W : 0));
        Stop stop = rig.Run0(c =>
        {
            c.mov(ebx, (int)Page + 0x4321);
            c.sub(ebx, 0x4000);
            c.mov(eax, 0x12345678);
            c.stc();
            c.mov(__byte_ptr[ebx], bh);
            c.adc(__byte_ptr[ebx], ah);
            c.hlt();
        });
        Assert.Equal((Page + 0x321, 0x12345678u), (rig.S->R[Reg.Ebx], rig.S->R[Reg.Eax]));
        Assert.Equal(present ? -1 : 14, stop.Vector);
        if (present)
            Assert.Equal(0x03 + 0x56 + 1, rig.Read<byte>(Page + 0x321));
        else
            Assert.Equal(EflagsBits.Carry, stop.Eflags & EflagsBits.Carry);
    }

    [Fact]
    public void ABreakpointOnDataIsNotPassedBy()
    {
        const int trap = 1;
        rig.Run0(c => { Loop(c, Page); c.hlt(); });
        Stop stop = rig.Run0(c =>
        {
            Loop(c, Page + 4);
            c.mov(eax, (int)Page + 4);
            c.mov(dr0, eax);
            c.mov(eax, 0x000D0002);   // global, writes of four bytes
            c.mov(dr7, eax);
            Loop(c, Page + 4);
        });
        Assert.Equal(trap, stop.Vector);
        Assert.Equal(Rounds + 1, rig.Read<uint>(Page + 4));
    }

    [Fact]
    public void AnotherThreadMayGoOn()
    {
        rig.Run0(c => { Loop(c, Page); c.hlt(); });
        var thread = new Thread(() => rig.Run0(c => { Loop(c, Page); c.hlt(); }));
        thread.Start();
        thread.Join();
        Assert.Equal(2 * Rounds, rig.Read<uint>(Page));
    }

    [Fact]
    public void TwoProcessorsOnOneThreadHaveTheirOwnPages()
    {
        using DirectAccessTests second = new();
        rig.Run0(c => { Loop(c, Page); c.hlt(); });
        second.rig.Run0(c => { Loop(c, Page); Loop(c, Page); c.hlt(); });
        rig.Run0(c => { Loop(c, Page); c.hlt(); });
        Assert.Equal((2 * Rounds, 2 * Rounds), (rig.Read<uint>(Page), second.rig.Read<uint>(Page)));
    }

    [Fact]
    public void APageThatBecomesCodeIsWrittenAsCodeIs()
    {
        rig.Run0(c =>
        {
            Label again = c.CreateLabel();
            Loop(c, Page);
            c.mov(__dword_ptr[Page], unchecked((int)0xC3909040));   // inc eax; nop; nop; ret
            c.xor(eax, eax);
            c.mov(esi, (int)Rounds);
            c.Label(ref again);
            c.mov(edi, (int)Page);
            c.call(edi);
            c.xor(__byte_ptr[Page], 0x08);                          // inc eax becomes dec eax, and back
            c.dec(esi);
            c.jne(again);
            c.mov(__dword_ptr[Other], eax);
            c.hlt();
        });
        Assert.Equal(0u, rig.Read<uint>(Other));
    }

    /// <summary>What is not earned by instructions run in between ends in blocks that look again.</summary>
    [Fact]
    public void FaultsThatDoNotPayAreGivenUp()
    {
        Block block = new() { IsDirect = true };
        HotBlocks choice = new();
        int faults = 0;
        while (!choice.Fault(&block, 0))
            Assert.InRange(++faults, 1, 2000);
        Assert.Equal(1, block.GivenUp);

        block = new() { IsDirect = true };
        for (long retired = 10_000_000; retired < 1_000_000_000; retired += 200_000)
            Assert.False(choice.Fault(&block, retired));
    }

    [Fact]
    public void ABlockIsHotThatSamplesMeetAgainAndAgain()
    {
        const long sample = 20_000;
        Block warm = new(), often = new(), seldom = new();
        HotBlocks choice = new();
        long retired = 0;
        bool isHot = false;
        for (int i = 0; i < 20; i++)
            isHot = choice.Sample(&often, retired += sample);
        Assert.True(isHot);
        for (int i = 0; i < 1000; i++)
            Assert.False(choice.Sample(i % 20 == 0 ? &seldom : &warm, retired += sample) && i % 20 == 0);
        Assert.False(choice.Sample(&often, retired + 1));
    }
}
