using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace LguestPS.Emulator.Linux;

/// <summary>What the runtime's own file interface doesn't tell.</summary>
public static class HostFile
{
    /// <summary>Bytes of an open file or block device. The file's position is moved.</summary>
    /// <exception cref="IOException">It has no length: a pipe, for instance.</exception>
    public static long GetLength(SafeFileHandle handle)
    {
        if (!OperatingSystem.IsLinux())
            return RandomAccess.GetLength(handle);
        // A block device's length is where its end is, not what its directory entry says.
        long end = LibC.lseek(handle.DangerousGetHandle().ToInt32(), 0, LibC.SEEK_END);
        return end >= 0 ? end : throw new HostCallException("lseek", LibC.errno);
    }
}
