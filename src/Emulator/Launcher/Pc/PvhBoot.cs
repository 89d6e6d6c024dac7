using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>The PVH boot protocol: ebx points to a start info structure (Xen, public/arch-x86/hvm/start_info.h, version 1).</summary>
static class PvhBoot
{
    const uint Magic = 0x336EC578, Version = 1, Ram = 1, Reserved = 2;
    const uint ModuleListAt = PcMemoryMap.BootInformation + 0x100, MemoryMapAt = PcMemoryMap.BootInformation + 0x200;

    /// <summary>Writes the start info and loads the initial RAM disk.</summary>
    /// <exception cref="Devices.HostResourceException">CommandLineTooLong, or the initial RAM disk can't be loaded.</exception>
    public static PcStart Prepare(GuestMemory memory, uint entry, LoadedKernel kernel, GuestDefinition definition, IMachineLog log)
    {
        const uint info = PcMemoryMap.BootInformation;
        LinuxBoot.WriteCommandLine(memory, definition.CommandLine, BootPage.MaxCommandLine);
        memory.Write(info, Magic);
        memory.Write(info + 4, Version);
        memory.Write(info + 24, (ulong)PcMemoryMap.CommandLine);
        if (definition.InitrdPath is string path)
        {
            InitialRamDisk disk = InitialRamDisk.Load(path, memory, kernel.End, log);
            memory.Write(info + 12, 1u);
            memory.Write(info + 16, (ulong)ModuleListAt);
            memory.Write(ModuleListAt, (ulong)disk.Address);
            memory.Write(ModuleListAt + 8, (ulong)disk.FileLength);
        }
        MemoryRange[] map = PcMemoryMap.For(memory);
        memory.Write(info + 40, (ulong)MemoryMapAt);
        memory.Write(info + 48, (uint)map.Length);
        for (uint i = 0; i < map.Length; i++)
        {
            uint at = MemoryMapAt + i * 24;
            memory.Write(at, (ulong)map[i].Start);
            memory.Write(at + 8, (ulong)map[i].Length);
            memory.Write(at + 16, map[i].IsRam ? Ram : Reserved);
        }
        return new(entry, Ebx: info);
    }
}
