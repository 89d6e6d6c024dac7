using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Devices;

/// <summary>One buffer of a request: a checked range of guest RAM.</summary>
/// <param name="Address">Guest-physical address of its first byte.</param>
/// <param name="Length">Its bytes.</param>
readonly record struct GuestBuffer(uint Address, uint Length);

/// <summary>A request on a virtqueue: the buffers of a descriptor chain, first those for the device to read, then those for it to write (virtio 1.0, section 2.4.4.2).</summary>
/// <remarks>One object serves all requests of a queue, so that serving them makes no garbage.</remarks>
public sealed class DescriptorChain
{
    readonly Virtqueue queue;
    readonly GuestBuffer[] buffers;
    readonly HostBuffer[] runs;
    int first, firstWritable, end;
    uint statusAddress, readableBytes;
    bool completed;

    internal DescriptorChain(Virtqueue queue, int capacity)
    {
        this.queue = queue;
        buffers = new GuestBuffer[capacity];
        runs = new HostBuffer[capacity + 1];
    }

    /// <summary>The index of its first descriptor.</summary>
    internal ushort Head { get; private set; }

    /// <summary>Cancelled when the queue is being stopped: what waits for something on the host must give it up then.</summary>
    public CancellationToken Stopping => queue.Stopping;

    /// <summary>The buffers to read from, what was taken by <see cref="ReadHeader{T}"/> left out.</summary>
    public BufferList Readable => new(queue.Memory, buffers.AsSpan(first, firstWritable - first));

    /// <summary>The buffers to write to, without the byte that <see cref="ReserveStatusByte"/> set aside.</summary>
    public BufferList Writable => new(queue.Memory, buffers.AsSpan(firstWritable, end - firstWritable));

    /// <summary>The buffers to read from as the system takes them, behind something of the host's own if there is anything. Good until the next call of this or of <see cref="WritableRuns"/>.</summary>
    public ReadOnlySpan<HostBuffer> ReadableRuns(HostBuffer own = default)
    {
        int count = 0;
        if (!own.Bytes.IsEmpty)
            runs[count++] = own;
        foreach (Span<byte> run in Readable)
            runs[count++] = new(run);
        return runs.AsSpan(0, count);
    }

    /// <summary>The buffers to write to as the system takes them. Good until the next call of this or of <see cref="ReadableRuns"/>.</summary>
    public ReadOnlySpan<HostBuffer> WritableRuns()
    {
        int count = 0;
        foreach (Span<byte> run in Writable)
            runs[count++] = new(run);
        return runs.AsSpan(0, count);
    }

    /// <summary>Bytes left to read.</summary>
    public uint ReadableLength => Readable.Length;

    /// <summary>Bytes that can be written.</summary>
    public uint WritableLength => Writable.Length;

    /// <summary>Whether the request has descriptors for the device to read, be they empty.</summary>
    public bool HasReadable => firstWritable > first;

    /// <summary>Whether the request has descriptors for the device to write, be they empty.</summary>
    public bool HasWritable => end > firstWritable;

    /// <summary>Ends the guest if the request has descriptors for the device to read.</summary>
    /// <exception cref="DriverViolationException">It has.</exception>
    public void RequireNoReadable(DriverRule rule)
    {
        if (HasReadable)
            throw Violate(rule, ("descriptors", (ulong)(firstWritable - first)));
    }

    /// <summary>Ends the guest if the request has descriptors for the device to write.</summary>
    /// <exception cref="DriverViolationException">It has.</exception>
    public void RequireNoWritable(DriverRule rule)
    {
        if (HasWritable)
            throw Violate(rule, ("descriptors", (ulong)(end - firstWritable)));
    }

    /// <summary>Takes a structure from the front of the readable bytes, however the driver has cut them into buffers.</summary>
    /// <exception cref="DriverViolationException">RequestTooShort.</exception>
    public unsafe T ReadHeader<T>() where T : unmanaged
    {
        T header;
        var rest = new Span<byte>(&header, sizeof(T));
        while (!rest.IsEmpty)
        {
            if (first == firstWritable)
                throw Violate(DriverRule.RequestTooShort, ("length", (ulong)(sizeof(T) - rest.Length)), ("header", (ulong)sizeof(T)));
            GuestBuffer buffer = buffers[first];
            uint taken = Math.Min(buffer.Length, (uint)rest.Length);
            queue.Memory.Slice(buffer.Address, taken).CopyTo(rest);
            rest = rest[(int)taken..];
            buffers[first] = new(buffer.Address + taken, buffer.Length - taken);
            if (taken == buffer.Length)
                first++;
        }
        return header;
    }

    /// <summary>Sets the last writable byte aside for <see cref="WriteStatusByte"/>.</summary>
    /// <exception cref="DriverViolationException">There is none: the rule given.</exception>
    public void ReserveStatusByte(DriverRule rule)
    {
        for (int i = end - 1; i >= firstWritable; i--)
        {
            GuestBuffer buffer = buffers[i];
            if (buffer.Length == 0)
                continue;
            buffers[i] = buffer with { Length = buffer.Length - 1 };
            statusAddress = buffer.Address + buffer.Length - 1;
            return;
        }
        throw Violate(rule);
    }

    /// <summary>Writes the byte that <see cref="ReserveStatusByte"/> set aside.</summary>
    public void WriteStatusByte(byte status)
    {
        queue.Memory.Write(statusAddress, status);
        queue.Memory.NoteDeviceWrite(statusAddress, 1);
    }

    /// <summary>Gives the buffers back to the driver; it is interrupted when the queue has run empty, or by <see cref="Interrupt"/>.</summary>
    /// <param name="written">Bytes written, from the first writable one.</param>
    public void Complete(uint written)
    {
        if (completed)
            throw new InvalidOperationException("The chain was completed before.");
        completed = true;
        for (int i = firstWritable; i < end; i++)
            queue.Memory.NoteDeviceWrite(buffers[i].Address, buffers[i].Length);
        queue.AddUsed(Head, readableBytes, written);
    }

    /// <summary>Tells the driver now of what was completed so far, if anything was.</summary>
    public void Interrupt() => queue.InterruptIfUsed();

    /// <summary>A rule is broken that does no lasting harm: returns when the guest may go on.</summary>
    /// <exception cref="DriverViolationException">It may not.</exception>
    public void PassOver(DriverRule rule, params ReadOnlySpan<(string Name, ulong Value)> values) => queue.PassOver(rule, values);

    /// <summary>Makes the exception for a broken rule; the caller throws it.</summary>
    public DriverViolationException Violate(DriverRule rule, params ReadOnlySpan<(string Name, ulong Value)> values)
        => queue.Violate(rule, values);

    internal void Begin(ushort head)
    {
        Head = head;
        first = firstWritable = end = 0;
        statusAddress = readableBytes = 0;
        completed = false;
    }

    /// <summary>Takes in one more descriptor's buffer; false when a readable one follows a writable one.</summary>
    internal bool Append(GuestBuffer buffer, bool writable)
    {
        if (!writable && end > firstWritable)
            return false;
        buffers[end++] = buffer;
        if (!writable)
        {
            firstWritable = end;
            readableBytes += buffer.Length;
        }
        return true;
    }

    internal int Count => end;
}

/// <summary>Buffers of a request, to be gone through as spans over guest RAM.</summary>
public readonly ref struct BufferList
{
    readonly GuestMemory memory;
    readonly ReadOnlySpan<GuestBuffer> buffers;

    internal BufferList(GuestMemory memory, ReadOnlySpan<GuestBuffer> buffers)
    {
        this.memory = memory;
        this.buffers = buffers;
    }

    /// <summary>Bytes in all buffers; a request never has more than 2^32 - 1.</summary>
    public uint Length
    {
        get
        {
            ulong sum = 0;
            foreach (GuestBuffer buffer in buffers)
                sum += buffer.Length;
            return (uint)Math.Min(sum, uint.MaxValue);
        }
    }

    /// <summary>Copies all bytes, or as many as fit, and returns their number.</summary>
    public int CopyTo(Span<byte> destination)
    {
        int done = 0;
        foreach (Span<byte> buffer in this)
        {
            int count = Math.Min(buffer.Length, destination.Length - done);
            buffer[..count].CopyTo(destination[done..]);
            done += count;
        }
        return done;
    }

    /// <summary>Fills the buffers, one after the other, and returns the number of bytes that fitted.</summary>
    public int CopyFrom(ReadOnlySpan<byte> source)
    {
        int done = 0;
        foreach (Span<byte> buffer in this)
        {
            int count = Math.Min(buffer.Length, source.Length - done);
            source.Slice(done, count).CopyTo(buffer);
            done += count;
        }
        return done;
    }

    /// <summary>Writes bytes from a position on; what doesn't fit is left out.</summary>
    public void Write(int position, ReadOnlySpan<byte> source)
    {
        foreach (Span<byte> buffer in this)
        {
            if (position < buffer.Length)
            {
                int count = Math.Min(buffer.Length - position, source.Length);
                source[..count].CopyTo(buffer[position..]);
                source = source[count..];
                position = 0;
            }
            else
            {
                position -= buffer.Length;
            }
        }
    }

    /// <summary>Goes through the buffers. Neighbours in memory come as one span, empty ones not at all.</summary>
    public Enumerator GetEnumerator() => new(memory, buffers);

    /// <summary>Where a walk through the buffers is.</summary>
    public ref struct Enumerator
    {
        /// <summary>Larger runs come in pieces, because a span's length is a signed number.</summary>
        const uint LongestSpan = 1 << 30;

        readonly GuestMemory memory;
        ReadOnlySpan<GuestBuffer> rest;
        uint address;
        ulong left;

        internal Enumerator(GuestMemory memory, ReadOnlySpan<GuestBuffer> buffers)
        {
            this.memory = memory;
            rest = buffers;
        }

        /// <summary>The bytes.</summary>
        public Span<byte> Current { get; private set; }

        /// <summary>Goes to the next bytes.</summary>
        public bool MoveNext()
        {
            while (left == 0)
            {
                if (rest.IsEmpty)
                    return false;
                address = rest[0].Address;
                do
                {
                    left += rest[0].Length;
                    rest = rest[1..];
                }
                while (!rest.IsEmpty && rest[0].Address == address + left);
            }
            uint length = (uint)Math.Min(left, LongestSpan);
            Current = memory.Slice(address, length);
            address += length;
            left -= length;
            return true;
        }
    }
}
