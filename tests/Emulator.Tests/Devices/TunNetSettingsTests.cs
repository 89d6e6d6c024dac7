using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Linux;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>Network settings; and, where the host allows a network of one's own, a real TAP interface.</summary>
public sealed class TunNetSettingsTests
{
    [Fact]
    public void Settings_say_what_they_are()
    {
        TunNetSettings settings = TunNetSettings.ForAddress("192.168.19.1", "02:00:00:00:00:01", "tap7");
        Assert.Equal(IPAddress.Parse("192.168.19.1"), settings.IPAddress);
        Assert.Equal(PhysicalAddress.Parse("020000000001"), settings.MacAddress);
        Assert.Equal(("net", "tap7", "192.168.19.1"), (settings.Kind, settings.TapName, settings.ToString()));
        Assert.Equal("bridge br0", TunNetSettings.ForBridge("br0").ToString());
        Assert.Equal("0A1B2C3D4E5F", TunNetSettings.ForBridge("br0", "a-1b-2c-3d-4e-5f").MacAddress!.ToString());
    }

    [Theory]
    [InlineData("192.168.19")]
    [InlineData("1")]
    [InlineData("256.1.1.1")]
    [InlineData("::1")]
    [InlineData("")]
    public void An_address_that_is_none_is_told(string address)
        => Assert.Equal("IPAddressInvalid", Assert.Throws<HostResourceException>(() => TunNetSettings.ForAddress(address)).ErrorId);

    [Theory]
    [InlineData("02:00:00:00:00")]
    [InlineData("02:00:00:00:00:01:02")]
    [InlineData("02:00:00:00:00:0g")]
    [InlineData("02:00:00:00:00:001")]
    [InlineData("0200.0000.0001")]
    [InlineData("01:00:5e:00:00:01")]
    [InlineData("00:00:00:00:00:00")]
    [InlineData("")]
    public void A_hardware_address_that_is_none_is_told(string mac)
        => Assert.Equal("MacAddressInvalid", Assert.Throws<HostResourceException>(() => TunNetSettings.ForAddress("10.0.0.1", mac)).ErrorId);

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("tap 1")]
    [InlineData("sixteen-letters!")]
    public void Interface_names_are_checked(string name)
    {
        Assert.Equal("TapNameInvalid", Assert.Throws<HostResourceException>(() => TunNetSettings.ForAddress("10.0.0.1", null, name)).ErrorId);
        Assert.Equal("BridgeNotFound", Assert.Throws<HostResourceException>(() => TunNetSettings.ForBridge(name)).ErrorId);
    }

    [OwnNetworkFact]
    public void A_missing_bridge_is_told_and_nothing_stays_open() => OwnNetwork.Run(() =>
    {
        int before = OpenDescriptors.Count("/dev/net/tun");
        using var machine = new TestMachine();
        var error = Assert.Throws<HostResourceException>(() => TunNetSettings.ForBridge("nobridge").Create(machine));
        Assert.Equal("BridgeNotFound", error.ErrorId);
        error = Assert.Throws<HostResourceException>(() => TunNetSettings.ForBridge("lo").Create(machine));   // no bridge either
        Assert.Equal("BridgeNotFound", error.ErrorId);
        Assert.Equal(before, OpenDescriptors.Count("/dev/net/tun"));
    });

    [OwnNetworkFact]
    public void A_tap_interface_in_use_is_told() => OwnNetwork.Run(() =>
    {
        using var first = new TapInterface("tap5");
        using var machine = new TestMachine();
        Assert.Equal("TapUnavailable", Assert.Throws<HostResourceException>(() => TunNetSettings.ForAddress("10.9.8.1", null, "tap5").Create(machine)).ErrorId);
    });

    [OwnNetworkFact]
    public void The_host_answers_an_arp_request_of_the_guest() => OwnNetwork.Run(() =>
    {
        const uint send = 0x100000, receive = 0x200000;
        using var machine = new TestMachine();
        VirtioDevice device = TunNetSettings.ForAddress("10.9.8.1", "02:00:00:00:00:01", "tap5").Create(machine);
        TestDriver driver = new TestDriver(machine, device).Negotiate();
        Assert.Contains("device 1: tun tap5: 10.9.8.1", machine.VerboseLines);
        TestQueue rx = driver.SetUp(0), tx = driver.SetUp(1);
        driver.Ready();
        for (uint i = 0; i < 16; i++)
            rx.Add((receive + i * 2048, 2048, true));
        rx.Notify();

        byte[] request = ArpRequest();
        request.CopyTo(machine.Memory.Slice(send, (uint)request.Length));
        tx.Do((send, (uint)request.Length, false));

        byte[]? reply = null;
        ushort seen = 0;
        machine.WaitFor(() =>
        {
            for (; seen != rx.UsedIndex && reply is null; seen++)
            {
                byte[] frame = machine.Memory.Slice(receive + rx.UsedElement(seen).Head * 2048, rx.UsedElement(seen).Length)[12..].ToArray();
                if (frame[12] == 8 && frame[13] == 6 && frame[21] == 2)   // others are the host's own announcements
                    reply = frame;
            }
            return reply is not null;
        }, "an answer");
        Assert.Equal([10, 9, 8, 1], reply![28..32]);
        Assert.Equal([2, 0, 0, 0, 0, 1], reply[32..38]);
        driver.SetStatus(0);   // ends the thread that waits for packets
    });

    /// <summary>Who has 10.9.8.1? Tell 10.9.8.2, behind an empty packet header.</summary>
    static byte[] ArpRequest()
    {
        byte[] frame = new byte[12 + 42];
        Span<byte> packet = frame.AsSpan(12);
        packet[..6].Fill(0xFF);
        ReadOnlySpan<byte> sender = [2, 0, 0, 0, 0, 1];
        sender.CopyTo(packet[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(packet[12..], 0x0806);
        ReadOnlySpan<byte> ethernetIPv4Request = [0, 1, 8, 0, 6, 4, 0, 1];
        ethernetIPv4Request.CopyTo(packet[14..]);
        sender.CopyTo(packet[22..]);
        ReadOnlySpan<byte> from = [10, 9, 8, 2], to = [10, 9, 8, 1];
        from.CopyTo(packet[28..]);
        to.CopyTo(packet[38..]);
        return frame;
    }
}

/// <summary>A network namespace that only one thread is in, so that tests change nothing of the host's network.</summary>
static partial class OwnNetwork
{
    const int NewNetwork = 0x4000_0000;

    static readonly Lazy<string?> Obstacle = new(() =>
    {
        if (!OperatingSystem.IsLinux())
            return "network namespaces are Linux's";
        try
        {
            Run(() => new TapInterface().Dispose());
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
    });

    /// <summary>Why there can be no such network; null where there can.</summary>
    public static string? WhyNot => Obstacle.Value;

    /// <summary>Runs a test in a new network namespace.</summary>
    public static void Run(Action test)
    {
        ExceptionDispatchInfo? failed = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (Unshare(NewNetwork) != 0)
                    throw new HostCallException("unshare", Marshal.GetLastPInvokeError());
                test();
            }
            catch (Exception error)
            {
                failed = ExceptionDispatchInfo.Capture(error);
            }
        });
        thread.Start();
        thread.Join();
        failed?.Throw();
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);
}

/// <summary>A test that needs a network namespace and TAP interfaces, which take root; elsewhere it is skipped and says why.</summary>
sealed class OwnNetworkFactAttribute : FactAttribute
{
    public OwnNetworkFactAttribute()
    {
        if (OwnNetwork.WhyNot is string reason)
            Skip = $"No network namespace with a TAP interface can be had here: {reason}";
    }
}
