using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>Requests that make no garbage, by the memory that the threads which serve and notify them have allocated.</summary>
public sealed class AllocationTests : IDisposable
{
    const uint Data = 0x100000;
    const int WarmUp = 300, Requests = 2000, SmallestObject = 24;

    readonly TestMachine machine = new() { IsVerbose = false };
    readonly Gauge gauge = new();

    public void Dispose() => machine.Dispose();

    /// <summary>What the thread that serves the queue had allocated when it last came to the device's backend.</summary>
    sealed class Gauge
    {
        long allocated = -1;

        public long Allocated => Volatile.Read(ref allocated);

        public void Note() => Volatile.Write(ref allocated, GC.GetAllocatedBytesForCurrentThread());
    }

    sealed class QuietEntropy(Gauge gauge) : IEntropySource
    {
        public void Fill(Span<byte> buffer)
        {
            gauge.Note();
            buffer.Clear();
        }
    }

    sealed class QuietConsole(Gauge gauge) : IConsoleBackend
    {
        public int Read(Span<byte> buffer, CancellationToken cancellation)
        {
            gauge.Note();
            buffer[0] = (byte)'x';
            return 1;
        }

        public void Write(ReadOnlySpan<byte> output) => gauge.Note();

        public void Abort()
        {
        }
    }

    /// <summary>A network on which there is always a frame to receive.</summary>
    sealed class QuietWire(Gauge gauge) : IPacketInterface
    {
        public string Name => "wire";

        public void SetOffloads(PacketOffloads offloads)
        {
        }

        public bool TryReceive(ReadOnlySpan<HostBuffer> frame, out int length)
        {
            gauge.Note();
            length = 60;
            return true;
        }

        public void WaitForFrame(CancellationToken cancellation) => throw new NotSupportedException();

        public void Send(ReadOnlySpan<HostBuffer> frame) => gauge.Note();

        public void Dispose()
        {
        }
    }

    /// <summary>The disk that guests have, with the gauge before it.</summary>
    sealed class GaugedDisk(DiskImage file, Gauge gauge) : DiskImage
    {
        public override long Length => file.Length;

        public override int Read(Span<byte> buffer, long offset) => throw new NotSupportedException();

        public override void Write(ReadOnlySpan<byte> buffer, long offset) => throw new NotSupportedException();

        public override long Read(ReadOnlySpan<HostBuffer> buffers, long offset)
        {
            gauge.Note();
            return file.Read(buffers, offset);
        }

        public override long Write(ReadOnlySpan<HostBuffer> buffers, long offset)
        {
            gauge.Note();
            return file.Write(buffers, offset);
        }

        public override void Flush() => file.Flush();

        public override void Dispose() => file.Dispose();
    }

    [Fact]
    public void Random_bytes() => Serve(new RngDevice(new QuietEntropy(gauge)), 0, (Data, 64, true), (Data + 0x1000, 64, true));

    [Fact]
    public void Console_output() => Serve(new ConsoleDevice(new QuietConsole(gauge)), 1, (Data, 80, false));

    [Fact]
    public void Console_input() => Serve(new ConsoleDevice(new QuietConsole(gauge)), 0, (Data, 80, true));

    [Fact]
    public void Received_packets() => Serve(new NetDevice(new QuietWire(gauge), null, "wire"), 0, (Data, 12, true), (Data + 0x1000, 1514, true));

    [Fact]
    public void Sent_packets() => Serve(new NetDevice(new QuietWire(gauge), null, "wire"), 1, (Data, 12, false), (Data + 0x1000, 60, false));

    [Theory]
    [InlineData(0u, true)]
    [InlineData(1u, false)]
    public void Disk_requests_in_pieces(uint type, bool reads)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, new byte[64 * 512]);
            var file = new FileDisk(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite), 64 * 512, readOnly: false);
            machine.Memory.Write(Data, type);
            machine.Memory.Write<ulong>(Data + 8, 3);   // the sector
            Serve(new BlockDevice(new GaugedDisk(file, gauge), false, "disk"), 0,
                (Data, 16, false), (Data + 0x1000, 512, reads), (Data + 0x4000, 1024, reads), (Data + 0x9000, 1, true));
        }
        finally
        {
            File.Delete(path);
        }
    }

    void Serve(VirtioDevice device, ushort number, params (uint Address, uint Length, bool Write)[] buffers)
    {
        TestDriver driver = new TestDriver(machine, device).Negotiate();
        TestQueue queue = driver.SetUp(number);
        driver.Ready();
        long served = 0, notified = 0;
        for (int i = 0; i < WarmUp + Requests; i++)
        {
            if (i == WarmUp)
                (served, notified) = (gauge.Allocated, 0);
            ushort before = queue.UsedIndex;
            queue.Add(buffers);
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            queue.Notify();
            notified += GC.GetAllocatedBytesForCurrentThread() - allocated;
            machine.WaitFor(() => queue.UsedIndex != before, "a used buffer");
        }
        Assert.NotEqual(-1, served);   // it was noted, if only that a thread has allocated nothing at all
        // The runtime may allocate something once while the test runs; one object a request would be more than this.
        Assert.InRange(gauge.Allocated - served, 0, Requests * SmallestObject - 1);
        Assert.InRange(notified, 0, Requests * SmallestObject - 1);
    }
}
