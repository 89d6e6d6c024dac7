using System.Net.NetworkInformation;
using LguestPS.Emulator.Linux;
using Xunit;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>The network card as the demo guest's driver uses it, with a neighbour that lives in the test.</summary>
public sealed class NetTests
{
    static readonly PhysicalAddress Mac = PhysicalAddress.Parse("02-11-22-33-44-55");

    [Fact]
    public void UsesTheAddressThatItIsGiven()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot("quiet ip=10.0.0.7", devices: new FakeNetSettings(new FakeNeighbour(), Mac));
        Assert.Equal("net: slot 2, irq 2, mac 02:11:22:33:44:55, address 10.0.0.7, checksums by the device, 0 sent, 0 received\n", guest.Ask("net info"));
    }

    [Fact]
    public void ChoosesAnAddressWhereThereIsNone()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(new FakeNetSettings(new FakeNeighbour()));
        Assert.StartsWith("net: slot 2, irq 2, mac 02:00:00:00:00:02, address 192.168.19.2, ", guest.Ask("net info"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PingsItsNeighbour(bool leavesChecksumsOut)
    {
        var neighbour = new FakeNeighbour { LeavesChecksumsOut = leavesChecksumsOut };
        using RunningDemoGuest guest = RunningDemoGuest.Boot(new FakeNetSettings(neighbour, Mac));
        Assert.Equal(PacketOffloads.Checksum, neighbour.Offloads);
        Assert.Matches(@"^(ping: answer from 192\.168\.19\.1, seq \d, \d+\.\d{3} ms\n){3}ping: 3 sent, 3 answered\n$", guest.Ask($"net ping {FakeNeighbour.Address}"));
        Assert.Equal([(8, 1), (8, 2), (8, 3)], neighbour.Echoes);
        Assert.All(neighbour.EchoHeaders, header => Assert.Equal([1, 0, 0, 0, 0, 0, 34, 0, 2, 0, 0, 0], header));   // the checksum is left to the device
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1472)]
    public void AnswersItsNeighbour(int dataBytes)
    {
        var neighbour = new FakeNeighbour();
        using RunningDemoGuest guest = RunningDemoGuest.Boot(new FakeNetSettings(neighbour, Mac));
        for (ushort sequence = 1; sequence <= 40; sequence++)   // more than there are buffers
        {
            neighbour.Ping(Mac.GetAddressBytes(), sequence, dataBytes);
            Assert.True(neighbour.WaitForEcho(0, sequence, TimeSpan.FromSeconds(60)), $"no answer to {sequence}");
        }
    }

    [Fact]
    public void GivesUpOnAnAddressThatNobodyHas()
    {
        using RunningDemoGuest guest = RunningDemoGuest.Boot(new FakeNetSettings(new FakeNeighbour(), Mac));
        Assert.Equal("ping: 192.168.19.77 does not answer (no such neighbour)\n", guest.Ask("net ping 192.168.19.77"));
    }
}
