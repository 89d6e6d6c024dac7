using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>Makes a guest's RAM.</summary>
static class GuestMemoryFactory
{
    /// <summary>The most that a guest can have: its device window lies above, and device addresses have 32 bits.</summary>
    public const int MaxMegabytes = 3072;

    /// <summary>Makes zeroed RAM: a memory file where the host has such, else from the heap.</summary>
    /// <param name="guestName">Shows in the host's list of mappings.</param>
    /// <param name="megabytes">Its size.</param>
    /// <exception cref="HostResourceException">MemoryOutOfRange, or MemoryUnavailable.</exception>
    public static GuestMemory Create(string guestName, int megabytes)
    {
        Check(megabytes);
        uint size = (uint)megabytes << 20;
        try
        {
            return new(OperatingSystem.IsLinux() ? new MemoryFile(MappingName(guestName), size) : new HeapMemoryBacking(size));
        }
        catch (Exception e) when (e is OutOfMemoryException or HostCallException)
        {
            throw new HostResourceException("MemoryUnavailable", $"There is no room for {megabytes} MB of guest memory", megabytes, e);
        }
    }

    /// <summary>Checks a size.</summary>
    /// <exception cref="HostResourceException">MemoryOutOfRange.</exception>
    public static void Check(int megabytes)
    {
        if (megabytes is < 1 or > MaxMegabytes)
            throw new HostResourceException("MemoryOutOfRange", $"A guest can have 1 to {MaxMegabytes} MB of memory, not {megabytes}", megabytes);
    }

    // A memory file's name may have 249 bytes; a character of UTF-16 becomes three at most.
    static string MappingName(string guestName) => "lguest " + (guestName.Length > 80 ? guestName[..80] : guestName);
}
