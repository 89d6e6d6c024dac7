using LguestPS.Emulator.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>Traps that the guest's kernel handles, and what it dies of.</summary>
public sealed class FaultTests
{
    [Theory]
    [InlineData("divide", "trap 0 (divide error), error code 0")]
    [InlineData("debug", "trap 1 (debug), error code 0")]
    [InlineData("breakpoint", "trap 3 (breakpoint), error code 0")]
    [InlineData("overflow", "trap 4 (overflow), error code 0")]
    [InlineData("bound", "trap 5 (bound range), error code 0")]
    [InlineData("opcode", "trap 6 (invalid opcode), error code 0")]
    [InlineData("fpu", "trap 7 (device not available), error code 0")]
    [InlineData("segment", "trap 11 (segment not present), error code a0")]
    [InlineData("stack", "trap 12 (stack fault), error code a0")]
    [InlineData("gp", "trap 13 (general protection), error code 1f8")]
    [InlineData("msr", "trap 13 (general protection), error code 0")]
    [InlineData("int", "trap 13 (general protection), error code 382")]
    [InlineData("page", "trap 14 (page fault), error code 2, address f4000000")]
    [InlineData("null", "trap 14 (page fault), error code 0, address 00000000")]
    [InlineData("write", "trap 14 (page fault), error code 3, address f6000000")]
    [InlineData("device", "trap 14 (page fault), error code 2, address f0000000")]
    public void IsHandled(string kind, string trap)
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        Assert.Equal($"fault {kind}: {trap}, handled\n", guest.Ask($"fault {kind}"));
        Assert.Equal("alive\n", guest.Ask("echo alive"));
    }

    [Theory]
    [InlineData("fault kernel", "CRASH: page fault at c01[0-9a-f]{5} \\(address 00000010, error 2\\)")]
    [InlineData("fault unhandled", "unhandled trap 6 at 0xc01[0-9a-f]{5} \\(0x0\\)")]
    [InlineData("die panic", "CRASH: asked for")]
    [InlineData("die message", "bad read address 0xfffff000 len 128")]
    [InlineData("die hypercall", "Bad hypercall 99")]
    [InlineData("die init", "already have lguest_data")]
    [InlineData("die idt", "Setting idt entry 256")]
    [InlineData("die idt-type", "bad IDT type 5")]
    [InlineData("die gdt", "too many gdt entries 32")]
    [InlineData("die stack-segment", "bad stack segment 123")]
    [InlineData("die stack-pages", "bad stack pages 3")]
    [InlineData("die pgd-index", "Attempt to set pgd 1025/1024")]
    [InlineData("die pgd-bits", "bad page directory entry")]
    [InlineData("die pte", "bad page table entry")]
    [InlineData("die pte-large", "bad page table entry")]
    [InlineData("die top", "attempt to set pte into Switcher pages")]
    [InlineData("die stack", "Bad address 0xf6000[0-9a-f]{3}")]
    public void EndsTheGuest(string command, string reason)
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        GuestExit exit = guest.Last(command);
        Assert.Equal(GuestExitKind.Crash, exit.Kind);
        Assert.Matches($"^{reason}$", exit.Message);
        Assert.Null(exit.Error);
    }
}
