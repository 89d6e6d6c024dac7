using System.Buffers.Binary;
using System.Text;

namespace LguestPS.Emulator.Devices;

/// <summary>A disk for the guest (virtio 1.0, section 5.2).</summary>
/// <param name="disk">Its bytes; disposed with the device.</param>
/// <param name="readOnly">The guest may not write, and is told so.</param>
/// <param name="serial">What the guest gets as the disk's id: up to 20 bytes of ASCII.</param>
public sealed class BlockDevice(DiskImage disk, bool readOnly, string serial) : VirtioDevice(DeviceType.Block, PciClass.Storage)
{
    /// <summary>Bytes in a sector of a request, whatever the disk's own are.</summary>
    public const int SectorSize = 512;

    const ulong SegmentMaximumFeature = 1 << 2, ReadOnlyFeature = 1 << 5;
    const int SerialBytes = 20;

    readonly byte[] configuration = MakeConfiguration(disk.Length);
    readonly byte[] id = MakeId(serial);

    /// <summary>What a request asks for.</summary>
    enum RequestType : uint
    {
        In = 0,
        Out = 1,
        Flush = 4,
        GetId = 8,
    }

    /// <summary>How a request ended.</summary>
    enum RequestStatus : byte
    {
        Ok = 0,
        IOError = 1,
        Unsupported = 2,
    }

    /// <summary>The head of a request as it lies in guest memory.</summary>
    readonly record struct RequestHeader(RequestType Type, uint Reserved, ulong Sector);

    /// <inheritdoc/>
    public override string Description => $"virtblock {disk.Length / SectorSize} sectors";

    /// <inheritdoc/>
    protected internal override IEnumerable<VirtqueueService> Queues => [new("request", Serve)];

    /// <inheritdoc/>
    protected internal override ulong Features => SegmentMaximumFeature | (readOnly ? ReadOnlyFeature : 0);

    /// <inheritdoc/>
    protected internal override ReadOnlySpan<byte> Configuration => configuration;

    /// <inheritdoc/>
    protected override void Close() => disk.Dispose();

    void Serve(DescriptorChain chain)
    {
        var header = chain.ReadHeader<RequestHeader>();
        chain.ReserveStatusByte(DriverRule.BlockStatusHasRoom);
        uint written = 0;
        RequestStatus status;
        try
        {
            status = header.Type switch
            {
                RequestType.In => Read(chain, header.Sector, out written),
                RequestType.Out => Write(chain, header.Sector),
                RequestType.Flush => Flush(chain, header.Sector),
                RequestType.GetId => GetId(chain, out written),
                _ => RequestStatus.Unsupported,
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Host.Warn($"block {serial}: {error.Message}");
            status = RequestStatus.IOError;
        }
        chain.WriteStatusByte((byte)status);
        chain.Complete(written + 1);
    }

    /// <summary>Reads what the disk has; a request that reaches past the end is filled so far.</summary>
    RequestStatus Read(DescriptorChain chain, ulong sector, out uint written)
    {
        RequireWholeSectors(chain, chain.WritableLength);
        written = TryGetOffset(sector, out long offset) ? (uint)disk.Read(chain.WritableRuns(), offset) : 0;
        return RequestStatus.Ok;
    }

    RequestStatus Write(DescriptorChain chain, ulong sector)
    {
        if (readOnly)
            return RequestStatus.IOError;   // section 5.2.6.2
        uint length = chain.ReadableLength;
        RequireWholeSectors(chain, length);
        // Only what lies on the disk is written, so that the file keeps its size whatever the guest asks.
        long done = TryGetOffset(sector, out long offset) ? disk.Write(chain.ReadableRuns(), offset) : 0;
        if (Host.IsVerbose)
            Host.Verbose($"WRITE to sector {sector}: {length}");
        if (done < length)
            throw chain.Violate(DriverRule.BlockWriteInCapacity, ("offset", sector * SectorSize), ("length", length));
        return RequestStatus.Ok;
    }

    RequestStatus Flush(DescriptorChain chain, ulong sector)
    {
        if (sector != 0)
            chain.PassOver(DriverRule.BlockFlushSectorZero, ("sector", sector));
        disk.Flush();
        if (Host.IsVerbose)
            Host.Verbose("FLUSH fdatasync: 0");
        return RequestStatus.Ok;
    }

    RequestStatus GetId(DescriptorChain chain, out uint written)
    {
        written = (uint)chain.Writable.CopyFrom(id);
        return RequestStatus.Ok;
    }

    static void RequireWholeSectors(DescriptorChain chain, uint length)
    {
        if (length % SectorSize != 0)
            throw chain.Violate(DriverRule.BlockDataWholeSectors, ("length", length));
    }

    /// <summary>The byte where a sector begins; false if it isn't on the disk.</summary>
    bool TryGetOffset(ulong sector, out long offset)
    {
        offset = unchecked((long)(sector * SectorSize));
        return sector < (ulong)disk.Length / SectorSize;
    }

    static byte[] MakeConfiguration(long length)
    {
        // struct virtio_blk_config as Linux 4.1 has it, so that registers lie where the founding launcher has them: up to num_queues, 36 bytes.
        // Only capacity and seg_max belong to features that are offered.
        byte[] configuration = new byte[36];
        BinaryPrimitives.WriteUInt64LittleEndian(configuration, (ulong)length / SectorSize);
        BinaryPrimitives.WriteUInt32LittleEndian(configuration.AsSpan(12), Virtqueue.MaximumSize - 2);   // the header and the status byte take two
        return configuration;
    }

    static byte[] MakeId(string serial)
    {
        byte[] id = new byte[SerialBytes];
        Encoding.ASCII.GetBytes(serial.AsSpan(0, Math.Min(serial.Length, SerialBytes)), id);
        return id;
    }
}
