using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>One range of a PC's physical memory.</summary>
/// <param name="Start">Its first address.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="IsRam">RAM that the kernel may use, or reserved.</param>
readonly record struct MemoryRange(uint Start, uint Length, bool IsRam);

/// <summary>A PC's memory map: RAM below 640 KB, the hole for video memory and ROMs, RAM from 1 MB; and the pages that boot information lies in.</summary>
static class PcMemoryMap
{
    /// <summary>Where low RAM ends: the last kilobyte below 640 KB would be the BIOS's.</summary>
    public const uint LowEnd = 0x9FC00;

    /// <summary>Where RAM goes on.</summary>
    public const uint HighStart = 0x100000;

    /// <summary>The descriptor table that a kernel starts with.</summary>
    public const uint DescriptorTable = 0x1000;

    /// <summary>Boot parameters, start info or boot information.</summary>
    public const uint BootInformation = 0x10000;

    /// <summary>The command line.</summary>
    public const uint CommandLine = 0x20000;

    /// <summary>Further strings and tables.</summary>
    public const uint BootTables = 0x30000;

    /// <summary>The map of a guest's memory.</summary>
    public static MemoryRange[] For(GuestMemory memory) =>
    [
        new(0, LowEnd, true),
        new(LowEnd, 0xA0000 - LowEnd, false),
        new(0xF0000, HighStart - 0xF0000, false),
        new(HighStart, memory.Size - HighStart, true),
    ];
}
