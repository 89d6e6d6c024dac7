using LguestPS.Emulator.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>From the first instruction to the prompt, and the ways to end.</summary>
public sealed class BootTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(64)]
    public void BootsToItsPrompt(int memoryMB)
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot("", memoryMB);
        Assert.Matches($@"^LguestPS demo guest\nMemory: {memoryMB * 1024} KB, \d+ KB free\ndemo> $", guest.Transcript);
    }

    [Fact]
    public void PrintsThroughTheConfigurationWindowBeforeItHasADriver()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot("", verbose: true);
        Assert.Contains("Window writing 0x4c/0xffffffff to bar 0, offset 68 len 4", guest.Log.VerboseLines);   // the banner's L
    }

    [Fact]
    public void QuietShowsNoBanner()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot("quiet");
        Assert.Equal("demo> ", guest.Transcript);
        Assert.DoesNotContain(guest.Log.VerboseLines, line => line.StartsWith("Window writing", StringComparison.Ordinal));
    }

    [Fact]
    public void RunsCommandsOfItsCommandLine()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Start("quiet run=echo one two;cmdline;halt");
        Assert.Equal(GuestExitKind.PowerOff, guest.WaitForExit().Kind);
        Assert.Equal("demo> echo one two\none two\ndemo> cmdline\nquiet run=echo one two;cmdline;halt\ndemo> halt\n", guest.Transcript);
    }

    [Fact]
    public void HaltPowersOff()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        Assert.Equal(new GuestExit(GuestExitKind.PowerOff, "CRASH: Power down"), guest.Last("halt"));
        Assert.EndsWith("demo> halt\n", guest.Transcript);
    }

    [Fact]
    public void RebootStartsAnew()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        for (int restarts = 1; restarts <= 2; restarts++)
        {
            Assert.Equal("", guest.Ask("reboot"));
            Assert.Equal(restarts, guest.Counters.Restarts);
            Assert.Equal(restarts, guest.Log.Restarts);
            Assert.Contains("0 page faults", guest.Ask("mem"));
            Assert.Contains("handled", guest.Ask("fault page"));
        }
        Assert.Equal(GuestExitKind.PowerOff, guest.Last("halt").Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sleep 100000")]
    [InlineData("user spin")]
    public void StopsWhateverItDoes(string command)
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        guest.Type(command + "\n");
        guest.WaitFor("\n");
        guest.Stop();
        Assert.Equal(GuestExitKind.Stopped, guest.WaitForExit().Kind);
    }
}
