using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>Makes a guest's RAM.</summary>
static class GuestMemoryFactory
{
    /// <summary>The most that a guest can have: its device window lies above, and device addresses have 32 bits.</summary>
    public const int MaxMegabytes = 3072;

    /// <summary>Makes zeroed RAM.</summary>
    /// <exception cref="HostResourceException">MemoryOutOfRange, or MemoryUnavailable.</exception>
    public static GuestMemory Create(int megabytes)
    {
        if (megabytes is < 1 or > MaxMegabytes)
            throw new HostResourceException("MemoryOutOfRange", $"A guest can have 1 to {MaxMegabytes} MB of memory, not {megabytes}", megabytes);
        uint size = (uint)megabytes << 20;
        try
        {
            return new(new HeapMemoryBacking(size));
        }
        catch (OutOfMemoryException e)
        {
            throw new HostResourceException("MemoryUnavailable", $"There is no room for {megabytes} MB of guest memory", megabytes, e);
        }
    }
}
