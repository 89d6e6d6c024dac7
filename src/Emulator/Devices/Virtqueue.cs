using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Devices;

/// <summary>A split virtqueue (virtio 1.0, section 2.4): its registers, its rings in guest memory, and the thread that serves it.</summary>
sealed unsafe class Virtqueue
{
    /// <summary>Descriptors that a queue has at most, and has if the driver doesn't ask for less.</summary>
    public const ushort MaximumSize = 256;

    const ushort DescriptorNext = 1, DescriptorWrite = 2, DescriptorIndirect = 4;
    const ushort AvailableNoInterrupt = 1, UsedNoNotify = 1;
    const uint DescriptorSize = 16, UsedElementSize = 8;

    readonly VirtioDevice device;
    readonly VirtioTransport transport;
    readonly IDeviceHost host;
    readonly VirtqueueService service;
    readonly DescriptorChain chain;
    readonly ManualResetEventSlim wake = new(false, spinCount: 0);
    readonly Lock stopGate = new();
    CancellationTokenSource? stop;
    Thread? thread;

    // Host addresses of the three parts, valid from Enable on.
    byte* descriptors, available, used;
    ushort lastAvailable;
    uint usedSinceInterrupt;
    long requests, bytesFromGuest, bytesToGuest, notifications, interrupts;

    public Virtqueue(VirtioDevice device, VirtioTransport transport, IDeviceHost host, VirtqueueService service)
    {
        this.device = device;
        this.transport = transport;
        this.host = host;
        this.service = service;
        chain = new DescriptorChain(this, MaximumSize);
        ResetRegisters();
    }

    /// <summary>queue_size.</summary>
    public ushort Size { get; set; }

    /// <summary>queue_enable.</summary>
    public bool Enabled { get; private set; }

    /// <summary>queue_desc.</summary>
    public ulong DescriptorAddress { get; set; }

    /// <summary>queue_avail.</summary>
    public ulong AvailableAddress { get; set; }

    /// <summary>queue_used.</summary>
    public ulong UsedAddress { get; set; }

    public GuestMemory Memory => host.Memory;

    public CancellationToken Stopping { get; private set; }

    /// <summary>What the queue has done, resets included. From any thread.</summary>
    public QueueActivity Activity => new(service.Name, requests, bytesFromGuest, bytesToGuest, notifications, interrupts);

    /// <summary>Adds what the queue has done to sums of requests and bytes.</summary>
    public void AddActivity(ref long sumOfRequests, ref long sumOfBytes)
    {
        sumOfRequests += requests;
        sumOfBytes += bytesFromGuest + bytesToGuest;
    }

    /// <summary>The driver is done with the queue's registers: checks them and finds the rings.</summary>
    public void Enable()
    {
        if ((DescriptorAddress | AvailableAddress | UsedAddress) >> 32 != 0)
            throw Violate(DriverRule.QueueAddressIs32Bit, ("descriptors", DescriptorAddress), ("available", AvailableAddress), ("used", UsedAddress));
        if (DescriptorAddress % 16 != 0 || AvailableAddress % 2 != 0 || UsedAddress % 4 != 0)
            throw Violate(DriverRule.QueueAddressAligned, ("descriptors", DescriptorAddress), ("available", AvailableAddress), ("used", UsedAddress));
        descriptors = Check(DescriptorAddress, DescriptorSize * Size);
        available = Check(AvailableAddress, 4 + 2 * (uint)Size);
        used = Check(UsedAddress, 4 + UsedElementSize * Size);
        if (UsedFlags != 0)
            PassOver(DriverRule.UsedFlagsStartZero, ("flags", UsedFlags));
        Enabled = true;
    }

    /// <summary>Starts the queue's thread, unless queues are served at notifications.</summary>
    public void Start()
    {
        if (host.ServesOnNotify)
            return;
        stop = new CancellationTokenSource();
        Stopping = stop.Token;
        wake.Reset();
        thread = new Thread(Serve) { Name = $"{host.GuestName} {device.Name} {service.Name}", IsBackground = true };
        thread.Start();
    }

    /// <summary>Ends the queue's thread, if it has one, and waits for its end.</summary>
    public void Stop()
    {
        if (thread is null)
            return;
        RequestStop();
        if (thread != Thread.CurrentThread)
        {
            thread.Join();
            lock (stopGate)
            {
                stop?.Dispose();
                stop = null;
            }
        }
        thread = null;
    }

    /// <summary>Makes the queue's thread, if it has one, go home. From any thread.</summary>
    public void RequestStop()
    {
        lock (stopGate)
            stop?.Cancel();
        wake.Set();
    }

    /// <summary>Stops the queue and puts its registers back to their first values.</summary>
    public void Reset()
    {
        Stop();
        ResetRegisters();
    }

    /// <summary>The driver says that there may be something new. A queue that isn't served forgets it.</summary>
    public void Notify()
    {
        notifications++;
        if (host.ServesOnNotify)
            ServeNow();
        else
            wake.Set();
    }

    public DriverViolationException Violate(DriverRule rule, params ReadOnlySpan<(string Name, ulong Value)> values)
        => device.Violate(rule, service.Name, values);

    /// <summary>A rule is broken that does no lasting harm: returns when the guest may go on.</summary>
    public void PassOver(DriverRule rule, params ReadOnlySpan<(string Name, ulong Value)> values) => device.PassOver(rule, service.Name, values);

    /// <summary>Publishes a used element; the interrupt comes with <see cref="InterruptIfUsed"/>.</summary>
    /// <param name="head">The chain's first descriptor.</param>
    /// <param name="read">Bytes that the guest gave, to be counted.</param>
    /// <param name="written">Bytes that it got.</param>
    public void AddUsed(ushort head, uint read, uint written)
    {
        requests++;
        bytesFromGuest += read;
        bytesToGuest += written;
        ushort index = *(ushort*)(used + 2);
        byte* element = used + 4 + UsedElementSize * (uint)(index % Size);
        *(uint*)element = head;
        *(uint*)(element + 4) = written;
        Volatile.Write(ref *(ushort*)(used + 2), (ushort)(index + 1));   // the driver sees the element, and the data, before the index
        usedSinceInterrupt++;
    }

    /// <summary>Interrupts the driver if anything was used since the last time and the driver has not asked for quiet (section 2.4.7.2).</summary>
    public void InterruptIfUsed()
    {
        if (usedSinceInterrupt == 0)
            return;
        usedSinceInterrupt = 0;
        // The driver clears its flag and then looks at used->idx; we wrote used->idx and now look at its flag. One of us must see the other's write.
        Thread.MemoryBarrier();
        ushort flags = Volatile.Read(ref *(ushort*)available);
        if (flags > 1)
            PassOver(DriverRule.AvailableFlagsKnown, ("flags", flags));
        if ((flags & AvailableNoInterrupt) != 0)
            return;
        interrupts++;
        transport.RaiseQueueInterrupt();
    }

    void ResetRegisters()
    {
        Size = MaximumSize;
        Enabled = false;
        DescriptorAddress = AvailableAddress = UsedAddress = 0;
        descriptors = available = used = null;
        lastAvailable = 0;
        usedSinceInterrupt = 0;
    }

    ushort AvailableIndex => Volatile.Read(ref *(ushort*)(available + 2));

    ushort UsedFlags
    {
        get => *(ushort*)used;
        set => Volatile.Write(ref *(ushort*)used, value);
    }

    byte* Check(ulong address, uint length)
    {
        if (address > uint.MaxValue || !Memory.Contains((uint)address, length))
            throw Violate(DriverRule.AddressInMemory, ("address", address), ("length", length));
        return Memory.At((uint)address, length);
    }

    /// <summary>The life of the queue's thread.</summary>
    void Serve()
    {
        CancellationToken stopping = Stopping;
        using HostThreadTimes.Span? span = host.ThreadTimes?.Enter();
        try
        {
            while (WaitForChain(stopping))
                service.Serve(chain);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The device is being reset or closed.
        }
        catch (DriverViolationException broken) when (device.GoesOn(broken.Violation))
        {
            transport.Break();
        }
        catch (Exception reason)
        {
            host.Fail(reason);
        }
    }

    void ServeNow()
    {
        if (service.Waits)
            return;
        while (lastAvailable != AvailableIndex)
        {
            TakeChain();
            service.Serve(chain);
        }
        InterruptIfUsed();
    }

    /// <summary>Takes the next available chain, sleeping until there is one. False when the queue is to stop.</summary>
    /// <remarks>
    /// No notification is lost. The driver writes its index, fences and reads our flag; we write the flag, fence and read its index: one of the two sees
    /// the other's write. Either we see the chain, or the driver sees that it must notify, and the event stays set until we have waited for it. A
    /// notification between the end of the wait and the reset is not lost either: the reset is a fence, and the index is read again behind it.
    /// While the thread is awake the flag tells the driver not to notify; one that does all the same costs no system call, because nobody waits for the event.
    /// Looking at the index for a moment before sleeping was measured: it saves nothing that can be seen, and on a busy host it takes the time from the guest.
    /// </remarks>
    bool WaitForChain(CancellationToken stopping)
    {
        while (lastAvailable == AvailableIndex)
        {
            if (stopping.IsCancellationRequested)
                return false;
            InterruptIfUsed();   // nothing is left to do: now the driver should learn what was done
            UsedFlags = (ushort)(UsedFlags & ~UsedNoNotify);
            // The driver may have added one before it could see the flag: look again once it can.
            Thread.MemoryBarrier();
            if (lastAvailable == AvailableIndex)
            {
                wake.Wait(CancellationToken.None);   // Stop sets it too
                wake.Reset();
            }
            UsedFlags = (ushort)(UsedFlags | UsedNoNotify);
        }
        if (stopping.IsCancellationRequested)
            return false;
        TakeChain();
        return true;
    }

    void TakeChain()
    {
        ushort index = AvailableIndex;
        if ((ushort)(index - lastAvailable) > Size)
            throw Violate(DriverRule.AvailableIndexInRange, ("from", lastAvailable), ("to", index));
        ushort head = *(ushort*)(available + 4 + 2 * (uint)(lastAvailable % Size));
        if (head >= Size)
            throw Violate(DriverRule.HeadInQueue, ("index", head));
        lastAvailable++;
        chain.Begin(head);
        ReadTable(descriptors, Size, head, indirect: false);
    }

    /// <summary>Follows a chain through a table of descriptors. The driver owns the table and could change it under us, so each descriptor is read once.</summary>
    void ReadTable(byte* table, uint entries, uint start, bool indirect)
    {
        ulong bytes = 0;
        uint seen = 0;
        for (uint i = start; ;)
        {
            byte* descriptor = table + DescriptorSize * i;
            ulong address = *(ulong*)descriptor;
            uint length = *(uint*)(descriptor + 8);
            ushort flags = *(ushort*)(descriptor + 12), next = *(ushort*)(descriptor + 14);

            if ((flags & DescriptorIndirect) != 0)
            {
                ReadIndirectTable(address, length, flags, indirect);
                return;   // it has no next
            }
            Check(address, length);
            if (++seen > entries)
                throw Violate(DriverRule.ChainNotLooped, ("entries", entries));
            if (chain.Count == Size)
                throw Violate(DriverRule.IndirectFitsQueue, ("entries", (ulong)chain.Count + 1), ("size", Size));
            if (!chain.Append(new GuestBuffer((uint)address, length), (flags & DescriptorWrite) != 0))
                throw Violate(DriverRule.ReadableBeforeWritable, ("descriptor", i));
            bytes += length;
            if (bytes > 1UL << 32)
                throw Violate(DriverRule.ChainBytesInRange, ("length", bytes));
            if ((flags & DescriptorNext) == 0)
                return;
            if (next >= entries)
                throw Violate(DriverRule.NextInTable, ("next", next), ("entries", entries));
            i = next;
        }
    }

    void ReadIndirectTable(ulong address, uint length, ushort flags, bool nested)
    {
        if ((transport.AcceptedFeatures & VirtioFeature.IndirectDescriptors) == 0)
            throw Violate(DriverRule.IndirectNegotiated);
        if (nested)
            throw Violate(DriverRule.IndirectNotNested);
        if ((flags & DescriptorNext) != 0)
            throw Violate(DriverRule.IndirectNotChained);
        if (length == 0 || length % DescriptorSize != 0)
            throw Violate(DriverRule.IndirectSizeWhole, ("length", length));
        byte* table = Check(address, length);
        uint entries = length / DescriptorSize;
        if (entries > Size)
            throw Violate(DriverRule.IndirectFitsQueue, ("entries", entries), ("size", Size));
        ReadTable(table, entries, 0, indirect: true);
    }
}
