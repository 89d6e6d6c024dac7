using System.Text;
using LguestPS.Emulator.Memory;
using Tmds.Linux;

namespace LguestPS.Emulator.Linux;

/// <summary>Guest memory as a memory file (memfd), mapped shared between two pages that can't be accessed. Because it is a file, pages of it can be mapped at further places.</summary>
public sealed unsafe class MemoryFile : IMemoryBacking
{
    readonly byte* reserved;
    readonly ulong reservedBytes;
    bool disposed;

    /// <summary>Makes zeroed memory; pages are taken from the host as they are touched.</summary>
    /// <param name="name">A name that shows in /proc/PID/maps.</param>
    /// <param name="size">Bytes, a multiple of the page size.</param>
    /// <exception cref="HostCallException">The host won't give the memory.</exception>
    public MemoryFile(string name, uint size)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        ArgumentOutOfRangeException.ThrowIfNotEqual(size % GuestMemory.PageSize, 0u, nameof(size));
        Size = size;
        Descriptor = Create(name);
        reservedBytes = (ulong)size + 2 * GuestMemory.PageSize;
        try
        {
            if (LibC.ftruncate(Descriptor, size) < 0)
                throw new HostCallException("ftruncate", LibC.errno);
            // Address space for the memory and both guards first, out of reach; the memory then takes its place inside.
            reserved = Map(null, reservedBytes, LibC.PROT_NONE, LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_NORESERVE, -1);
            Base = Map(reserved + GuestMemory.PageSize, size, LibC.PROT_READ | LibC.PROT_WRITE, LibC.MAP_SHARED | LibC.MAP_FIXED | LibC.MAP_NORESERVE, Descriptor);
        }
        catch
        {
            if (reserved is not null)
                LibC.munmap(reserved, (size_t)reservedBytes);
            LibC.close(Descriptor);
            throw;
        }
    }

    /// <summary>The memory file, for further mappings of its pages.</summary>
    public int Descriptor { get; }

    /// <inheritdoc/>
    public byte* Base { get; }

    /// <inheritdoc/>
    public uint Size { get; }

    /// <inheritdoc/>
    public long ResidentBytes
    {
        get
        {
            const int blockSize = 512;   // st_blocks counts in these (stat(2))
            stat status;
            return LibC.fstat(Descriptor, &status) == 0 ? status.st_blocks * blockSize : 0;
        }
    }

    /// <inheritdoc/>
    public IMemoryWindow? TryOpenWindow()
    {
        try
        {
            return new MemoryWindow(Descriptor);
        }
        catch (HostCallException)
        {
            return null;   // a limit on address space: it goes without
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        LibC.munmap(reserved, (size_t)reservedBytes);
        LibC.close(Descriptor);
    }

    static int Create(string name)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
        {
            int descriptor = LibC.memfd_create(text, LibC.MFD_CLOEXEC);
            return descriptor >= 0 ? descriptor : throw new HostCallException("memfd_create", LibC.errno);
        }
    }

    static byte* Map(byte* address, ulong bytes, int protection, int flags, int descriptor)
    {
        void* mapped = LibC.mmap(address, (size_t)bytes, protection, flags, descriptor, 0);
        return mapped != LibC.MAP_FAILED ? (byte*)mapped : throw new HostCallException("mmap", LibC.errno);
    }
}
