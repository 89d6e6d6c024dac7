using System.Text;
using LguestPS.Emulator.Cpu.Translate;
using Tmds.Linux;

namespace LguestPS.Emulator.Linux;

/// <summary>Memory for machine code: a memory file mapped twice, to be written at one place and run at the other. Pages are taken from the host as they are touched.</summary>
public sealed unsafe class CodeMemoryFile : ICodeMemory
{
    bool disposed, catchesFaults;

    /// <summary>Makes it; <paramref name="size"/> is a multiple of the page size.</summary>
    /// <exception cref="HostCallException">The host won't give the memory, or won't have memory files run.</exception>
    public CodeMemoryFile(int size)
    {
        Size = size;
        int descriptor;
        fixed (byte* name = Encoding.UTF8.GetBytes("lguest code\0"))
            descriptor = LibC.memfd_create(name, LibC.MFD_CLOEXEC);
        if (descriptor < 0)
            throw new HostCallException("memfd_create", LibC.errno);
        try
        {
            if (LibC.ftruncate(descriptor, size) < 0)
                throw new HostCallException("ftruncate", LibC.errno);
            Writable = Map(descriptor, LibC.PROT_READ | LibC.PROT_WRITE);
            Executable = Map(descriptor, LibC.PROT_READ | LibC.PROT_EXEC);
        }
        catch
        {
            if (Writable != null)
                LibC.munmap(Writable, size);
            throw;
        }
        finally
        {
            LibC.close(descriptor);   // the mappings keep the file
        }
    }

    /// <inheritdoc/>
    public byte* Writable { get; }

    /// <inheritdoc/>
    public byte* Executable { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public bool AllowsSegmentBases => HostSegments.BasesAreOurs;

    /// <inheritdoc/>
    public bool TryCatchFaults(in FaultExit exit) => catchesFaults = FaultRelay.TryAdd(Executable, Size, exit);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        if (catchesFaults)
            FaultRelay.Remove(Executable);
        LibC.munmap(Writable, Size);
        LibC.munmap(Executable, Size);
    }

    byte* Map(int descriptor, int protection)
    {
        void* mapped = LibC.mmap(null, Size, protection, LibC.MAP_SHARED | LibC.MAP_NORESERVE, descriptor, 0);
        return mapped != LibC.MAP_FAILED ? (byte*)mapped : throw new HostCallException("mmap", LibC.errno);
    }
}
