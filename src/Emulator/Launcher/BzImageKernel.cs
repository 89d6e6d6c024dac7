using System.Buffers.Binary;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>A bzImage: real-mode setup sectors, which are skipped, and a kernel that is loaded at 1 MB and unpacks itself (Linux boot protocol, "The Real-Mode Kernel Header").</summary>
static class BzImageKernel
{
    const uint LoadAddress = 0x100000, SectorLength = 512, ParagraphLength = 16;
    const uint DefaultSetupSectors = 4;   // what 0 means
    const int HeaderEnd = 0x238;
    const ushort VersionWithLongSize = 0x204;

    /// <summary>Loads it.</summary>
    /// <exception cref="HostResourceException">KernelNotBootable, KernelTruncated, KernelMalformed or KernelDoesNotFit.</exception>
    public static LoadedKernel Load(GuestFile file, GuestMemory memory)
    {
        Span<byte> header = stackalloc byte[HeaderEnd];
        if (file.ReadUpTo(0, header) != header.Length || !header[0x202..].StartsWith("HdrS"u8))
            throw file.Error("NotBootable", $"{file.Path}: This doesn't look like a bzImage to me");

        uint setupSectors = header[0x1F1];
        long offset = ((setupSectors == 0 ? DefaultSetupSectors : setupSectors) + 1) * SectorLength;
        long length = file.Length - offset;
        bool saysLength = BinaryPrimitives.ReadUInt16LittleEndian(header[0x206..]) >= VersionWithLongSize;
        long wanted = saysLength ? (long)BinaryPrimitives.ReadUInt32LittleEndian(header[0x1F4..]) * ParagraphLength : 0;
        if (length <= 0 || length < wanted)
            throw file.Error("Truncated", $"{file.Path} ends before offset {offset + Math.Max(wanted, 1)}");

        uint placed = (uint)Math.Min(length, uint.MaxValue);   // a longer one doesn't fit either
        KernelLoader.Place(file, offset, placed, memory, LoadAddress, placed);
        uint start = BinaryPrimitives.ReadUInt32LittleEndian(header[0x214..]);
        KernelLoader.CheckStart(file, start, memory);
        return new(start, LoadAddress + placed);
    }
}
