using System.Net.NetworkInformation;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Linux;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>The network card between a driver and a wire.</summary>
public sealed class NetDeviceTests : IDisposable
{
    const uint Data = 0x100000;
    const ulong AllOffloads = 1 | 1 << 1 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 11 | 1 << 12 | 1 << 13;

    readonly TestMachine machine = new();
    readonly TestWire wire = new();

    public void Dispose() => machine.Dispose();

    TestDriver Start(out TestQueue receive, out TestQueue transmit, ulong features = 0, PhysicalAddress? mac = null)
    {
        TestDriver driver = new TestDriver(machine, new NetDevice(wire, mac, "test wire")).Negotiate(features);
        receive = driver.SetUp(0);
        transmit = driver.SetUp(1);
        driver.Ready();
        return driver;
    }

    static byte[] Frame(int length, byte fill)
    {
        byte[] frame = new byte[length];
        frame.AsSpan(12).Fill(fill);
        return frame;
    }

    [Fact]
    public void A_packet_is_sent_with_its_header()
    {
        Start(out _, out TestQueue transmit);
        Frame(72, 5).CopyTo(machine.Memory.Slice(Data, 72));
        Assert.Equal(0u, transmit.Do((Data, 12, false), (Data + 12, 60, false)));
        Assert.True(wire.Outgoing.TryTake(out byte[]? sent, TimeSpan.FromSeconds(20)));
        Assert.Equal(Frame(72, 5), sent);
    }

    [Fact]
    public void The_largest_packet_is_sent_and_a_larger_one_dropped()
    {
        const int largest = 12 + 65535 + 18;
        Start(out _, out TestQueue transmit);
        transmit.Do((Data, largest, false));
        Assert.True(wire.Outgoing.TryTake(out byte[]? sent, TimeSpan.FromSeconds(20)));
        Assert.Equal(largest, sent.Length);
        transmit.Do((Data, largest + 1, false));
        Assert.Empty(wire.Outgoing);
        Assert.Single(machine.Warnings);
    }

    [Fact]
    public void A_packet_is_received_in_one_buffer()
    {
        Start(out TestQueue receive, out _);
        ushort head = receive.Add((Data, 12, true), (Data + 0x1000, 1514, true));
        receive.Notify();
        wire.Deliver(Frame(100, 9));
        machine.WaitFor(() => receive.UsedIndex == 1, "a packet");
        Assert.Equal((head, 100u), receive.UsedElement(0));
        Assert.Equal(1, machine.Memory.Read<ushort>(Data + 10));   // num_buffers
        Assert.Equal(-1, machine.Memory.Slice(Data + 0x1000, 88).IndexOfAnyExcept((byte)9));
    }

    [Fact]
    public void The_driver_is_interrupted_before_the_device_waits_for_more()
    {
        TestDriver driver = Start(out TestQueue receive, out _);
        for (int i = 0; i < 5; i++)
            receive.Add((Data, 1526, true));
        wire.Deliver(Frame(100, 1));
        wire.Deliver(Frame(100, 2));
        wire.Deliver(Frame(100, 3));
        receive.Notify();
        machine.WaitFor(() => receive.UsedIndex == 3 && machine.InterruptsOf(driver.Device) >= 1, "packets and an interrupt");
        Assert.Equal(1, machine.InterruptsOf(driver.Device));
    }

    [Fact]
    public void Reset_ends_a_wait_for_packets()
    {
        TestDriver driver = Start(out TestQueue receive, out _);
        receive.Add((Data, 1526, true));
        receive.Notify();
        Thread.Sleep(20);
        driver.SetStatus(0);
        Assert.Null(machine.Failure);
    }

    [Fact]
    public void The_host_is_told_what_the_driver_takes()
    {
        Start(out _, out _, AllOffloads);
        Assert.Equal(PacketOffloads.Checksum | PacketOffloads.Tso4 | PacketOffloads.Tso6 | PacketOffloads.TsoEcn, wire.Offloads);
        machine.Bus.Devices[0].Reset();
        new TestDriver(machine, machine.Bus.Devices[0]).Negotiate(1).Ready();
        Assert.Equal(PacketOffloads.None, wire.Offloads);
    }

    [Fact]
    public void Negotiated_offloads_may_be_asked_for()
    {
        Start(out _, out TestQueue transmit, AllOffloads);
        machine.Memory.Write<byte>(Data, 1);
        machine.Memory.Write<byte>(Data + 1, 0x81);   // TCP over IPv4, with congestion notification
        transmit.Do((Data, 100, false));
        Assert.Equal(0x81, wire.Outgoing.Take()[1]);
    }

    [Fact]
    public void The_address_is_in_the_configuration_if_there_is_one()
    {
        TestDriver driver = Start(out _, out _, features: 1 << 5, mac: PhysicalAddress.Parse("02-00-00-00-00-01"));
        Assert.Equal([2u, 0, 0, 0, 0, 1], Enumerable.Range(60, 6).Select(at => driver.Read8((uint)at)));
    }

    [Fact]
    public void The_wire_is_closed_with_the_machine()
    {
        Start(out _, out _);
        machine.Bus.Dispose();
        Assert.True(wire.Closed);
    }
}
