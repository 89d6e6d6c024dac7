using System.Text;
using Tmds.Linux;

namespace LguestPS.Emulator.Linux;

/// <summary>A directory entry of the host as stat(2) tells it, without following a link: what the runtime's own file interface has no words for is a device node.</summary>
/// <param name="Mode">Type and permissions, st_mode.</param>
/// <param name="DeviceMajor">Major number of a device node.</param>
/// <param name="DeviceMinor">Minor number of a device node.</param>
public readonly record struct HostNode(uint Mode, uint DeviceMajor, uint DeviceMinor)
{
    /// <summary>Reads one.</summary>
    /// <exception cref="IOException">There is no such entry, or it can't be looked at.</exception>
    public static unsafe HostNode Read(string path)
    {
        stat status;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            if (LibC.lstat(name, &status) != 0)
                throw new HostCallException("lstat", LibC.errno);
        ulong device = (ulong)status.st_rdev;
        // The C library's layout of device numbers (gnu_dev_major(3)).
        return new((uint)status.st_mode, (uint)(((device >> 8) & 0xFFF) | ((device >> 32) & ~0xFFFul)), (uint)((device & 0xFF) | ((device >> 12) & ~0xFFul)));
    }
}
