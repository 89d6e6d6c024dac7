using LguestPS.Emulator.Memory;
using Tmds.Linux;

namespace LguestPS.Emulator.Linux;

/// <summary>Reserved address space over which pages of a memory file are mapped one by one.</summary>
sealed unsafe class MemoryWindow : IMemoryWindow
{
    // With a page behind, for what begins at the last addresses and does not end there.
    const ulong Bytes = (1ul << 32) + GuestMemory.PageSize;

    readonly int descriptor;
    bool disposed;

    /// <summary>Reserves the address space. The file is kept open by its owner.</summary>
    /// <exception cref="HostCallException">The host won't give so much.</exception>
    public MemoryWindow(int descriptor)
    {
        this.descriptor = descriptor;
        void* reserved = LibC.mmap(null, (size_t)Bytes, LibC.PROT_NONE, ReservedFlags, -1, 0);
        Base = reserved != LibC.MAP_FAILED ? (byte*)reserved : throw new HostCallException("mmap", LibC.errno);
    }

    /// <inheritdoc/>
    public byte* Base { get; }

    static bool TryReserve(byte* address, ulong length) =>
        LibC.mmap(address, (size_t)length, LibC.PROT_NONE, ReservedFlags | LibC.MAP_FIXED, -1, 0) != LibC.MAP_FAILED;

    static int ReservedFlags => LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_NORESERVE;

    /// <inheritdoc/>
    public bool TryShow(uint linear, uint physical, uint length, bool writable)
    {
        // A single page has been in use: the host need not find out by a fault that it is there.
        int flags = LibC.MAP_SHARED | LibC.MAP_FIXED | LibC.MAP_NORESERVE | (length == GuestMemory.PageSize ? LibC.MAP_POPULATE : 0);
        return LibC.mmap(Base + linear, length, LibC.PROT_READ | (writable ? LibC.PROT_WRITE : 0), flags, descriptor, (long)physical) != LibC.MAP_FAILED;
    }

    /// <inheritdoc/>
    public bool TryHide(uint linear, uint length) => TryReserve(Base + linear, length);

    /// <inheritdoc/>
    public bool TryClear() => TryReserve(Base, Bytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        LibC.munmap(Base, (size_t)Bytes);
    }
}
