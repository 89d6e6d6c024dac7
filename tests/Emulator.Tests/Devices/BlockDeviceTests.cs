using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>The disk, by requests as a driver makes them.</summary>
public sealed class BlockDeviceTests : IDisposable
{
    const uint Header = 0x100000, StatusByte = 0x100800, Data = 0x101000;
    const uint In = 0, Out = 1, FlushType = 4, GetIdType = 8;

    readonly TestMachine machine = new();
    readonly MemoryDisk disk = new(8);

    public BlockDeviceTests()
    {
        for (int i = 0; i < disk.Bytes.Length; i++)
            disk.Bytes[i] = (byte)(i / 512 + 1);
    }

    public void Dispose() => machine.Dispose();

    TestQueue Start(bool readOnly = false, DiskImage? image = null, ulong features = 0)
    {
        TestDriver driver = new TestDriver(machine, new BlockDevice(image ?? disk, readOnly, "a-name-longer-than-twenty.img")).Negotiate(features);
        TestQueue queue = driver.SetUp(0);
        driver.Ready();
        return queue;
    }

    /// <summary>One request; returns the status byte and the bytes written.</summary>
    (byte Status, uint Written) Request(TestQueue queue, uint type, ulong sector, uint length)
    {
        machine.Memory.Write(Header, type);
        machine.Memory.Write(Header + 8, sector);
        machine.Memory.Write<byte>(StatusByte, 0xEE);
        uint written = queue.Do((Header, 16, false), (Data, length, type != Out), (StatusByte, 1, true));
        return (machine.Memory.Read<byte>(StatusByte), written);
    }

    [Fact]
    public void Sectors_are_read()
    {
        TestQueue queue = Start();
        Assert.Equal((0, 1025u), Request(queue, In, sector: 3, 1024));
        Assert.Equal(4, machine.Memory.Read<byte>(Data));
        Assert.Equal(5, machine.Memory.Read<byte>(Data + 1023));
    }

    [Fact]
    public void Sectors_are_written_and_the_write_is_told()
    {
        TestQueue queue = Start();
        machine.Memory.Slice(Data, 512).Fill(0xAB);
        Assert.Equal((0, 1u), Request(queue, Out, sector: 2, 512));
        Assert.Equal(0xAB, disk.Bytes[2 * 512]);
        Assert.Equal(0xAB, disk.Bytes[3 * 512 - 1]);
        Assert.Equal(4, disk.Bytes[3 * 512]);
        Assert.Contains("WRITE to sector 2: 512", machine.VerboseLines);
    }

    [Fact]
    public void Header_data_and_status_may_be_cut_anywhere()
    {
        TestQueue queue = Start();
        machine.Memory.Write(Header, In);
        machine.Memory.Write(Header + 8, 1ul);
        Assert.Equal(513u, queue.Do((Header, 5, false), (Header + 5, 11, false), (Data, 100, true), (Data + 100, 413, true)));
        Assert.Equal(2, machine.Memory.Read<byte>(Data + 511));
        Assert.Equal(0, machine.Memory.Read<byte>(Data + 512));   // the status byte, at the end of the last buffer
    }

    [Fact]
    public void Flush_reaches_the_disk()
    {
        TestQueue queue = Start();
        Assert.Equal((0, 1u), Request(queue, FlushType, 0, 0));
        Assert.Equal(1, disk.Flushes);
        Assert.Contains("FLUSH fdatasync: 0", machine.VerboseLines);
    }

    [Fact]
    public void The_id_is_the_files_name_cut_to_twenty_bytes()
    {
        TestQueue queue = Start();
        Assert.Equal((0, 21u), Request(queue, GetIdType, 0, 20));
        Assert.Equal("a-name-longer-than-t"u8, machine.Memory.Slice(Data, 20));
    }

    [Fact]
    public void An_unknown_request_is_unsupported()
    {
        TestQueue queue = Start();
        Assert.Equal((2, 1u), Request(queue, 11, 0, 512));
        Assert.Equal(0, machine.Memory.Read<byte>(Data));
    }

    [Fact]
    public void A_read_past_the_end_is_short()
    {
        TestQueue queue = Start();
        Assert.Equal((0, 513u), Request(queue, In, sector: 7, 2048));
        Assert.Equal(8, machine.Memory.Read<byte>(Data));
        Assert.Equal((0, 1u), Request(queue, In, sector: 8, 512));
        Assert.Equal((0, 1u), Request(queue, In, sector: ulong.MaxValue / 512, 512));
        Assert.Equal((0, 1u), Request(queue, In, sector: ulong.MaxValue, 512));
    }

    [Theory]
    [InlineData(7ul, "7: 1024", "3584+1024")]
    [InlineData(8ul, "8: 1024", "4096+1024")]
    public void A_write_past_the_end_ends_the_guest_and_the_disk_keeps_its_size(ulong sector, string told, string range)
    {
        TestQueue queue = Start();
        machine.Memory.Slice(Data, 1024).Fill(0xAB);
        machine.Memory.Write(Header, Out);
        machine.Memory.Write(Header + 8, sector);
        queue.Add((Header, 16, false), (Data, 1024, false), (StatusByte, 1, true));
        queue.Notify();
        Assert.Equal($"block vq request: bad driver: Write past end {range}", machine.WaitForViolation().Message);
        Assert.Contains($"WRITE to sector {told}", machine.VerboseLines);
        Assert.Equal(sector == 7 ? 0xAB : 8, disk.Bytes[^1]);
    }

    [Fact]
    public void A_failing_disk_is_an_io_error()
    {
        TestQueue queue = Start();
        disk.Fails = true;
        Assert.Equal((1, 1u), Request(queue, In, 0, 512));
        Assert.Equal((1, 1u), Request(queue, Out, 0, 512));
        Assert.Equal((1, 1u), Request(queue, FlushType, 0, 0));
        Assert.Equal(3, machine.Warnings.Length);
    }

    [Fact]
    public void A_read_only_disk_says_so_and_refuses_writes()
    {
        TestQueue queue = Start(readOnly: true, features: 1 << 5);
        Assert.Equal((1, 1u), Request(queue, Out, 0, 512));
        Assert.Equal(1, disk.Bytes[0]);
        Assert.Equal((0, 513u), Request(queue, In, 0, 512));
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        machine.IsVerbose = false;
        TestQueue queue = Start();
        for (int i = 0; i < 200; i++)
            Request(queue, In, 0, 512);
        long before = disk.AllocatedAtRead;
        for (int i = 0; i < 500; i++)
            Request(queue, In, 0, 512);
        Assert.Equal(before, disk.AllocatedAtRead);
    }

    [Fact]
    public void The_disk_is_closed_with_the_machine()
    {
        Start();
        machine.Bus.Dispose();
        Assert.True(disk.Closed);
    }

    [Fact]
    public void A_snapshot_keeps_writes_to_itself()
    {
        var below = new MemoryDisk(40);
        below.Bytes.AsSpan().Fill(1);
        using var snapshot = new SnapshotDisk(below);
        byte[] written = new byte[5000], read = new byte[40 * 512 + 100];
        written.AsSpan().Fill(2);

        snapshot.Write(written, 3000);

        Assert.Equal(40 * 512, snapshot.Read(read, 0));
        Assert.Equal(3000, read.AsSpan().IndexOf((byte)2));
        Assert.Equal(7999, read.AsSpan().LastIndexOf((byte)2));
        Assert.Equal(0, read.AsSpan(0, 40 * 512).IndexOf((byte)1));
        Assert.Equal(40 * 512 - 1, read.AsSpan(0, 40 * 512).LastIndexOf((byte)1));
        Assert.Equal(-1, below.Bytes.AsSpan().IndexOf((byte)2));
        Assert.Equal(100, snapshot.Read(read, 40 * 512 - 100));
        Assert.Equal(0, snapshot.Read(read, 40 * 512));
    }

    [Fact]
    public void A_snapshot_is_the_same_as_a_disk_to_random_accesses()
    {
        const int size = 64 * 512;
        var random = new Random(4711);
        var below = new MemoryDisk(64);
        random.NextBytes(below.Bytes);
        byte[] expected = [.. below.Bytes], original = [.. below.Bytes];
        using var snapshot = new SnapshotDisk(below);
        for (int i = 0; i < 2000; i++)
        {
            int offset = random.Next(size), length = random.Next(Math.Min(size - offset, 9000)) + 1;
            byte[] bytes = new byte[length];
            if (i % 2 == 0)
            {
                random.NextBytes(bytes);
                bytes.CopyTo(expected, offset);
                snapshot.Write(bytes, offset);
            }
            else
            {
                Assert.Equal(length, snapshot.Read(bytes, offset));
                Assert.Equal(expected.AsSpan(offset, length).ToArray(), bytes);
            }
        }
        Assert.Equal(original, below.Bytes);
    }
}
