using System.Text;
using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>Disks as the demo guest's driver uses them, and what is on the host afterwards.</summary>
public sealed class DiskTests : IDisposable
{
    const int Sector = 512, Sectors = 600;

    readonly byte[] content = new byte[Sectors * Sector];
    readonly string path = Path.GetTempFileName();

    public DiskTests()
    {
        new Random(1).NextBytes(content);
        File.WriteAllBytes(path, content);
    }

    public void Dispose() => File.Delete(path);

    [Fact]
    public void DescribesItsDisks()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(BlockDeviceSettings.Open(path), BlockDeviceSettings.Open(path, readOnly: true));
        string id = Path.GetFileName(path)[..Math.Min(20, Path.GetFileName(path).Length)];
        Assert.Equal($"""
            disk 0: slot 2, irq 2, 600 sectors (300 KB), read-write, no write cache, id '{id}', 1 requests
            disk 1: slot 3, irq 3, 600 sectors (300 KB), read-only, no write cache, id '{id}', 1 requests

            """, guest.Ask("disk info"));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(599, 1)]
    [InlineData(100, 64)]
    public void ReadsWhatTheHostHas(int sector, int count)
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(BlockDeviceSettings.Open(path));
        Assert.Equal(content.AsSpan(sector * Sector, count * Sector).ToArray(), Dump(guest.Ask($"disk read {sector} {count}")));
    }

    [Fact]
    public void WritesGoToTheHost()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(BlockDeviceSettings.Open(path));
        Assert.Equal("wrote 12 bytes to sector 7\n", guest.Ask("disk write 7 hello  world"));
        Assert.Equal("""
            00000e00  68 65 6c 6c 6f 20 20 77 6f 72 6c 64 00 00 00 00 hello  world....
            00000e10  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ................
            *
            00001000

            """, guest.Ask("disk read 7"));
        Assert.Equal("flushed\n", guest.Ask("disk flush"));
        guest.Last("halt");
        content.AsSpan(7 * Sector, Sector).Clear();
        Encoding.ASCII.GetBytes("hello  world", content.AsSpan(7 * Sector));
        Assert.Equal(content, File.ReadAllBytes(path));
    }

    [Fact]
    public void VerifyPutsBackWhatWasThere()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(BlockDeviceSettings.Open(path));
        Assert.Equal("verified 600 sectors from 0: 0 wrong\n", guest.Ask("disk verify 0 600"));
        Assert.Equal("verified 256 sectors from 10: 0 wrong\n", guest.Ask("disk verify 10"));
        guest.Last("halt");
        Assert.Equal(content, File.ReadAllBytes(path));
    }

    [Fact]
    public void KnowsTheEnd()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(BlockDeviceSettings.Open(path));
        Assert.Equal("disk: the last sector is 599\n", guest.Ask("disk read 600"));
        Assert.Equal("disk: the last sector is 599\n", guest.Ask("disk write 600 text"));
        Assert.Equal("disk: the last sector is 599\n", guest.Ask("disk verify 599 2"));
    }

    [Fact]
    public void AReadOnlyDiskIsNotWritten()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(BlockDeviceSettings.Open(path, readOnly: true));
        Assert.Equal("disk: it is read-only\n", guest.Ask("disk write 0 text"));
        Assert.Equal("disk: it is read-only\n", guest.Ask("disk verify"));
        Assert.Equal(content.AsSpan(0, Sector).ToArray(), Dump(guest.Ask("disk read 0")));
    }

    [Fact]
    public void ASnapshotForgetsWrites()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(BlockDeviceSettings.Open(path, snapshot: true));
        Assert.Equal("wrote 4 bytes to sector 3\n", guest.Ask("disk write 3 text"));
        Assert.Contains("text....", guest.Ask("disk read 3"));
        guest.Last("halt");
        Assert.Equal(content, File.ReadAllBytes(path));
    }

    [Fact]
    public void OneOfSeveralIsChosen()
    {
        string other = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(other, new byte[4 * Sector]);
            using RunningDemoGuest guest = RunningDemoGuest.Boot(BlockDeviceSettings.Open(path), BlockDeviceSettings.Open(other));
            Assert.Equal("disk 1 is used\n", guest.Ask("disk use 1"));
            guest.Ask("disk write 2 second");
            guest.Last("halt");
            Assert.Equal("second", Encoding.ASCII.GetString(File.ReadAllBytes(other), 2 * Sector, 6));
            Assert.Equal(content, File.ReadAllBytes(path));
        }
        finally
        {
            File.Delete(other);
        }
    }

    /// <summary>The bytes that a hex dump shows; its "*" stands for lines like the one before.</summary>
    static byte[] Dump(string text)
    {
        var bytes = new List<byte>();
        byte[] line = [];
        int first = -1;
        bool repeats = false;
        foreach (string row in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (row == "*")
            {
                repeats = true;
                continue;
            }
            int offset = Convert.ToInt32(row[..8], 16);
            if (first < 0)
                first = offset;
            while (repeats && bytes.Count < offset - first)
                bytes.AddRange(line);
            repeats = false;
            if (row.Length == 8)
                break;   // the end
            line = Convert.FromHexString(row[10..57].Replace(" ", "", StringComparison.Ordinal));
            bytes.AddRange(line);
        }
        return [.. bytes];
    }
}
