using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>An initial RAM disk at the top of guest memory.</summary>
/// <param name="Address">Its physical address.</param>
/// <param name="Length">Its length in bytes, rounded up to pages.</param>
/// <param name="FileLength">Its length in bytes.</param>
readonly record struct InitialRamDisk(uint Address, uint Length, uint FileLength)
{
    /// <summary>Loads a file as initial RAM disk.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="kernelEnd">The first address that it may use.</param>
    /// <param name="log">Where verbose lines go.</param>
    /// <param name="highestAddress">The highest address that its last byte may have.</param>
    /// <exception cref="HostResourceException">InitrdNotFound, InitrdUnreadable or InitrdTooLarge.</exception>
    public static InitialRamDisk Load(string path, GuestMemory memory, uint kernelEnd, IMachineLog log, uint highestAddress = uint.MaxValue)
    {
        log.Loading(path);
        using GuestFile file = GuestFile.Open("Initrd", path);
        long pages = (file.Length + GuestMemory.PageSize - 1) / GuestMemory.PageSize;
        uint top = Math.Min(memory.Size, (uint)Math.Min((ulong)highestAddress + 1, uint.MaxValue) & ~(GuestMemory.PageSize - 1));
        if (pages * GuestMemory.PageSize > (long)top - kernelEnd)
            throw file.Error("TooLarge", $"{path} has {file.Length} bytes; {Math.Max(0, (long)top - kernelEnd)} bytes of the guest's memory are left by its kernel");
        uint length = (uint)pages * GuestMemory.PageSize;
        InitialRamDisk disk = new(top - length, length, (uint)file.Length);
        file.Read(0, memory.Slice(disk.Address, (uint)file.Length));
        if (log.IsVerbose)
            log.Verbose($"mapped initrd {path} size={length} @ 0x{disk.Address:x}");
        return disk;
    }
}
