using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>The registers of a device as a driver that keeps the rules sees them.</summary>
public sealed class TransportTests : IDisposable
{
    readonly TestMachine machine = new();

    public void Dispose() => machine.Dispose();

    TestDriver Rng() => new(machine, new RngDevice(new ConstantEntropy(7)));

    [Fact]
    public void Features_are_offered_in_halves()
    {
        TestDriver driver = new TestDriver(machine, new NetDevice(new TestWire(), null, "")).Find();
        driver.Write32(0, 0);
        Assert.Equal(0x1000_3B83u, driver.Read32(4));   // as recorded: bits 0, 1, 7, 8, 9, 11, 12, 13, 28
        driver.Write32(0, 1);
        Assert.Equal(1u, driver.Read32(4));
        driver.Write32(0, 2);
        Assert.Equal(0u, driver.Read32(4));
    }

    [Fact]
    public void A_disk_offers_what_the_founding_launcher_does()
    {
        TestDriver driver = new TestDriver(machine, new BlockDevice(new MemoryDisk(16384), readOnly: false, "")).Find();
        driver.Write32(0, 0);
        Assert.Equal(1u << 2, driver.Read32(4));
        Assert.Equal(16384u, driver.Read32(60));   // capacity
        Assert.Equal(0u, driver.Read32(64));
        Assert.Equal(254u, driver.Read32(72));     // seg_max
    }

    [Fact]
    public void Accepted_features_are_read_back()
    {
        TestDriver driver = Rng().Find().Accept(TestDriver.Version1);
        Assert.Equal(1u, driver.Read32(12));
        driver.Write32(8, 0);
        Assert.Equal(0u, driver.Read32(12));
        Assert.Equal(TestDriver.Version1, driver.Device.AcceptedFeatures);
    }

    [Fact]
    public void Queue_registers_follow_the_selection()
    {
        TestDriver driver = new TestDriver(machine, new ConsoleDevice(new ConsoleBuffer())).Negotiate();
        Assert.Equal(2u, driver.Read16(18));
        TestQueue input = driver.SetUp(0, 64), output = driver.Place(1, 128);
        Assert.Equal(128u, driver.Read16(24));
        Assert.Equal(0u, driver.Read16(28));
        Assert.Equal(output.Available, driver.Read32(40));
        driver.Write16(22, 0);
        Assert.Equal(64u, driver.Read16(24));
        Assert.Equal(1u, driver.Read16(28));
        Assert.Equal(input.Used, driver.Read32(48));
        driver.Write16(22, 2);
        Assert.Equal(0u, driver.Read16(24));   // there is no such queue
        Assert.Equal(2u, driver.Read16(22));
    }

    [Fact]
    public void Reset_clears_everything_before_status_reads_zero()
    {
        TestDriver driver = Rng().Negotiate();
        TestQueue queue = driver.SetUp(0, 16);
        driver.Ready();
        queue.Do((0x100000, 4, true));

        driver.SetStatus(0);

        Assert.Equal(0, driver.Status);
        Assert.Equal(0ul, driver.Device.AcceptedFeatures);
        driver.SetStatus(1);
        driver.SetStatus(3);
        Assert.Equal(256u, driver.Read16(24));
        Assert.Equal(0u, driver.Read16(28));
        Assert.Equal(0u, driver.Read32(32));
        Assert.Equal(0u, driver.Read8(58));
        Assert.Contains("rng: device status -> 0", machine.VerboseLines);
        Assert.Contains("Resetting device rng", machine.VerboseLines);
    }

    [Fact]
    public void A_device_works_again_after_reset()
    {
        TestDriver driver = Rng();
        for (int round = 0; round < 3; round++)
        {
            driver.Negotiate();
            TestQueue queue = driver.SetUp(0);
            driver.Ready();
            Assert.Equal(4u, queue.Do((0x100000, 4, true)));
        }
    }

    [Fact]
    public void Reading_the_interrupt_status_clears_it()
    {
        TestDriver driver = Rng().Negotiate();
        TestQueue queue = driver.SetUp(0);
        driver.Ready();
        queue.Do((0x100000, 4, true));
        machine.WaitFor(() => machine.InterruptsOf(driver.Device) > 0, "an interrupt");
        Assert.Equal(1u, driver.Read8(58));
        Assert.Equal(0u, driver.Read8(58));
    }

    [Fact]
    public void The_interrupt_status_is_set_before_the_line_is_raised()
    {
        TestDriver driver = Rng().Negotiate();
        TestQueue queue = driver.SetUp(0);
        uint seen = 0;
        machine.Interrupted = _ => Volatile.Write(ref seen, driver.Read8(58));
        driver.Ready();
        queue.Do((0x100000, 4, true));
        machine.WaitFor(() => machine.InterruptsOf(driver.Device) > 0 && Volatile.Read(ref seen) != 0, "an interrupt with its status");
        Assert.Equal(1u, seen);
    }

    [Fact]
    public void A_driver_may_give_up()
    {
        TestDriver driver = Rng().Find();
        driver.SetStatus(0x83);
        Assert.Equal(0x83, driver.Status);
        Assert.Single(machine.Warnings);
        driver.SetStatus(0);
        Assert.Equal(0, driver.Status);
    }

    [Fact]
    public void The_launchers_status_lines_are_printed()
    {
        Rng().Negotiate().Ready();
        Assert.Equal(
            ["device 1: rng", "rng: device status -> 0", "Resetting device rng", "rng: device status -> 0x1", "rng: device status -> 0x3", "rng: device status -> 0xb", "rng: device status -> 0xf"],
            machine.VerboseLines);
    }

    [Fact]
    public void Closing_the_bus_closes_devices()
    {
        var device = new TestDevice();
        using (var other = new TestMachine())
            other.Bus.Add(device);
        Assert.True(device.Closed);
    }
}
