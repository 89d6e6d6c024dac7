using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Devices;

/// <summary>A network card for the guest (virtio 1.0, section 5.1): packets go to and from an interface of the host, packet header and all.</summary>
/// <param name="port">The host's interface; disposed with the device.</param>
/// <param name="mac">The guest's address; null lets its driver choose.</param>
/// <param name="description">What the launcher's verbose line says of it.</param>
public sealed class NetDevice(IPacketInterface port, PhysicalAddress? mac, string description) : VirtioDevice(DeviceType.Network, PciClass.Network)
{
    const ulong Checksum = 1 << 0, GuestChecksum = 1 << 1, Mac = 1 << 5, GuestTso4 = 1 << 7, GuestTso6 = 1 << 8, GuestEcn = 1 << 9,
        HostTso4 = 1 << 11, HostTso6 = 1 << 12, HostEcn = 1 << 13;

    const int HeaderBytes = TapInterface.PacketHeaderBytes, HeaderBuffers = 10;
    const byte NeedsChecksum = 1, GsoNone = 0, GsoTcp4 = 1, GsoTcp6 = 4, GsoEcn = 0x80;

    /// <summary>The longest packet that TCP can leave uncut and its Ethernet header.</summary>
    const int LongestFrame = 65535 + 18;

    readonly byte[] configuration = MakeConfiguration(mac);
    bool sendingFails;

    /// <summary>What stands before each packet, as it lies in guest memory (section 5.1.6); the last field is the number of buffers.</summary>
    readonly record struct PacketHeader(byte Flags, byte GsoType, ushort HeaderLength, ushort GsoSize, ushort ChecksumStart, ushort ChecksumOffset, ushort Buffers);

    /// <inheritdoc/>
    public override string Description => description;

    /// <inheritdoc/>
    protected internal override IEnumerable<VirtqueueService> Queues => [new("rx", Receive, Waits: true), new("tx", Transmit)];

    /// <inheritdoc/>
    protected internal override ulong Features => Checksum | GuestChecksum | GuestTso4 | GuestTso6 | GuestEcn | HostTso4 | HostTso6 | HostEcn
        | VirtioFeature.IndirectDescriptors | (mac is null ? 0 : Mac);

    /// <inheritdoc/>
    protected internal override IReadOnlyList<(ulong Feature, ulong NeedsOneOf)> FeatureNeeds { get; } =   // section 5.1.3.1
    [
        (GuestTso4, GuestChecksum), (GuestTso6, GuestChecksum), (GuestEcn, GuestTso4 | GuestTso6),
        (HostTso4, Checksum), (HostTso6, Checksum), (HostEcn, HostTso4 | HostTso6),
    ];

    /// <inheritdoc/>
    protected internal override ReadOnlySpan<byte> Configuration => configuration;

    /// <inheritdoc/>
    protected internal override void OnReady()
    {
        PacketOffloads offloads = PacketOffloads.None;
        if (Accepted(GuestChecksum))
            offloads |= PacketOffloads.Checksum;
        if (Accepted(GuestTso4))
            offloads |= PacketOffloads.Tso4;
        if (Accepted(GuestTso6))
            offloads |= PacketOffloads.Tso6;
        if (Accepted(GuestEcn))
            offloads |= PacketOffloads.TsoEcn;
        try
        {
            port.SetOffloads(offloads);
        }
        catch (IOException error)
        {
            Host.Warn($"net {port.Name}: {error.Message}");
        }
    }

    /// <inheritdoc/>
    protected override void Close() => port.Dispose();

    void Receive(DescriptorChain chain)
    {
        chain.RequireNoReadable(DriverRule.NetReceiveIsWritable);
        int length = NextFrame(chain, chain.WritableRuns());
        chain.Writable.Write(HeaderBuffers, [1, 0]);   // buffers aren't merged, so it is always one (section 5.1.6.4)
        chain.Complete((uint)length);
    }

    /// <summary>Waits for a frame. Before it sleeps it tells the driver of those that it has had: so many come with one interrupt.</summary>
    int NextFrame(DescriptorChain chain, ReadOnlySpan<HostBuffer> buffers)
    {
        bool warned = false;
        while (true)
        {
            try
            {
                if (port.TryReceive(buffers, out int length))
                    return length;
                chain.Interrupt();
                port.WaitForFrame(chain.Stopping);
            }
            catch (IOException error)
            {
                // The interface was taken down or away. It may come back.
                if (!warned)
                    Host.Warn($"net {port.Name}: {error.Message}");
                warned = true;
                chain.Interrupt();
                chain.Stopping.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
                chain.Stopping.ThrowIfCancellationRequested();
            }
        }
    }

    void Transmit(DescriptorChain chain)
    {
        chain.RequireNoWritable(DriverRule.NetTransmitIsReadable);
        // The driver could change what was checked: what is sent is our copy of the header. The frame goes from where it lies.
        var header = chain.ReadHeader<PacketHeader>();
        CheckHeader(chain, header.Flags, header.GsoType);
        uint length = chain.ReadableLength;
        if (length > LongestFrame)
            Host.Warn($"net {port.Name}: a packet of {HeaderBytes + length} bytes was dropped");
        else
            Send(chain.ReadableRuns(new(MemoryMarshal.AsBytes(new Span<PacketHeader>(ref header)))));
        chain.Complete(0);
    }

    /// <summary>Sends a frame; one that the host won't have is lost. The first of a row of those is warned of.</summary>
    void Send(ReadOnlySpan<HostBuffer> frame)
    {
        try
        {
            port.Send(frame);
            sendingFails = false;
        }
        catch (IOException error)
        {
            if (!sendingFails)
                Host.Warn($"net {port.Name}: {error.Message}");
            sendingFails = true;
        }
    }

    /// <summary>A packet asks only for what was negotiated (section 5.1.6.2.1).</summary>
    void CheckHeader(DescriptorChain chain, byte flags, byte gsoType)
    {
        if ((flags & NeedsChecksum) != 0 && !Accepted(Checksum))
            throw chain.Violate(DriverRule.NetChecksumNegotiated, ("flags", flags));
        bool negotiated = (gsoType & ~GsoEcn) switch
        {
            GsoNone => true,
            GsoTcp4 => Accepted(HostTso4),
            GsoTcp6 => Accepted(HostTso6),
            _ => false,
        };
        if (!negotiated || ((gsoType & GsoEcn) != 0 && !Accepted(HostEcn)))
            throw chain.Violate(DriverRule.NetSegmentationNegotiated, ("type", gsoType));
    }

    bool Accepted(ulong feature) => (AcceptedFeatures & feature) != 0;

    static byte[] MakeConfiguration(PhysicalAddress? mac)
    {
        byte[] configuration = new byte[10];   // struct virtio_net_config as Linux 4.1 has it: mac, status, max_virtqueue_pairs
        mac?.GetAddressBytes().CopyTo(configuration, 0);
        return configuration;
    }
}
