using System.Text;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>Multiboot 1: ebx points to the boot information, eax holds a magic number (Multiboot specification 0.6.96, 3.2 and 3.3). The initial RAM disk is the one module.</summary>
static class MultibootBoot
{
    const uint LoaderMagic = 0x2BADB002;
    const uint HasMemory = 1, HasCommandLine = 4, HasModules = 8, HasMemoryMap = 0x40, HasLoaderName = 0x200;
    const uint Understood = 3, MustUnderstand = 0xFFFF;
    const uint ModuleListAt = PcMemoryMap.BootInformation + 0x100, MemoryMapAt = PcMemoryMap.BootInformation + 0x200;
    const uint ModuleStringAt = PcMemoryMap.BootTables, LoaderNameAt = PcMemoryMap.BootTables + 0x1000;
    const uint MapEntryLength = 24;

    /// <summary>Loads a kernel whose header tells its addresses.</summary>
    /// <exception cref="HostResourceException">KernelMalformed, KernelTruncated or KernelDoesNotFit.</exception>
    public static LoadedKernel Load(GuestFile file, in MultibootHeader header, GuestMemory memory)
    {
        if (header.LoadAddress > header.HeaderAddress || header.HeaderAddress - header.LoadAddress > header.FileOffset)
            throw file.Error("Malformed", $"{file.Path}: its Multiboot header has addresses that do not fit the file");
        long offset = header.FileOffset - (header.HeaderAddress - header.LoadAddress);
        uint length = header.LoadEnd != 0 ? header.LoadEnd - header.LoadAddress : (uint)(file.Length - offset);
        uint end = Math.Max(header.LoadAddress + length, header.BssEnd);
        KernelLoader.Place(file, offset, length, memory, header.LoadAddress, end - header.LoadAddress);
        KernelLoader.CheckStart(file, header.Entry, memory);
        return new(header.Entry, end);
    }

    /// <summary>Writes the boot information and loads the module.</summary>
    /// <exception cref="HostResourceException">KernelNotBootable: the kernel wants what is not there; or CommandLineTooLong, or the module can't be loaded.</exception>
    public static PcStart Prepare(GuestMemory memory, in MultibootHeader header, LoadedKernel kernel, GuestDefinition definition, IMachineLog log)
    {
        if ((header.Flags & MustUnderstand & ~Understood) != 0)
            throw new HostResourceException("KernelNotBootable", $"{definition.KernelPath} wants Multiboot features (flags 0x{header.Flags:x}) that there are none of, such as a video mode", definition.KernelPath);
        const uint info = PcMemoryMap.BootInformation;
        uint flags = HasMemory | HasCommandLine | HasMemoryMap | HasLoaderName;
        memory.Write(info + 4, PcMemoryMap.LowEnd / 1024);
        memory.Write(info + 8, (memory.Size - PcMemoryMap.HighStart) / 1024);
        LinuxBoot.WriteCommandLine(memory, CommandLine(definition), BootPage.MaxCommandLine);
        memory.Write(info + 16, PcMemoryMap.CommandLine);
        WriteString(memory, LoaderNameAt, "LguestPS");
        memory.Write(info + 64, LoaderNameAt);

        if (definition.InitrdPath is string path)
        {
            InitialRamDisk disk = InitialRamDisk.Load(path, memory, kernel.End, log);
            WriteString(memory, ModuleStringAt, path);
            flags |= HasModules;
            memory.Write(info + 20, 1u);
            memory.Write(info + 24, ModuleListAt);
            memory.Write(ModuleListAt, disk.Address);
            memory.Write(ModuleListAt + 4, disk.Address + disk.FileLength);
            memory.Write(ModuleListAt + 8, ModuleStringAt);
        }
        WriteMemoryMap(memory, info);
        memory.Write(info, flags);
        return new(kernel.Start, Eax: LoaderMagic, Ebx: info, AfterFirmware: true);
    }

    // The first word is the kernel's name, as boot loaders give it.
    static string CommandLine(GuestDefinition definition) => $"{Path.GetFileName(definition.KernelPath)} {definition.CommandLine}".TrimEnd();

    static void WriteMemoryMap(GuestMemory memory, uint info)
    {
        MemoryRange[] map = PcMemoryMap.For(memory);
        memory.Write(info + 44, (uint)map.Length * MapEntryLength);
        memory.Write(info + 48, MemoryMapAt);
        for (uint i = 0; i < map.Length; i++)
        {
            uint at = MemoryMapAt + i * MapEntryLength;
            memory.Write(at, MapEntryLength - 4);   // the size of what follows it
            memory.Write(at + 4, (ulong)map[i].Start);
            memory.Write(at + 12, (ulong)map[i].Length);
            memory.Write(at + 20, map[i].IsRam ? 1u : 2u);
        }
    }

    static void WriteString(GuestMemory memory, uint address, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text + '\0');
        bytes.CopyTo(memory.Slice(address, (uint)bytes.Length));
    }
}
