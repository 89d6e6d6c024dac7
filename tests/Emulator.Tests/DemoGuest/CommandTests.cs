using System.Globalization;
using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>The shell and its small commands.</summary>
public sealed class CommandTests
{
    const string ControlC = "\x03", ControlU = "\x15", Backspace = "\x7f";

    [Fact]
    public void HelpListsTheCommands()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        string[] names = [.. guest.Ask("help").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])];
        Assert.Equal(["help", "mem", "initrd", "uptime", "date", "sleep", "cpu", "irqs", "pci", "disk", "rng", "net", "user",
            "fault", "ports", "die", "violate", "stress", "echo", "cmdline", "reboot", "halt"], names);
    }

    [Fact]
    public void EchoKeepsTheTextAsTyped()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        Assert.Equal("a  b c\n", guest.Ask("echo a  b c"));
        Assert.Equal("\n", guest.Ask("echo"));
        Assert.Equal("nothing: no such command; try help\n", guest.Ask("nothing to see"));
        Assert.Equal("", guest.Ask(""));
    }

    [Fact]
    public void LinesCanBeEdited()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        guest.Type("ecx" + Backspace + "ho yes\r\n");
        Assert.Equal("ecx\b \bho yes\nyes\ndemo> ", guest.WaitFor("demo> "));
        guest.Type("ab" + ControlU + "echo no\r");
        Assert.Equal("ab\b \b\b \becho no\nno\ndemo> ", guest.WaitFor("demo> "));
        guest.Type("echo never" + ControlC);
        Assert.Equal("echo never^C\ndemo> ", guest.WaitFor("demo> "));
    }

    [Fact]
    public void TakesMoreInputAtOnceThanItsBuffersHold()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        string line = "echo " + new string('x', 200);
        guest.Type(string.Concat(Enumerable.Repeat(line + "\n", 20)) + "echo done\n");
        Assert.Equal(40, guest.WaitFor("done\ndemo> ".ReplaceLineEndings("\r\n")).Split(new string('x', 200)).Length - 1);
    }

    [Fact]
    public void MemoryIsWhatTheMachineHas()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot("quiet", memoryMB: 32);
        Assert.Matches(@"^memory: 32768 KB, \d+ KB free, 0 page faults resolved\n$", guest.Ask("mem"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(64)]
    public void AllMemoryIsThere(int memoryMB)
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot("quiet", memoryMB);
        int pages = 0;
        for (int i = 0; i < 2; i++)   // new pages, then used ones
        {
            string[] words = guest.Ask("mem test").Split(' ');
            Assert.Equal("memory: N pages written and read back, 0 wrong\n", string.Join(' ', words[0], "N", string.Join(' ', words[2..])));
            pages = int.Parse(words[1], CultureInfo.InvariantCulture);
        }
        Assert.InRange(pages, (memoryMB << 8) - 512, memoryMB << 8);   // all but 2 MB, which the kernel, what lies below it and a reserve take
    }

    [Fact]
    public void FindsItsRamDisk()
    {
        byte[] content = new byte[100_000];
        new Random(2).NextBytes(content);
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, content);
            using RunningDemoGuest guest = RunningDemoGuest.Boot("quiet", initrd: path);
            string expected = $"initrd: 102400 bytes at 00fe7000, sum {content.Sum(b => b):x8}\n";
            Assert.Equal(expected, guest.Ask("initrd"));
            guest.Ask("mem test");   // goes around it
            Assert.Equal(expected, guest.Ask("initrd"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void TimePasses()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        double before = Uptime(guest);
        Assert.Equal("", guest.Ask("sleep 200"));
        Assert.InRange(Uptime(guest), before + 0.2, before + 60);
        DateTime date = DateTime.ParseExact(guest.Ask("date").TrimEnd(), "yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
        Assert.InRange(DateTime.UtcNow - date, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void TheClockRestsWhenNobodyWaits()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        guest.Ask("sleep 50");
        string ticks = Ticks(guest);
        Thread.Sleep(100);
        Assert.Equal(ticks, Ticks(guest));
    }

    [Fact]
    public void ShowsTheBus()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(new RngSettings(), new RngSettings());
        Assert.Equal("""
            00:00.0  0000:0000  class 0600
            00:01.0  1af4:1043  class 0700  irq 1  bar 0 at 01100000, 128 bytes
            00:02.0  1af4:1044  class ff00  irq 2  bar 0 at 01100080, 64 bytes
            00:03.0  1af4:1044  class ff00  irq 3  bar 0 at 011000c0, 64 bytes

            """, guest.Ask("pci"));
    }

    [Fact]
    public void CountsInterruptsOfEachLine()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(new RngSettings());
        Assert.EndsWith("irq  2  rng      0\n", guest.Ask("irqs"));
        guest.Ask("rng 8");
        Assert.EndsWith("irq  2  rng      1\n", guest.Ask("irqs"));
    }

    [Fact]
    public void KnowsItsProcessor()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        Assert.Matches(@"^cpu: .{12}, family \d+ model \d+ stepping \d+, features [0-9a-f]{8}, tsc \d+ kHz\n$", guest.Ask("cpu"));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(200)]
    public void ReadsRandomBytes(int count)
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(new RngSettings());
        byte[] first = Bytes(guest.Ask($"rng {count}")), second = Bytes(guest.Ask($"rng {count}"));
        Assert.Equal(count, first.Length);
        Assert.Equal(count, second.Length);
        Assert.NotEqual(first, second);
        Assert.True(first.Distinct().Count() > count / 4);

        static byte[] Bytes(string text) => Convert.FromHexString(string.Concat(text.Split(' ', '\n')));
    }

    [Fact]
    public void TheLauncherDoesItsPrivilegedInstructions()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        Assert.Equal("""
            in: keyboard 1, nothing ff ffff ffffffff ffff
            out, cli: done, interrupts are still on

            """, guest.Ask("ports"));
    }

    [Theory]
    [InlineData("rng", "rng: there is no such device\n")]
    [InlineData("disk info", "disk: there is no such device\n")]
    [InlineData("net info", "net: there is no such device\n")]
    public void SaysWhatItLacks(string command, string answer)
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        Assert.Equal(answer, guest.Ask(command));
    }

    [Fact]
    public void StressFindsNothingWrong()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        Assert.Equal("stress: 200 rounds, 6400 mappings, 0 wrong, the clock ticks\n", guest.Ask("stress 200"));
    }

    static double Uptime(RunningDemoGuest guest)
        => double.Parse(guest.Ask("uptime").Split(' ')[1], CultureInfo.InvariantCulture);

    static string Ticks(RunningDemoGuest guest) => guest.Ask("uptime").Split(", ")[1];
}
