using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>The demo guest breaks each rule for drivers, and is stopped and told why. EIP in a message stands for the guest's instruction pointer.</summary>
public sealed class ViolationTests : IDisposable
{
    /// <summary>More than 16 MB: a chain of 4 GB needs it.</summary>
    const int MemoryMB = 32;

    readonly string disk = Path.GetTempFileName();

    public ViolationTests() => File.WriteAllBytes(disk, new byte[1 << 20]);

    public void Dispose() => File.Delete(disk);

    [Theory]
    [InlineData(1, "block: bad driver: iovec too short!")]
    [InlineData(2, "rng: bad driver: AddressInMemory: Invalid address 0xfffff000")]
    [InlineData(3, "rng: bad driver: Desc next is 16")]
    [InlineData(4, "rng vq input: bad driver: avail->flags = 2")]
    [InlineData(5, "rng vq input: bad driver: Guest moved used index from 0 to 17")]
    [InlineData(6, "rng vq input: bad driver: Guest says index 16 is available")]
    [InlineData(7, "rng vq input: bad driver: vq indirect not negotiated")]
    [InlineData(8, "net vq tx: bad driver: Indirect within indirect")]
    [InlineData(9, "net vq tx: bad driver: indirect and next together")]
    [InlineData(10, "net vq tx: bad driver: Invalid size for indirect table")]
    [InlineData(11, "net vq tx: bad driver: indirect has too many entries")]
    [InlineData(12, "rng vq input: bad driver: Descriptor has out after in")]
    [InlineData(13, "rng vq input: bad driver: Looped descriptor")]
    [InlineData(14, "console vq input: bad driver: Output buffers in console in queue?")]
    [InlineData(15, "console vq output: bad driver: Input buffers in console output queue?")]
    [InlineData(16, "net vq tx: bad driver: Input buffers in net output queue?")]
    [InlineData(17, "net vq rx: bad driver: Output buffers in net input queue?")]
    [InlineData(18, "block vq request: bad driver: Bad virtblk cmd with no room for status")]
    [InlineData(19, "block vq request: bad driver: Write past end 1048576+512")]
    [InlineData(20, "rng vq input: bad driver: Output buffers in rng?")]
    [InlineData(21, "rng: bad driver: Invalid cfg_access to bar0, offset 0 len 3")]
    [InlineData(23, "rng vq input: bad driver: invalid 64-bit queue address")]
    [InlineData(24, "rng vq input: bad driver: invalid alignment in queue addresses")]
    [InlineData(25, "rng vq input: bad driver: invalid initial used.flags 0x1")]
    [InlineData(26, "rng: bad driver: Unexpected driver select 2")]
    [InlineData(27, "rng: bad driver: over-accepted features 0x80000000 of 0x100000000")]
    [InlineData(28, "rng: bad driver: unset of device status bit 0x3 -> 0x2")]
    [InlineData(29, "rng: bad driver: unknown device status bit 0x3 -> 0x13")]
    [InlineData(30, "rng: bad driver: unexpected status transition 0x1 -> 0x9")]
    [InlineData(31, "rng: bad driver: did not re-read FEATURES_OK")]
    [InlineData(32, "rng: bad driver: invalid queue size 3")]
    [InlineData(33, "rng: bad driver: changing queue size on live device")]
    [InlineData(34, "rng: bad driver: attempt to set MSIX vector to 1")]
    [InlineData(35, "rng: bad driver: setting queue_enable to 0")]
    [InlineData(36, "rng: bad driver: enabling vq after DRIVER_OK")]
    [InlineData(37, "rng: bad driver: attempt to write to queue_notify_off")]
    [InlineData(38, "rng: bad driver: changing queue on live device")]
    [InlineData(39, "rng: bad driver: setting up vq before FEATURES_OK")]
    [InlineData(40, "rng: bad driver: didn't re-read FEATURES_OK before setup")]
    [InlineData(41, "rng: bad driver: Invalid vq notification on 99")]
    [InlineData(42, "rng: bad driver: Unexpected write to isr")]
    [InlineData(43, "rng: bad driver: Unexpected write to offset 4")]
    [InlineData(44, "rng: bad driver: feature write before VIRTIO_CONFIG_S_DRIVER")]
    [InlineData(45, "rng: bad driver: feature write after VIRTIO_CONFIG_S_FEATURES_OK")]
    [InlineData(46, "rng: bad driver: non-32-bit write to offset 8 (EIP)")]
    [InlineData(47, "rng: bad driver: feature read before VIRTIO_CONFIG_S_DRIVER")]
    [InlineData(48, "rng: bad driver: read of msix_config")]
    [InlineData(49, "rng: bad driver: notify before VIRTIO_CONFIG_S_DRIVER_OK")]
    [InlineData(50, "rng: bad driver: non-8-bit read from offset 58 (EIP)")]
    [InlineData(51, "rng: bad driver: read from padding (EIP)")]
    [InlineData(52, "block: bad driver: read past end (EIP)")]
    [InlineData(53, "block: bad driver: config read before VIRTIO_CONFIG_S_DRIVER")]
    [InlineData(54, "rng: bad driver: non-32-bit read to offset 4 (EIP)")]
    [InlineData(55, "rng: bad driver: VIRTIO_F_VERSION_1 not accepted in 0")]
    [InlineData(56, "net: bad driver: feature 7 accepted without what it needs in 0x100000080")]
    [InlineData(57, "rng: bad driver: queue size 512 above the maximum of 256")]
    [InlineData(58, "rng: bad driver: setting up vq 99, which does not exist")]
    [InlineData(59, "block: bad driver: unaligned read of 16 bits from offset 61 (EIP)")]
    [InlineData(60, "rng vq input: bad driver: chain longer than 2^32 bytes")]
    [InlineData(61, "block vq request: bad driver: flush of sector 1")]
    [InlineData(62, "block vq request: bad driver: 100 bytes of data are not whole sectors")]
    [InlineData(63, "net vq tx: bad driver: checksum asked for without VIRTIO_NET_F_CSUM: flags 0x1")]
    [InlineData(64, "net vq tx: bad driver: gso_type 0x1 not negotiated")]
    public void EndsTheGuest(int number, string message)
    {
        using RunningDemoGuest guest = Boot();
        GuestExit exit = guest.Last($"violate {number}");
        Assert.Equal(GuestExitKind.DriverViolation, exit.Kind);
        DriverViolation violation = Assert.IsType<DriverViolation>(exit.Violation);
        Assert.Equal(message.Replace("EIP", $"0x{violation.GuestEip:x}", StringComparison.Ordinal), violation.Message);
        Assert.Equal(violation.Message, exit.Message);
        Assert.Equal((DriverRule)(number - 1), violation.Rule);
        Assert.Equal(DriverRules.Describe(violation.Rule).Section, violation.Section);
        Assert.Equal(message.Split(' ', ':')[0], violation.Device);
        Assert.Equal(violation.Device switch { "console" => 1, "block" => 2, "rng" => 3, _ => 4 }, violation.Slot);
        Assert.InRange(violation.GuestEip, 0xC0100000, 0xC0200000);
    }

    [Fact]
    public void ABadWindowWriteIsRefused()
    {
        using RunningDemoGuest guest = Boot();
        Assert.Equal("""
            violate 22: a window write of 3 bytes (rng)
            violate 22: the access is refused, trap 13 (general protection), error code 0

            """, guest.Ask("violate 22"));
        Assert.Equal("", guest.Ask(""));
    }

    [Fact]
    public void TheListHasEveryRule()
    {
        using RunningDemoGuest guest = Boot();
        int[] numbers = [.. guest.Ask("violate list").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line[..2]))];
        Assert.Equal(Enumerable.Range(1, DriverRules.All.Count), numbers);
    }

    [Fact]
    public void TheConsoleAloneWillDo()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot();
        Assert.Equal("console: bad driver: Unexpected write to isr", guest.Last("violate 42").Message);
    }

    RunningDemoGuest Boot()
        => RunningDemoGuest.Boot("quiet", MemoryMB, devices: [BlockDeviceSettings.Open(disk), new RngSettings(), new FakeNetSettings(new FakeNeighbour())]);
}
