using System.Collections.Concurrent;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>A device made of the services that a test wants.</summary>
sealed class TestDevice(params VirtqueueService[] services) : VirtioDevice(DeviceType.Entropy, PciClass.Unassigned)
{
    public bool Closed { get; private set; }

    protected internal override IEnumerable<VirtqueueService> Queues => services;

    protected internal override ulong Features => TestDriver.Indirect;

    protected override void Close() => Closed = true;
}

/// <summary>Entropy that isn't: every byte is the same.</summary>
sealed class ConstantEntropy(byte value) : IEntropySource
{
    public void Fill(Span<byte> buffer) => buffer.Fill(value);
}

/// <summary>A disk in memory that can be told to fail.</summary>
sealed class MemoryDisk(int sectors) : DiskImage
{
    public byte[] Bytes { get; } = new byte[sectors * 512];

    public bool Fails { get; set; }

    public int Flushes { get; private set; }

    public bool Closed { get; private set; }

    /// <summary>Bytes that the reading thread had allocated at its last read.</summary>
    public long AllocatedAtRead { get; private set; }

    public override long Length => Bytes.Length;

    public override int Read(Span<byte> buffer, long offset)
    {
        AllocatedAtRead = GC.GetAllocatedBytesForCurrentThread();
        Check();
        int count = (int)Math.Clamp(Bytes.Length - offset, 0, buffer.Length);
        Bytes.AsSpan((int)Math.Min(offset, Bytes.Length), count).CopyTo(buffer);
        return count;
    }

    public override void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        Check();
        buffer.CopyTo(Bytes.AsSpan((int)offset));
    }

    public override void Flush()
    {
        Check();
        Flushes++;
    }

    public override void Dispose() => Closed = true;

    void Check()
    {
        if (Fails)
            throw new IOException("The test's disk is broken.");
    }
}

/// <summary>A network of one wire: the test puts frames in and takes them out.</summary>
sealed class TestWire : IPacketInterface
{
    readonly SemaphoreSlim arrived = new(0);
    readonly ConcurrentQueue<byte[]> incoming = new();

    public BlockingCollection<byte[]> Outgoing { get; } = [];

    public PacketOffloads Offloads { get; private set; }

    public bool Closed { get; private set; }

    public string Name => "wire";

    public void Deliver(byte[] frame)
    {
        incoming.Enqueue(frame);
        arrived.Release();
    }

    public void SetOffloads(PacketOffloads offloads) => Offloads = offloads;

    public bool TryReceive(ReadOnlySpan<HostBuffer> frame, out int length)
    {
        length = 0;
        if (!incoming.TryDequeue(out byte[]? bytes))
            return false;
        length = frame.Fill(bytes);
        return true;
    }

    public void WaitForFrame(CancellationToken cancellation) => arrived.Wait(cancellation);

    public void Send(ReadOnlySpan<HostBuffer> frame) => Outgoing.Add(frame.Gather());

    public void Dispose() => Closed = true;
}

/// <summary>Buffers of guest RAM as bytes in a row.</summary>
static class HostBuffers
{
    extension(ReadOnlySpan<HostBuffer> buffers)
    {
        /// <summary>Fills them, as far as the bytes go, and returns how many fitted.</summary>
        public int Fill(ReadOnlySpan<byte> source)
        {
            int done = 0;
            foreach (HostBuffer buffer in buffers)
            {
                ReadOnlySpan<byte> part = source.Slice(done, Math.Min(buffer.Bytes.Length, source.Length - done));
                part.CopyTo(buffer.Bytes);
                done += part.Length;
            }
            return done;
        }

        /// <summary>What they hold.</summary>
        public byte[] Gather()
        {
            List<byte> all = [];
            foreach (HostBuffer buffer in buffers)
                all.AddRange(buffer.Bytes);
            return [.. all];
        }
    }
}

/// <summary>A clock that stands still until it is moved.</summary>
sealed class ManualClock : IClock
{
    long now = 1_000_000_000_000;

    public long MonotonicNanoseconds => Volatile.Read(ref now);

    public long WallNanoseconds => MonotonicNanoseconds;

    public void Advance(TimeSpan time) => Interlocked.Add(ref now, (long)time.TotalNanoseconds);
}
