using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Linux;

/// <summary>Work on packets that the receiver is ready to do itself (TUN_F_ of the TUN driver).</summary>
[Flags]
public enum PacketOffloads : uint
{
    /// <summary>Whole packets only.</summary>
    None = 0,
    /// <summary>Checksums not yet made.</summary>
    Checksum = 1,
    /// <summary>TCP over IPv4 not yet cut into segments.</summary>
    Tso4 = 2,
    /// <summary>TCP over IPv6 not yet cut into segments.</summary>
    Tso6 = 4,
    /// <summary>Uncut segments with explicit congestion notification.</summary>
    TsoEcn = 8,
}

/// <summary>A network interface of the host that takes and gives Ethernet frames, each behind a 12-byte virtio 1.0 packet header (section 5.1.6).</summary>
public interface IPacketInterface : IDisposable
{
    /// <summary>The interface's name on the host.</summary>
    string Name { get; }

    /// <summary>Says what the receiver of frames is ready to do itself.</summary>
    /// <exception cref="IOException">The host won't have it.</exception>
    void SetOffloads(PacketOffloads offloads);

    /// <summary>Takes a frame if one waits into buffers, one after the other, cut to their length. What the packet header's last two bytes are then is open.</summary>
    /// <exception cref="IOException">The interface is gone or down.</exception>
    bool TryReceive(ReadOnlySpan<HostBuffer> frame, out int length);

    /// <summary>Waits until a frame can be taken. One thread at a time.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    /// <exception cref="IOException">The interface is gone.</exception>
    void WaitForFrame(CancellationToken cancellation);

    /// <summary>Sends a frame, which buffers hold one after the other.</summary>
    /// <exception cref="IOException">The host won't have it.</exception>
    void Send(ReadOnlySpan<HostBuffer> frame);
}
