using System.Runtime.InteropServices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Linux;

/// <summary>Reads and writes of several buffers by one call (readv(2), preadv(2)), which the runtime does only with memory of its own and the C library bindings don't have.</summary>
/// <remarks>They don't allocate, and return less than was asked for where the system does; negative is a failure, in <see cref="LastError"/>. A call takes 1024 buffers at most.</remarks>
static unsafe partial class ScatteredIO
{
    const string Library = "libc";

    /// <summary>The error number (errno) of the calling thread's last failure.</summary>
    public static int LastError => Marshal.GetLastPInvokeError();

    /// <summary>Reads from a descriptor into buffers.</summary>
    public static nint Read(int descriptor, ReadOnlySpan<HostBuffer> buffers)
    {
        fixed (HostBuffer* first = buffers)
            return ReadVector(descriptor, first, buffers.Length);
    }

    /// <summary>Writes buffers to a descriptor.</summary>
    public static nint Write(int descriptor, ReadOnlySpan<HostBuffer> buffers)
    {
        fixed (HostBuffer* first = buffers)
            return WriteVector(descriptor, first, buffers.Length);
    }

    /// <summary>Reads from a file's offset on into buffers.</summary>
    public static nint Read(SafeHandle file, ReadOnlySpan<HostBuffer> buffers, long offset)
    {
        fixed (HostBuffer* first = buffers)
            return ReadVectorAt(file, first, buffers.Length, offset);
    }

    /// <summary>Writes buffers to a file from an offset on.</summary>
    public static nint Write(SafeHandle file, ReadOnlySpan<HostBuffer> buffers, long offset)
    {
        fixed (HostBuffer* first = buffers)
            return WriteVectorAt(file, first, buffers.Length, offset);
    }

    [LibraryImport(Library, EntryPoint = "readv", SetLastError = true)]
    private static partial nint ReadVector(int descriptor, HostBuffer* buffers, int count);

    [LibraryImport(Library, EntryPoint = "writev", SetLastError = true)]
    private static partial nint WriteVector(int descriptor, HostBuffer* buffers, int count);

    [LibraryImport(Library, EntryPoint = "preadv64", SetLastError = true)]
    private static partial nint ReadVectorAt(SafeHandle file, HostBuffer* buffers, int count, long offset);

    [LibraryImport(Library, EntryPoint = "pwritev64", SetLastError = true)]
    private static partial nint WriteVectorAt(SafeHandle file, HostBuffer* buffers, int count, long offset);
}
