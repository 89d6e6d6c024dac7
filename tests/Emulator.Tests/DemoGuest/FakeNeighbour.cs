using System.Buffers.Binary;
using System.Net.NetworkInformation;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Tests.Devices;

namespace LguestPS.Emulator.Tests.DemoGuest;

/// <summary>The only other station on a guest's network: 192.168.19.1, which answers ARP and echo requests, and sends some of its own.</summary>
sealed class FakeNeighbour : IPacketInterface
{
    public const string Address = "192.168.19.1", GuestAddress = "192.168.19.2";
    const int HeaderBytes = 12, Ethernet = HeaderBytes, Payload = Ethernet + 14, Icmp = Payload + 20;
    const ushort Arp = 0x0806, Ip = 0x0800;
    const byte NeedsChecksum = 1;

    static readonly byte[] Mac = [2, 0, 0, 0, 0, 1], Number = [192, 168, 19, 1], GuestNumber = [192, 168, 19, 2];

    readonly Queue<byte[]> toGuest = new();
    readonly List<byte[]> fromGuest = [];

    public string Name => "neighbour";

    /// <summary>Leave out checksums of what is sent to the guest, and say so in the packet header.</summary>
    public bool LeavesChecksumsOut { get; init; }

    /// <summary>What the guest's driver has agreed to do itself.</summary>
    public PacketOffloads Offloads { get; private set; }

    public void SetOffloads(PacketOffloads offloads) => Offloads = offloads;

    /// <summary>Whole echo messages from the guest that were right: type and sequence.</summary>
    public IReadOnlyList<(byte Type, ushort Sequence)> Echoes
    {
        get
        {
            lock (toGuest)
                return [.. fromGuest.Where(IsGoodEcho).Select(frame => (frame[Icmp], BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(Icmp + 6))))];
        }
    }

    /// <summary>Packet headers of the echo messages from the guest.</summary>
    public IReadOnlyList<byte[]> EchoHeaders
    {
        get
        {
            lock (toGuest)
                return [.. fromGuest.Where(frame => TypeOf(frame) == Ip).Select(frame => frame[..HeaderBytes])];
        }
    }

    public void Send(ReadOnlySpan<HostBuffer> frame)
    {
        lock (toGuest)
        {
            byte[] copy = frame.Gather();
            fromGuest.Add(copy);
            if (TypeOf(copy) == Arp && copy[Payload + 7] == 1 && copy.AsSpan(Payload + 24, 4).SequenceEqual(Number))
                Give(ArpReply(copy));
            else if (IsGoodEcho(copy) && copy[Icmp] == 8)
                Give(Echo(0, copy.AsSpan(Icmp + 4), copy.AsSpan(Ethernet + 6, 6)));
            Monitor.PulseAll(toGuest);
        }
    }

    /// <summary>Sends the guest an echo request.</summary>
    public void Ping(ReadOnlySpan<byte> guestMac, ushort sequence, int dataBytes)
    {
        byte[] message = new byte[4 + dataBytes];
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), sequence);
        lock (toGuest)
        {
            Give(Echo(8, message, guestMac));
            Monitor.PulseAll(toGuest);
        }
    }

    /// <summary>Waits until the guest has sent an echo message with a sequence number.</summary>
    public bool WaitForEcho(byte type, ushort sequence, TimeSpan timeout)
    {
        DateTime end = DateTime.UtcNow + timeout;
        lock (toGuest)
        {
            while (!Echoes.Contains((type, sequence)))
            {
                if (DateTime.UtcNow > end)
                    return false;
                Monitor.Wait(toGuest, 100);
            }
            return true;
        }
    }

    public bool TryReceive(ReadOnlySpan<HostBuffer> frame, out int length)
    {
        lock (toGuest)
        {
            length = 0;
            if (!toGuest.TryDequeue(out byte[]? next))
                return false;
            length = frame.Fill(next);
            return true;
        }
    }

    public void WaitForFrame(CancellationToken cancellation)
    {
        lock (toGuest)
        {
            while (toGuest.Count == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                Monitor.Wait(toGuest, 20);
            }
        }
    }

    public void Dispose()
    {
    }

    void Give(byte[] frame) => toGuest.Enqueue(frame);

    static ushort TypeOf(byte[] frame) => BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(Ethernet + 12));

    static byte[] ArpReply(byte[] request)
    {
        byte[] reply = [.. request];
        reply.AsSpan(Ethernet + 6, 6).CopyTo(reply.AsSpan(Ethernet));
        Mac.CopyTo(reply, Ethernet + 6);
        reply[Payload + 7] = 2;
        request.AsSpan(Payload + 8, 10).CopyTo(reply.AsSpan(Payload + 18));   // the sender becomes the target
        Mac.CopyTo(reply, Payload + 8);
        Number.CopyTo(reply, Payload + 14);
        return reply;
    }

    /// <param name="type">0 reply, 8 request.</param>
    /// <param name="message">From the identifier on.</param>
    /// <param name="guestMac">Whom it goes to.</param>
    byte[] Echo(byte type, ReadOnlySpan<byte> message, ReadOnlySpan<byte> guestMac)
    {
        byte[] frame = new byte[Icmp + 4 + message.Length];
        guestMac.CopyTo(frame.AsSpan(Ethernet));
        Mac.CopyTo(frame, Ethernet + 6);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Ethernet + 12), Ip);
        Span<byte> ip = frame.AsSpan(Payload, 20);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(frame.Length - Payload));
        ip[8] = 64;
        ip[9] = 1;
        Number.CopyTo(ip[12..]);
        GuestNumber.CopyTo(ip[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Checksum(ip));
        frame[Icmp] = type;
        message.CopyTo(frame.AsSpan(Icmp + 4));
        if (LeavesChecksumsOut)
            frame[0] = NeedsChecksum;
        else
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(Icmp + 2), Checksum(frame.AsSpan(Icmp)));
        return frame;
    }

    /// <summary>An echo message from the guest to us, whose checksums are right once the offload that its header asks for is done.</summary>
    static bool IsGoodEcho(byte[] frame)
    {
        if (TypeOf(frame) != Ip || frame[Payload + 9] != 1 || !frame.AsSpan(Payload + 12, 8).SequenceEqual([.. GuestNumber, .. Number]))
            return false;
        byte[] copy = [.. frame];
        if ((frame[0] & NeedsChecksum) != 0)
        {
            int start = HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(6));
            int at = start + BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(8));
            BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(at), Checksum(copy.AsSpan(start)));
        }
        return Checksum(copy.AsSpan(Payload, 20)) == 0 && Checksum(copy.AsSpan(Icmp)) == 0;
    }

    /// <summary>The checksum of RFC 1071.</summary>
    static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++)
            sum += (uint)bytes[i] << (i % 2 == 0 ? 8 : 0);
        while (sum >> 16 != 0)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}

/// <summary>A network card whose other end is in the test.</summary>
sealed record FakeNetSettings(IPacketInterface Port, PhysicalAddress? Mac = null) : DeviceSettings
{
    public override string Kind => "net";

    public override VirtioDevice Create(IDeviceHost host) => new NetDevice(Port, Mac, "net");
}
