using System.Text;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>Linux's 32-bit boot protocol: boot parameters in a page that esi points to (Linux boot protocol, "32-bit Boot Protocol").</summary>
static class LinuxBoot
{
    const uint SetupHeader = 0x1F1, SetupHeaderLengthAt = 0x201, MagicAt = 0x202, VersionAt = 0x206, LoaderTypeAt = 0x210, LoadFlagsAt = 0x211,
        RamDiskAddressAt = 0x218, RamDiskLengthAt = 0x21C, HeapEndAt = 0x224, CommandLineAt = 0x228, RamDiskMaxAt = 0x22C,
        CommandLineSizeAt = 0x238, E820CountAt = 0x1E8, E820At = 0x2D0, ExtendedMemoryAt = 0x1E0;

    const ushort ProtocolVersion = 0x20C, ProtocolWithCommandLineSize = 0x206;
    const byte UnknownLoader = 0xFF, LoadedHigh = 1, CanUseHeap = 0x80;
    const uint Ram = 1, Reserved = 2, DefaultRamDiskMax = 0x37FFFFFF, DefaultCommandLineSize = 255;

    /// <summary>Writes the boot parameters and loads the initial RAM disk.</summary>
    /// <param name="memory">The guest's memory, with the kernel in it.</param>
    /// <param name="header">The kernel file's first sectors, with its setup header; empty for an ELF kernel.</param>
    /// <param name="kernel">The loaded kernel.</param>
    /// <param name="definition">The guest.</param>
    /// <param name="log">Where verbose lines go.</param>
    /// <exception cref="HostResourceException">CommandLineTooLong, or the initial RAM disk can't be loaded.</exception>
    public static PcStart Prepare(GuestMemory memory, ReadOnlySpan<byte> header, LoadedKernel kernel, GuestDefinition definition, IMachineLog log)
    {
        const uint page = PcMemoryMap.BootInformation;
        uint ramDiskMax = DefaultRamDiskMax, commandLineMax = BootPage.MaxCommandLine;
        if (header.IsEmpty)
        {
            "HdrS"u8.CopyTo(memory.Slice(page + MagicAt, 4));
            memory.Write<ushort>(page + VersionAt, ProtocolVersion);
            memory.Write<ushort>(page + 0x1FE, 0xAA55);
        }
        else
        {
            // The header ends where the jump at its start goes to.
            int end = Math.Min((int)MagicAt + header[(int)SetupHeaderLengthAt], header.Length);
            header[(int)SetupHeader..end].CopyTo(memory.Slice(page + SetupHeader, (uint)end - SetupHeader));
            ushort protocol = memory.Read<ushort>(page + VersionAt);
            if (memory.Read<uint>(page + RamDiskMaxAt) is not 0 and var max)
                ramDiskMax = max;
            commandLineMax = protocol >= ProtocolWithCommandLineSize ? memory.Read<uint>(page + CommandLineSizeAt) : DefaultCommandLineSize;
        }
        memory.Write(page + LoaderTypeAt, UnknownLoader);
        memory.Write(page + LoadFlagsAt, (byte)(memory.Read<byte>(page + LoadFlagsAt) | LoadedHigh | CanUseHeap));
        memory.Write<ushort>(page + HeapEndAt, 0xFE00);

        WriteCommandLine(memory, definition.CommandLine, commandLineMax);
        memory.Write(page + CommandLineAt, PcMemoryMap.CommandLine);
        WriteMemoryMap(memory, page);

        if (definition.InitrdPath is string path)
        {
            InitialRamDisk disk = InitialRamDisk.Load(path, memory, kernel.End, log, ramDiskMax);
            memory.Write(page + RamDiskAddressAt, disk.Address);
            memory.Write(page + RamDiskLengthAt, disk.FileLength);
        }
        return new(kernel.Start, Esi: page);
    }

    /// <summary>Writes the command line to where all protocols have it.</summary>
    /// <exception cref="HostResourceException">CommandLineTooLong.</exception>
    public static void WriteCommandLine(GuestMemory memory, string commandLine, uint max)
    {
        byte[] text = Encoding.UTF8.GetBytes(commandLine);
        if (text.Length > max)
            throw new HostResourceException("CommandLineTooLong", $"The kernel's command line has {text.Length} bytes; {max} are the most it can have", commandLine);
        text.CopyTo(memory.Slice(PcMemoryMap.CommandLine, (uint)text.Length));
        memory.Write<byte>(PcMemoryMap.CommandLine + (uint)text.Length, 0);
    }

    static void WriteMemoryMap(GuestMemory memory, uint page)
    {
        MemoryRange[] map = PcMemoryMap.For(memory);
        memory.Write(page + E820CountAt, (byte)map.Length);
        for (uint i = 0; i < map.Length; i++)
        {
            uint at = page + E820At + i * 20;
            memory.Write(at, (ulong)map[i].Start);
            memory.Write(at + 8, (ulong)map[i].Length);
            memory.Write(at + 16, map[i].IsRam ? Ram : Reserved);
        }
        memory.Write(page + ExtendedMemoryAt, (memory.Size - PcMemoryMap.HighStart) / 1024);
    }
}
