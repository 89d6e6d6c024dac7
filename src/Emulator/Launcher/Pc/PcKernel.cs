using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>Loads a kernel for a PC by the boot protocol that its file asks for: Multiboot, PVH or Linux's.</summary>
static class PcKernel
{
    const int HeaderLength = 1024;

    /// <summary>Puts kernel, initial RAM disk and what the boot protocol wants into memory.</summary>
    /// <exception cref="HostResourceException">Something can't be loaded.</exception>
    public static PcStart Load(GuestDefinition definition, GuestMemory memory, IMachineLog log)
    {
        log.Loading(definition.KernelPath);
        using GuestFile file = GuestFile.Open("Kernel", definition.KernelPath);
        byte[] start = new byte[8192];
        int length = file.ReadUpTo(0, start);
        ReadOnlySpan<byte> header = start.AsSpan(0, length);

        bool multiboot = MultibootHeader.TryFind(header, out MultibootHeader multibootHeader);
        if (multiboot && multibootHeader.TellsAddresses)
            return MultibootBoot.Prepare(memory, multibootHeader, MultibootBoot.Load(file, multibootHeader, memory), definition, log);

        if (!ElfKernel.IsElf(header))
            return LinuxBoot.Prepare(memory, header[..Math.Min(length, HeaderLength)], LoadBzImage(file, header, memory, log), definition, log);
        LoadedKernel kernel = KernelLoader.Load(file, memory, log);
        if (multiboot)
            return MultibootBoot.Prepare(memory, multibootHeader, kernel, definition, log);
        return FindPvhEntry(file) is uint entry
            ? PvhBoot.Prepare(memory, entry, kernel, definition, log)
            : LinuxBoot.Prepare(memory, default, kernel, definition, log);
    }

    static LoadedKernel LoadBzImage(GuestFile file, ReadOnlySpan<byte> header, GuestMemory memory, IMachineLog log)
    {
        if (KernelPayload.TryUnpack(file, header) is not { } image || !ElfKernel.IsElf(image))
            return KernelLoader.Load(file, memory, log);
        if (log.IsVerbose)
            log.Verbose($"{file.Path} was unpacked by the host");
        using GuestFile unpacked = file.Unpacked(image);
        return KernelLoader.Load(unpacked, memory, log);
    }

    static uint? FindPvhEntry(GuestFile file)
    {
        byte[] image = new byte[Math.Min(file.Length, Array.MaxLength)];
        file.ReadUpTo(0, image);
        return PvhEntry.Find(image);
    }
}
