using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Memory;

/// <summary>The guest's physical memory: every access by guest-physical address goes through here and is checked against its size.</summary>
/// <remarks>The device window of 256 pages that follows RAM in the guest's address space is never backed.</remarks>
public sealed unsafe class GuestMemory : IDisposable
{
    /// <summary>Bytes in a page.</summary>
    public const uint PageSize = 4096;

    readonly IMemoryBacking backing;

    /// <summary>Takes over a backing; disposing the memory disposes it.</summary>
    public GuestMemory(IMemoryBacking backing)
    {
        this.backing = backing;
        Base = backing.Base;
        Size = backing.Size;
        CodePages = new byte[Size / PageSize];
    }

    /// <summary>Guest-physical address 0 on the host.</summary>
    public byte* Base { get; }

    /// <summary>Bytes of RAM: the first address that is not RAM.</summary>
    public uint Size { get; }

    /// <summary>Bytes of it that the host has really given: pages that were touched.</summary>
    public long ResidentBytes => backing.ResidentBytes;

    /// <summary>Whether all of <paramref name="length"/> bytes at <paramref name="address"/> are RAM.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(uint address, uint length) => (ulong)address + length <= Size;

    /// <summary>The bytes of a range.</summary>
    /// <exception cref="GuestAddressException">Part of the range is not RAM.</exception>
    public Span<byte> Slice(uint address, uint length) => new(At(address, length), checked((int)length));

    /// <summary>Reads a little-endian value.</summary>
    /// <exception cref="GuestAddressException">Part of it is not RAM.</exception>
    public T Read<T>(uint address) where T : unmanaged => Unsafe.ReadUnaligned<T>(At(address, (uint)sizeof(T)));

    /// <summary>Writes a little-endian value.</summary>
    /// <exception cref="GuestAddressException">Part of it is not RAM.</exception>
    public void Write<T>(uint address, T value) where T : unmanaged => Unsafe.WriteUnaligned(At(address, (uint)sizeof(T)), value);

    /// <summary>The host address of a checked range, for code that works on volatile or atomic fields of it.</summary>
    /// <exception cref="GuestAddressException">Part of the range is not RAM.</exception>
    public byte* At(uint address, uint length)
    {
        if (!Contains(address, length))
            throw new GuestAddressException(address, length);
        return Base + address;
    }

    /// <summary>One byte a page; nonzero while the processor holds decoded code of it.</summary>
    public byte[] CodePages { get; }

    /// <summary>Called, on the writer's thread, when a device has written to pages that hold decoded code: address and length.</summary>
    public Action<uint, uint>? CodeWritten { get; set; }

    /// <summary>A device must say so when it has written to RAM, after the bytes and before the used index: the processor may hold decoded instructions of them.</summary>
    public void NoteDeviceWrite(uint address, uint length)
    {
        if (length == 0)
            return;
        for (uint page = address / PageSize, last = (uint)(((ulong)address + length - 1) / PageSize); page <= last; page++)
        {
            if (Volatile.Read(ref CodePages[page]) == 0)
                continue;
            CodeWritten?.Invoke(address, length);
            return;
        }
    }

    /// <summary>A window on this memory, or null where the host has no such thing. It must be disposed before the memory.</summary>
    public IMemoryWindow? TryOpenWindow() => backing.TryOpenWindow();

    /// <summary>Unmaps the memory. Nothing may hold a pointer into it any more.</summary>
    public void Dispose() => backing.Dispose();
}

/// <summary>Where the bytes of a <see cref="GuestMemory"/> come from.</summary>
public unsafe interface IMemoryBacking : IDisposable
{
    /// <summary>The first byte, page aligned, zeroed.</summary>
    byte* Base { get; }

    /// <summary>Bytes, a multiple of the page size.</summary>
    uint Size { get; }

    /// <summary>Bytes of it that the host has really given.</summary>
    long ResidentBytes => Size;

    /// <summary>A window on these bytes, or null where there can be none.</summary>
    IMemoryWindow? TryOpenWindow() => null;
}

/// <summary>Memory from the runtime's own allocator, for hosts without memory files.</summary>
public sealed unsafe class HeapMemoryBacking : IMemoryBacking
{
    byte* memory;

    /// <summary>Allocates zeroed memory.</summary>
    public HeapMemoryBacking(uint size)
    {
        memory = (byte*)NativeMemory.AlignedAlloc(size, GuestMemory.PageSize);
        NativeMemory.Clear(memory, size);
        Size = size;
    }

    /// <inheritdoc/>
    public byte* Base => memory;

    /// <inheritdoc/>
    public uint Size { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
    }
}

/// <summary>An access to guest-physical memory that is not all RAM.</summary>
public sealed class GuestAddressException(uint address, uint length)
    : Exception($"Guest-physical range 0x{address:x} length 0x{length:x} is not RAM")
{
    /// <summary>The first byte of the range.</summary>
    public uint Address { get; } = address;

    /// <summary>Bytes in the range.</summary>
    public uint Length { get; } = length;
}
