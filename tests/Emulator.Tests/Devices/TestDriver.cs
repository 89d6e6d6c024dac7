using System.Runtime.CompilerServices;
using LguestPS.Emulator.Devices;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>A guest's driver: sets a device up by its registers, as section 3.1.1 of virtio 1.0 has it, in one go or step by step.</summary>
sealed class TestDriver
{
    public const ulong Version1 = 1UL << 32, Indirect = 1UL << 28;
    const uint Selects = 8, Features = 12, StatusRegister = 20, QueueSelect = 22, QueueSize = 24, QueueEnable = 28, QueueAddresses = 32, Notification = 56;

    readonly TestMachine machine;

    public TestDriver(TestMachine machine, VirtioDevice device)
    {
        this.machine = machine;
        Device = device;
        if (device.Slot == 0)
            machine.Bus.Add(device);
    }

    public VirtioDevice Device { get; }

    public byte Status => (byte)Device.ReadWindow(StatusRegister, 0xFF);

    public void Write8(uint offset, uint value) => Device.WriteWindow(offset, value, 0xFF);

    public void Write16(uint offset, uint value) => Device.WriteWindow(offset, value, 0xFFFF);

    public void Write32(uint offset, uint value) => Device.WriteWindow(offset, value, uint.MaxValue);

    public uint Read8(uint offset) => Device.ReadWindow(offset, 0xFF);

    public uint Read16(uint offset) => Device.ReadWindow(offset, 0xFFFF);

    public uint Read32(uint offset) => Device.ReadWindow(offset, uint.MaxValue);

    public void SetStatus(uint status) => Write8(StatusRegister, status);

    /// <summary>Reset, ACKNOWLEDGE, DRIVER.</summary>
    public TestDriver Find()
    {
        SetStatus(0);
        SetStatus(1);
        SetStatus(3);
        return this;
    }

    public TestDriver Accept(ulong features)
    {
        for (uint half = 0; half < 2; half++)
        {
            Write32(Selects, half);
            Write32(Features, (uint)(features >> (int)(32 * half)));
        }
        return this;
    }

    /// <summary>Up to FEATURES_OK, read back.</summary>
    public TestDriver Negotiate(ulong features = 0)
    {
        Find().Accept(features | Version1).SetStatus(0xB);
        if (Status != 0xB)
            throw new InvalidOperationException("The device doesn't take the features.");
        return this;
    }

    /// <summary>Sets a queue's registers without enabling it.</summary>
    public TestQueue Place(ushort number, ushort size = 256)
    {
        var queue = new TestQueue(machine, this, number, size);
        Write16(QueueSelect, number);
        Write16(QueueSize, size);
        uint[] addresses = [queue.Descriptors, queue.Available, queue.Used];
        for (uint i = 0; i < 3; i++)
        {
            Write32(QueueAddresses + 8 * i, addresses[i]);
            Write32(QueueAddresses + 8 * i + 4, 0);
        }
        return queue;
    }

    public TestQueue SetUp(ushort number, ushort size = 256)
    {
        TestQueue queue = Place(number, size);
        Enable();
        return queue;
    }

    /// <summary>Enables the selected queue.</summary>
    public void Enable() => Write16(QueueEnable, 1);

    public void Ready() => SetStatus(0xF);

    public void Notify(ushort number) => Write16(Notification, number);
}

/// <summary>The driver's side of a split virtqueue.</summary>
sealed class TestQueue
{
    public const ushort Next = 1, Writable = 2, IndirectTable = 4;

    readonly TestMachine machine;
    readonly TestDriver driver;
    readonly ushort number, size;
    ushort nextDescriptor, available;

    public TestQueue(TestMachine machine, TestDriver driver, ushort number, ushort size)
    {
        (this.machine, this.driver, this.number, this.size) = (machine, driver, number, size);
        Descriptors = 0x10000u + number * 0x10000u;
        Available = Descriptors + 0x4000;
        Used = Descriptors + 0x8000;
        machine.Memory.Slice(Descriptors, 0x10000).Clear();
    }

    public uint Descriptors { get; }

    public uint Available { get; }

    public uint Used { get; }

    public ushort UsedIndex => Volatile.Read(ref Unsafe.As<byte, ushort>(ref machine.Memory.Slice(Used + 2, 2)[0]));

    public ushort UsedFlags => Volatile.Read(ref Unsafe.As<byte, ushort>(ref machine.Memory.Slice(Used, 2)[0]));

    public ushort AvailableIndex => available;

    public ushort AvailableFlags { set => machine.Memory.Write(Available, value); }

    public (uint Head, uint Length) UsedElement(ushort index)
    {
        uint at = Used + 4 + 8u * (uint)(index % size);
        return (machine.Memory.Read<uint>(at), machine.Memory.Read<uint>(at + 4));
    }

    public void SetDescriptor(uint index, ulong address, uint length, ushort flags, ushort next = 0) => SetTableDescriptor(Descriptors, index, address, length, flags, next);

    public void SetTableDescriptor(uint table, uint index, ulong address, uint length, ushort flags, ushort next = 0)
    {
        uint at = table + 16 * index;
        machine.Memory.Write(at, address);
        machine.Memory.Write(at + 8, length);
        machine.Memory.Write(at + 12, flags);
        machine.Memory.Write(at + 14, next);
    }

    /// <summary>Makes an entry available without a notification.</summary>
    public void Offer(ushort head)
    {
        machine.Memory.Write(Available + 4 + 2u * (uint)(available % size), head);
        available++;
        Thread.MemoryBarrier();
        machine.Memory.Write(Available + 2, available);
    }

    public void SetAvailableIndex(ushort index) => machine.Memory.Write(Available + 2, index);

    public void Notify() => driver.Notify(number);

    /// <summary>Makes a chain of buffers available and returns its head.</summary>
    public ushort Add(params (uint Address, uint Length, bool Write)[] buffers)
    {
        ushort head = nextDescriptor;
        for (int i = 0; i < buffers.Length; i++)
        {
            ushort index = nextDescriptor;
            nextDescriptor = (ushort)((nextDescriptor + 1) % size);
            ushort flags = (ushort)((buffers[i].Write ? Writable : 0) | (i + 1 < buffers.Length ? Next : 0));
            SetDescriptor(index, buffers[i].Address, buffers[i].Length, flags, nextDescriptor);
        }
        Offer(head);
        return head;
    }

    /// <summary>Adds a chain, notifies and waits until it was used. Returns the bytes that the device says it has written.</summary>
    public uint Do(params (uint Address, uint Length, bool Write)[] buffers)
    {
        ushort before = UsedIndex;
        ushort head = Add(buffers);
        Notify();
        machine.WaitFor(() => UsedIndex != before, "a used buffer");
        (uint usedHead, uint length) = UsedElement(before);
        return usedHead == head ? length : throw new InvalidOperationException("Another chain was used.");
    }
}
