using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using LguestPS.Emulator.Memory;
using Tmds.Linux;

namespace LguestPS.Emulator.Linux;

/// <summary>The host's end of a guest's network: a TAP interface, which lives as long as this object unless it existed before.</summary>
public sealed unsafe class TapInterface : IPacketInterface
{
    /// <summary>Bytes of the packet header before each frame.</summary>
    public const int PacketHeaderBytes = 12;

    /// <summary>Characters that an interface name has at most.</summary>
    public const int LongestName = 15;

    // Numbers of the TUN driver and of interface requests that the C library bindings don't have.
    const int TunSetInterface = 0x400454ca, TunSetNoChecksum = 0x400454c8, TunSetOffload = 0x400454d0, TunSetHeaderSize = 0x400454d8;
    const int GetInterfaceFlags = 0x8913, SetInterfaceFlags = 0x8914, SetInterfaceAddress = 0x8916, GetInterfaceIndex = 0x8933, AddToBridge = 0x89a2;
    const short Tap = 2, NoPacketInformation = 0x1000, VirtioHeader = 0x4000, Up = 1;

    readonly int descriptor;
    readonly HostEvent cancelled;
    CancellationToken cancellationWatched;
    CancellationTokenRegistration registration;
    bool disposed;

    /// <summary>Makes a TAP interface, or takes an existing one over.</summary>
    /// <param name="name">Its name; null lets the host choose tap0, tap1 and so on.</param>
    /// <exception cref="HostCallException">The host has no TUN driver or won't give the interface.</exception>
    public TapInterface(string? name = null)
    {
        cancelled = new HostEvent();
        descriptor = -1;
        try
        {
            descriptor = OpenDriver();
            var request = new InterfaceRequest(name ?? "tap%d") { Flags = Tap | NoPacketInformation | VirtioHeader };
            Control(descriptor, TunSetInterface, &request, "TUNSETIFF");
            Name = request.Name;
            SetOffloads(PacketOffloads.Checksum | PacketOffloads.Tso4 | PacketOffloads.Tso6 | PacketOffloads.TsoEcn);
            _ = LibC.ioctl(descriptor, TunSetNoChecksum, 1);   // today's drivers ignore it, and so its result is
            int headerSize = PacketHeaderBytes;
            Control(descriptor, TunSetHeaderSize, &headerSize, "TUNSETVNETHDRSZ");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Name { get; } = "";

    /// <summary>Gives the interface an IPv4 address, with the mask of its class.</summary>
    /// <exception cref="HostCallException">The host won't have it.</exception>
    public void SetAddress(IPAddress address)
    {
        var request = new InterfaceRequest(Name);
        request.SetAddress(address);
        ControlInterface(SetInterfaceAddress, ref request, "SIOCSIFADDR");
    }

    /// <summary>Brings the interface up.</summary>
    /// <exception cref="HostCallException">The host won't have it.</exception>
    public void BringUp()
    {
        var request = new InterfaceRequest(Name);
        ControlInterface(GetInterfaceFlags, ref request, "SIOCGIFFLAGS");
        request.Flags |= Up;
        ControlInterface(SetInterfaceFlags, ref request, "SIOCSIFFLAGS");
    }

    /// <summary>Attaches the interface to a bridge.</summary>
    /// <exception cref="HostCallException">There is no such bridge, or the host won't have it.</exception>
    public void Join(string bridge)
    {
        var own = new InterfaceRequest(Name);
        ControlInterface(GetInterfaceIndex, ref own, "SIOCGIFINDEX");
        var request = new InterfaceRequest(bridge) { Index = own.Index };
        ControlInterface(AddToBridge, ref request, "SIOCBRADDIF");
    }

    /// <inheritdoc/>
    public void SetOffloads(PacketOffloads offloads)
    {
        if (LibC.ioctl(descriptor, TunSetOffload, (int)offloads) < 0)
            throw new HostCallException("TUNSETOFFLOAD", LibC.errno);
    }

    /// <inheritdoc/>
    public bool TryReceive(ReadOnlySpan<HostBuffer> frame, out int length)
    {
        length = (int)ScatteredIO.Read(descriptor, frame);
        if (length >= 0)
            return true;
        int error = ScatteredIO.LastError;
        length = 0;
        return error == LibC.EAGAIN || error == LibC.EINTR ? false : throw new HostCallException($"read from {Name}", error);
    }

    /// <inheritdoc/>
    public void WaitForFrame(CancellationToken cancellation)
    {
        Watch(cancellation);
        if (!cancelled.WaitFor(descriptor))
            cancellation.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<HostBuffer> frame)
    {
        if (ScatteredIO.Write(descriptor, frame) < 0)
            throw new HostCallException($"write to {Name}", ScatteredIO.LastError);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        registration.Dispose();
        cancelled.Dispose();
        if (descriptor >= 0)
            LibC.close(descriptor);
    }

    /// <summary>Lets a token's cancellation set the event. A service waits many times with one token: it is registered once.</summary>
    void Watch(CancellationToken cancellation)
    {
        if (cancellation == cancellationWatched)
            return;
        registration.Dispose();
        cancelled.Clear();
        cancellationWatched = cancellation;
        registration = cancellation.UnsafeRegister(static state => ((HostEvent)state!).Set(), cancelled);
    }

    static int OpenDriver()
    {
        fixed (byte* path = "/dev/net/tun\0"u8)
        {
            int opened = LibC.open(path, LibC.O_RDWR | LibC.O_CLOEXEC | LibC.O_NONBLOCK);
            return opened >= 0 ? opened : throw new HostCallException("open /dev/net/tun", LibC.errno);
        }
    }

    /// <summary>Makes a request about interfaces; any socket will do for it.</summary>
    static void ControlInterface(int number, ref InterfaceRequest request, string name)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        fixed (InterfaceRequest* pointer = &request)
        {
            Control((int)socket.Handle, number, pointer, name);
        }
    }

    static void Control(int descriptor, int number, void* argument, string name)
    {
        if (LibC.ioctl(descriptor, number, argument) < 0)
            throw new HostCallException(name, LibC.errno);
    }

    /// <summary>struct ifreq: a name of up to 15 characters, and 24 bytes that depend on the request.</summary>
    struct InterfaceRequest
    {
        const int NameBytes = 16, AddressOffset = NameBytes + 4;

        Bytes bytes;

        [InlineArray(40)]
        struct Bytes
        {
            byte first;
        }

        public InterfaceRequest(string name)
        {
            if (name.Length > LongestName)
                throw new ArgumentException($"Interface name '{name}' is longer than {LongestName} characters.", nameof(name));
            Encoding.ASCII.GetBytes(name, bytes);
        }

        public readonly string Name
        {
            get
            {
                ReadOnlySpan<byte> name = ((ReadOnlySpan<byte>)bytes)[..NameBytes];
                return Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]);
            }
        }

        public short Flags
        {
            readonly get => BinaryPrimitives.ReadInt16LittleEndian(((ReadOnlySpan<byte>)bytes)[NameBytes..]);
            set => BinaryPrimitives.WriteInt16LittleEndian(((Span<byte>)bytes)[NameBytes..], value);
        }

        public int Index
        {
            readonly get => BinaryPrimitives.ReadInt32LittleEndian(((ReadOnlySpan<byte>)bytes)[NameBytes..]);
            set => BinaryPrimitives.WriteInt32LittleEndian(((Span<byte>)bytes)[NameBytes..], value);
        }

        /// <summary>A struct sockaddr_in: the family, no port, the address in network order.</summary>
        public void SetAddress(IPAddress address)
        {
            Span<byte> all = bytes;
            BinaryPrimitives.WriteInt16LittleEndian(all[NameBytes..], (short)LibC.AF_INET);
            address.GetAddressBytes().CopyTo(all[AddressOffset..]);
        }
    }
}
