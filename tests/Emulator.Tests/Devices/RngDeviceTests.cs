using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>The entropy device.</summary>
public sealed class RngDeviceTests
{
    [Fact]
    public void All_of_a_request_is_filled()
    {
        using var machine = new TestMachine();
        TestDriver driver = new TestDriver(machine, new RngDevice(new ConstantEntropy(7))).Negotiate();
        TestQueue queue = driver.SetUp(0);
        driver.Ready();
        Assert.Equal(30u, queue.Do((0x100000, 10, true), (0x100100, 20, true)));
        Assert.Equal(-1, machine.Memory.Slice(0x100000, 10).IndexOfAnyExcept((byte)7));
        Assert.Equal(-1, machine.Memory.Slice(0x100100, 20).IndexOfAnyExcept((byte)7));
        Assert.Equal(0, machine.Memory.Read<byte>(0x10000A));
    }

    [Fact]
    public void The_hosts_entropy_differs_each_time()
    {
        var entropy = new HostEntropy();
        byte[] one = new byte[32], other = new byte[32];
        entropy.Fill(one);
        entropy.Fill(other);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void Settings_make_the_device()
    {
        using var machine = new TestMachine();
        using VirtioDevice device = new RngSettings().Create(machine);
        Assert.IsType<RngDevice>(device);
        Assert.Equal("rng", new RngSettings().Kind);
    }
}
