using Xunit;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>The program that runs in ring 3: system calls, demand paging, and what happens to it when it breaks a rule.</summary>
public sealed class ProgramTests
{
    [Theory]
    [InlineData("hello", "Hello from ring 3", 4, 0)]
    [InlineData("fpu", "sqrt(2) = 1.414214", 4, 1)]
    [InlineData("tls", "gs:4 = 4711", 5, 0)]
    [InlineData("heap", "heap: 64 pages, 0 wrong", 7, 0)]
    [InlineData("stack", "stack: 100 levels", 4, 0)]
    [InlineData("sleep", "slept 50 ms", 5, 0)]
    [InlineData("pointer", "bad pointers refused", 4, 0)]
    public void Runs(string program, string output, int calls, int fpuTraps)
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        string expected = $"{output}\nprogram: status 0, {calls} system calls, {fpuTraps} fpu traps\n";
        Assert.Equal(expected, guest.Ask($"user {program}"));
        Assert.Equal(expected, guest.Ask($"user {program}"));   // it leaves nothing behind
    }

    [Theory]
    [InlineData("null", "page fault", "error 4, address 00000000")]
    [InlineData("kernel", "page fault", "error 5, address c0000000")]
    [InlineData("text", "page fault", "error 7, address 08048000")]
    [InlineData("divide", "divide error", "error 0")]
    [InlineData("port", "general protection", "error 0")]
    [InlineData("hypercall", "general protection", "error fa")]
    [InlineData("hlt", "general protection", "error 0")]
    [InlineData("breakpoint", "breakpoint", "error 0")]
    public void EndsWhenItBreaksARule(string program, string trap, string details)
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        Assert.Matches($"^program: {trap} at 0804[0-9a-f]{{4}}, {details}\nprogram: status -1, 0 system calls, 0 fpu traps\n$", guest.Ask($"user {program}"));
        Assert.StartsWith("Hello", guest.Ask("user hello"));
    }

    [Fact]
    public void ControlCEndsIt()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        guest.Type("user spin\n");
        guest.WaitFor("spinning until ^C");
        guest.Type("\x03");
        Assert.Contains("^C\nprogram: status 130, ", guest.WaitFor("demo> "));
    }

    [Fact]
    public void ReturnsItsMemory()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        guest.Ask("user heap");
        string free = Free();
        for (int i = 0; i < 5; i++)
            guest.Ask("user heap");
        Assert.Equal(free, Free());

        string Free() => guest.Ask("mem").Split(", ")[1];
    }

    [Fact]
    public void PagesComeOnDemand()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        guest.Ask("user heap");
        Assert.EndsWith(" 65 page faults resolved\n", guest.Ask("mem"));   // the heap's, and one for the stack
    }
}
