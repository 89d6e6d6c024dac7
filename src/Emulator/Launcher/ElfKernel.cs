using System.Buffers.Binary;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>A vmlinux: a 32-bit ELF executable (System V ABI, chapters 4 and 5), loaded by its program headers at their physical addresses.</summary>
static class ElfKernel
{
    /// <summary>Bytes of the ELF header.</summary>
    public const int HeaderLength = 52;

    const int ProgramHeaderLength = 32, MaxProgramHeaders = 65536 / ProgramHeaderLength;
    const byte Class32 = 1, LittleEndian = 1;
    const ushort Executable = 2, Machine386 = 3;
    const uint Loadable = 1;

    /// <summary>Whether a file that begins so is ELF.</summary>
    public static bool IsElf(ReadOnlySpan<byte> header) => header.StartsWith("\u007fELF"u8);

    /// <summary>Loads it.</summary>
    /// <exception cref="HostResourceException">KernelMalformed, KernelTruncated or KernelDoesNotFit.</exception>
    public static LoadedKernel Load(GuestFile file, ReadOnlySpan<byte> header, GuestMemory memory, IMachineLog log)
    {
        uint start = BinaryPrimitives.ReadUInt32LittleEndian(header[24..]);
        uint tableOffset = BinaryPrimitives.ReadUInt32LittleEndian(header[28..]);
        int entryLength = BinaryPrimitives.ReadUInt16LittleEndian(header[42..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[44..]);
        if (header[4] != Class32 || header[5] != LittleEndian
            || BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) != Executable
            || BinaryPrimitives.ReadUInt16LittleEndian(header[18..]) != Machine386
            || entryLength != ProgramHeaderLength
            || count is < 1 or > MaxProgramHeaders)
            throw Malformed(file);

        byte[] table = new byte[count * ProgramHeaderLength];
        file.Read(tableOffset, table);
        uint end = 0;
        bool startsInPhysical = false;
        uint? mappedStart = null;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(i * ProgramHeaderLength, ProgramHeaderLength);
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry) != Loadable)
                continue;
            uint offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
            uint linear = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
            uint address = BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);
            uint fileLength = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]);
            uint memoryLength = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
            if (fileLength > memoryLength)
                throw Malformed(file);
            if (log.IsVerbose)
                log.Verbose($"Section {i}: size {memoryLength} addr 0x{address:x}");
            KernelLoader.Place(file, offset, fileLength, memory, address, memoryLength);
            end = Math.Max(end, address + memoryLength);
            startsInPhysical |= start - address < memoryLength;
            if (start - linear < memoryLength)
                mappedStart ??= start - linear + address;
        }
        if (end == 0)
            throw Malformed(file);
        // Some name their entry by the address that it will be mapped at.
        if (!startsInPhysical && mappedStart is uint mapped)
            start = mapped;
        KernelLoader.CheckStart(file, start, memory);
        return new(start, end);
    }

    static HostResourceException Malformed(GuestFile file) => file.Error("Malformed", $"{file.Path}: Malformed elf header");
}
