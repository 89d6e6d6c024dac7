using LguestPS.Emulator.Devices;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>Split virtqueues: chains, indirect tables, suppression, indexes that wrap, the life of the threads.</summary>
public sealed class VirtqueueTests : IDisposable
{
    const uint Data = 0x100000;

    readonly TestMachine machine = new() { IsVerbose = false };

    public void Dispose() => machine.Dispose();

    TestQueue Start(Action<DescriptorChain> serve, ushort size = 256, ulong features = 0) => Start(out _, serve, size, features);

    TestQueue Start(out TestDriver driver, Action<DescriptorChain> serve, ushort size = 256, ulong features = 0)
    {
        driver = new TestDriver(machine, new TestDevice(new VirtqueueService("work", serve))).Negotiate(features);
        TestQueue queue = driver.SetUp(0, size);
        driver.Ready();
        return queue;
    }

    /// <summary>Copies what can be read to what can be written.</summary>
    static void Echo(DescriptorChain chain)
    {
        byte[] bytes = new byte[chain.ReadableLength];
        chain.Readable.CopyTo(bytes);
        chain.Complete((uint)chain.Writable.CopyFrom(bytes));
    }

    [Fact]
    public void A_chain_of_scattered_buffers_is_read_and_written_in_order()
    {
        TestQueue queue = Start(Echo);
        "Hello, "u8.CopyTo(machine.Memory.Slice(Data, 7));
        "guest"u8.CopyTo(machine.Memory.Slice(Data + 100, 5));
        Assert.Equal(12u, queue.Do((Data, 7, false), (Data + 50, 0, false), (Data + 100, 5, false), (Data + 0x1000, 3, true), (Data + 0x2000, 20, true)));
        Assert.Equal("Hel"u8, machine.Memory.Slice(Data + 0x1000, 4)[..3]);
        Assert.Equal("lo, guest\0"u8, machine.Memory.Slice(Data + 0x2000, 10));
    }

    [Fact]
    public void Neighbouring_buffers_come_as_one_span()
    {
        int spans = 0, bytes = 0;
        TestQueue queue = Start(chain =>
        {
            foreach (Span<byte> span in chain.Writable)
                (spans, bytes) = (spans + 1, bytes + span.Length);
            chain.Complete(0);
        });
        queue.Do((Data, 4096, true), (Data + 4096, 4096, true), (Data + 8192, 0, true), (Data + 0x10000, 1, true));
        Assert.Equal((2, 8193), (spans, bytes));
    }

    [Fact]
    public void An_indirect_table_is_a_chain_like_any_other()
    {
        TestQueue queue = Start(Echo, features: TestDriver.Indirect);
        const uint table = Data + 0x8000;
        "indirect"u8.CopyTo(machine.Memory.Slice(Data, 8));
        queue.SetTableDescriptor(table, 0, Data, 8, TestQueue.Next, 2);
        queue.SetTableDescriptor(table, 2, Data + 0x1000, 8, TestQueue.Writable);
        queue.SetDescriptor(0, table, 3 * 16, TestQueue.IndirectTable | TestQueue.Writable);   // the device ignores writable here
        queue.Offer(0);
        queue.Notify();
        machine.WaitFor(() => queue.UsedIndex == 1, "a used buffer");
        Assert.Equal((0u, 8u), queue.UsedElement(0));
        Assert.Equal("indirect"u8, machine.Memory.Slice(Data + 0x1000, 8));
    }

    [Fact]
    public void A_chain_may_end_in_an_indirect_table()
    {
        TestQueue queue = Start(Echo, features: TestDriver.Indirect);
        const uint table = Data + 0x8000;
        "ab"u8.CopyTo(machine.Memory.Slice(Data, 2));
        queue.SetDescriptor(0, Data, 1, TestQueue.Next, 1);
        queue.SetDescriptor(1, Data + 1, 1, TestQueue.Next, 2);
        queue.SetDescriptor(2, table, 16, TestQueue.IndirectTable);
        queue.SetTableDescriptor(table, 0, Data + 0x1000, 2, TestQueue.Writable);
        queue.Offer(0);
        queue.Notify();
        machine.WaitFor(() => queue.UsedIndex == 1, "a used buffer");
        Assert.Equal("ab"u8, machine.Memory.Slice(Data + 0x1000, 2));
    }

    [Fact]
    public void A_chain_longer_than_the_queue_by_its_indirect_table_is_refused()
    {
        TestQueue queue = Start(Echo, size: 4, features: TestDriver.Indirect);
        const uint table = Data + 0x8000;
        for (ushort i = 0; i < 3; i++)
            queue.SetDescriptor(i, Data, 1, TestQueue.Next, (ushort)(i + 1));
        queue.SetDescriptor(3, table, 2 * 16, TestQueue.IndirectTable);
        queue.SetTableDescriptor(table, 0, Data, 1, TestQueue.Next, 1);
        queue.SetTableDescriptor(table, 1, Data, 1, 0);
        queue.Offer(0);
        queue.Notify();
        Assert.Equal(DriverRule.IndirectFitsQueue, machine.WaitForViolation().Rule);
    }

    [Theory]
    [InlineData(0x1_0010_0000ul, 16u)]              // above 4 GB
    [InlineData(0xFFFF_FFFF_FFFF_FFF0ul, 0x20u)]    // wraps
    [InlineData(TestMachine.RamBytes, 1u)]
    [InlineData(0ul, TestMachine.RamBytes + 1)]
    public void Buffers_lie_in_ram(ulong address, uint length)
    {
        TestQueue queue = Start(Echo);
        queue.SetDescriptor(0, address, length, TestQueue.Writable);
        queue.Offer(0);
        queue.Notify();
        DriverViolation violation = machine.WaitForViolation();
        Assert.Equal(DriverRule.AddressInMemory, violation.Rule);
        Assert.Equal(address, violation.Values["address"]);
        Assert.Equal("work", violation.Queue);
    }

    [Theory]
    [InlineData(32u)]
    [InlineData(40u)]
    [InlineData(48u)]
    public void Rings_lie_in_ram(uint addressRegister)
    {
        TestDriver driver = new TestDriver(machine, new TestDevice(new VirtqueueService("work", Echo))).Negotiate();
        driver.Place(0);
        driver.Write32(addressRegister, TestMachine.RamBytes - 16);
        var broken = Assert.Throws<DriverViolationException>(driver.Enable);
        Assert.Equal(DriverRule.AddressInMemory, broken.Violation.Rule);
    }

    [Fact]
    public void Indexes_wrap()
    {
        TestQueue queue = Start(chain => chain.Complete(chain.WritableLength), size: 128);
        const int rounds = 3 * 65536 / 128 / 2;
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < 128; i++)
                queue.Add((Data, (uint)i, true));
            queue.Notify();
            ushort all = queue.AvailableIndex;
            machine.WaitFor(() => queue.UsedIndex == all, "128 used buffers");
            Assert.Equal(127u, queue.UsedElement((ushort)(all - 1)).Length);
        }
        Assert.Equal(unchecked((ushort)(rounds * 128)), queue.UsedIndex);
    }

    [Fact]
    public void Notifications_are_wanted_only_while_the_queue_sleeps()
    {
        using var busy = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        TestQueue queue = Start(chain =>
        {
            busy.Release();
            go.Wait();
            chain.Complete(0);
        });
        Assert.Equal(0, queue.UsedFlags);
        queue.Add((Data, 1, true));
        queue.Notify();
        Assert.True(busy.Wait(TimeSpan.FromSeconds(20)));
        queue.Add((Data, 1, true));   // no notification: the device looks before it sleeps
        go.Release(2);
        machine.WaitFor(() => queue.UsedIndex == 2, "both buffers");
        machine.WaitFor(() => queue.UsedFlags == 0, "the wish to be notified");
    }

    [Fact]
    public void While_a_queue_is_served_it_wants_no_notification()
    {
        int flags = -1;
        TestQueue? queue = null;
        queue = Start(chain =>
        {
            flags = queue!.UsedFlags;
            chain.Complete(0);
        });
        Thread.Sleep(50);   // let it fall asleep, so that it is woken
        queue.Do((Data, 1, true));
        Assert.Equal(1, flags);
    }

    [Fact]
    public void Many_used_buffers_make_one_interrupt()
    {
        using var go = new SemaphoreSlim(0);
        TestQueue queue = Start(out TestDriver driver, chain =>
        {
            go.Wait();
            chain.Complete(0);
        });
        for (int i = 0; i < 10; i++)
            queue.Add((Data, 1, true));
        queue.Notify();
        go.Release(10);
        machine.WaitFor(() => queue.UsedIndex == 10 && queue.UsedFlags == 0, "all buffers");
        Assert.Equal(1, machine.InterruptsOf(driver.Device));
    }

    [Fact]
    public void A_service_can_interrupt_at_once()
    {
        using var go = new SemaphoreSlim(0);
        TestQueue queue = Start(out TestDriver driver, chain =>
        {
            chain.Complete(0);
            chain.Interrupt();
            go.Wait();
        });
        queue.Add((Data, 1, true));
        queue.Notify();
        machine.WaitFor(() => machine.InterruptsOf(driver.Device) == 1, "an interrupt");
        go.Release();
    }

    [Fact]
    public void A_driver_that_wants_no_interrupts_gets_none()
    {
        TestQueue queue = Start(out TestDriver driver, chain => chain.Complete(0));
        queue.AvailableFlags = 1;
        queue.Do((Data, 1, true));
        machine.WaitFor(() => queue.UsedFlags == 0, "the queue to sleep");
        Assert.Equal(0, machine.InterruptsOf(driver.Device));
        queue.AvailableFlags = 0;
        queue.Do((Data, 1, true));
        machine.WaitFor(() => machine.InterruptsOf(driver.Device) == 1, "an interrupt");
    }

    [Fact]
    public void Notifications_without_buffers_do_no_harm()
    {
        TestQueue queue = Start(chain => chain.Complete(0));
        for (int i = 0; i < 100; i++)
            queue.Notify();
        queue.Do((Data, 1, true));
        Assert.Equal(1, queue.UsedIndex);
        Assert.Null(machine.Failure);
    }

    [Fact]
    public void Reset_ends_a_service_that_waits()
    {
        using var waiting = new ManualResetEventSlim();
        Thread? thread = null;
        TestQueue queue = Start(out TestDriver driver, chain =>
        {
            thread = Thread.CurrentThread;
            waiting.Set();
            chain.Stopping.WaitHandle.WaitOne();
            chain.Stopping.ThrowIfCancellationRequested();
        });
        queue.Add((Data, 1, true));
        queue.Notify();
        Assert.True(waiting.Wait(TimeSpan.FromSeconds(20)));
        Assert.Equal("test rng work", thread!.Name);
        driver.SetStatus(0);
        Assert.False(thread.IsAlive);
        Assert.Null(machine.Failure);
        Assert.Equal(0, queue.UsedIndex);
    }

    [Fact]
    public void A_service_that_fails_ends_the_guest()
    {
        TestQueue queue = Start(_ => throw new InvalidDataException("test"));
        queue.Add((Data, 1, true));
        queue.Notify();
        Assert.True(SpinWait.SpinUntil(() => machine.Failure is InvalidDataException, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Written_code_pages_are_noted_before_the_index_moves()
    {
        uint noted = 0;
        int usedAtNote = -1;
        TestQueue? queue = null;
        machine.Memory.CodePages[Data / 4096] = 1;
        machine.Memory.CodeWritten = (address, _) => (noted, usedAtNote) = (address, queue!.UsedIndex);
        queue = Start(chain => chain.Complete(chain.WritableLength));
        queue.Do((Data + 16, 8, true));
        Assert.Equal((Data + 16, 0), (noted, usedAtNote));
    }

    [Theory]
    [InlineData(0)]       // each request as soon as the one before is done
    [InlineData(400)]     // about when the queue falls asleep
    [InlineData(60_000)]  // when it sleeps
    public void A_driver_that_notifies_only_when_asked_to_is_always_heard(int longestPause)
    {
        TestQueue queue = Start(chain => chain.Complete(0));
        var random = new Random(longestPause);
        int notifications = 0;
        for (int request = 0; request < 3000; request++)
        {
            ushort before = queue.UsedIndex;
            queue.Add((Data, 4, false));
            // The driver's half of the rule: the index, a fence, the flag (section 3.2.1.4).
            Thread.MemoryBarrier();
            if ((queue.UsedFlags & 1) == 0)
            {
                notifications++;
                queue.Notify();
            }
            machine.WaitFor(() => queue.UsedIndex != before, $"request {request}");
            Thread.SpinWait(random.Next(longestPause + 1));
        }
        Assert.InRange(notifications, 1, 3000);
    }

    [Fact]
    public void Serving_allocates_nothing()
    {
        long first = 0, last = 0;
        int served = 0;
        TestQueue queue = Start(chain =>
        {
            last = GC.GetAllocatedBytesForCurrentThread();
            if (++served == 1000)
                first = last;
            foreach (Span<byte> buffer in chain.Writable)
                buffer.Clear();
            chain.Complete(chain.WritableLength);
        });
        for (int round = 0; round < 100; round++)
        {
            for (int i = 0; i < 50; i++)
                queue.Add((Data, 64, false), (Data + 0x1000, 64, true));
            queue.Notify();
            ushort all = queue.AvailableIndex;
            machine.WaitFor(() => queue.UsedIndex == all, "50 used buffers");
        }
        Assert.Equal(5000, served);
        Assert.Equal(first, last);
    }
}
