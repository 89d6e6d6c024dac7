using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>Disks of the host: what can be had, and what is said when it can't.</summary>
public sealed class BlockDeviceSettingsTests : IDisposable
{
    readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("lguest-disk");

    public void Dispose() => directory.Delete(recursive: true);

    string Image(int bytes)
    {
        string path = Path.Combine(directory.FullName, "disk.img");
        File.WriteAllBytes(path, new byte[bytes]);
        return path;
    }

    [Fact]
    public void A_missing_disk_is_not_found()
    {
        var error = Assert.Throws<HostResourceException>(() => BlockDeviceSettings.Open(Path.Combine(directory.FullName, "none.img")));
        Assert.Equal("DiskNotFound", error.ErrorId);
        Assert.EndsWith("none.img", (string)error.Target!);
    }

    [Fact]
    public void A_directory_is_no_disk()
        => Assert.Equal("DiskAccessDenied", Assert.Throws<HostResourceException>(() => BlockDeviceSettings.Open(directory.FullName)).ErrorId);

    [Theory]
    [InlineData(0)]
    [InlineData(511)]
    [InlineData(1000)]
    public void Sizes_are_whole_sectors_and_nothing_stays_open(int bytes)
    {
        string path = Image(bytes);
        var error = Assert.Throws<HostResourceException>(() => BlockDeviceSettings.Open(path));
        Assert.Equal("DiskSizeInvalid", error.ErrorId);
        Assert.Equal(0, OpenDescriptors.Count(path));
    }

    [Fact]
    public void A_disk_that_vanished_since_is_not_found_at_the_start()
    {
        string path = Image(512);
        BlockDeviceSettings settings = BlockDeviceSettings.Open(path);
        File.Delete(path);
        using var machine = new TestMachine();
        Assert.Equal("DiskNotFound", Assert.Throws<HostResourceException>(() => settings.Create(machine)).ErrorId);
    }

    [Fact]
    public void A_disk_is_open_from_create_to_dispose()
    {
        string path = Image(512);
        BlockDeviceSettings settings = BlockDeviceSettings.Open(path);
        Assert.Equal(0, OpenDescriptors.Count(path));
        using var machine = new TestMachine();
        VirtioDevice device = settings.Create(machine);
        Assert.Equal(1, OpenDescriptors.Count(path));
        device.Dispose();
        Assert.Equal(0, OpenDescriptors.Count(path));
    }

    [Theory]
    [InlineData(false, false, (byte)9)]
    [InlineData(false, true, (byte)0)]
    [InlineData(true, false, (byte)0)]
    public void Writes_reach_the_file_unless_it_is_protected(bool readOnly, bool snapshot, byte expected)
    {
        string path = Image(1024);
        using (var machine = new TestMachine())
        {
            TestDriver driver = new TestDriver(machine, BlockDeviceSettings.Open(path, readOnly, snapshot).Create(machine)).Negotiate();
            TestQueue queue = driver.SetUp(0);
            driver.Ready();
            machine.Memory.Write(0x100000u, 1u);
            machine.Memory.Slice(0x101000, 512).Fill(9);
            queue.Do((0x100000, 16, false), (0x101000, 512, false), (0x102000, 1, true));
            Assert.Equal(readOnly ? 1 : 0, machine.Memory.Read<byte>(0x102000));
        }
        Assert.Equal(expected, File.ReadAllBytes(path)[0]);
        Assert.Equal(1024, new FileInfo(path).Length);
    }

    [Fact]
    public void Settings_say_what_they_are()
    {
        string path = Image(512);
        Assert.Equal(path, BlockDeviceSettings.Open(path).ToString());
        Assert.Equal($"{path} (read-only)", BlockDeviceSettings.Open(path, readOnly: true).ToString());
        Assert.Equal($"{path} (snapshot)", BlockDeviceSettings.Open(path, snapshot: true).ToString());
        Assert.Equal("block", BlockDeviceSettings.Open(path).Kind);
    }
}

/// <summary>What the process has open, by its links in /proc.</summary>
static class OpenDescriptors
{
    public static int Count(string path) => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(link =>
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName == path;
        }
        catch (IOException)
        {
            return false;   // closed while we looked
        }
    });
}
