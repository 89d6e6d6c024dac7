using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>A kernel in guest memory.</summary>
/// <param name="Start">The physical address to enter it at.</param>
/// <param name="End">The first address past all of it.</param>
readonly record struct LoadedKernel(uint Start, uint End);

/// <summary>Loads a kernel, whatever its format.</summary>
static class KernelLoader
{
    /// <summary>Loads the kernel at a path.</summary>
    /// <exception cref="HostResourceException">KernelNotFound, KernelUnreadable, KernelTruncated, KernelMalformed, KernelNotBootable or KernelDoesNotFit.</exception>
    public static LoadedKernel Load(string path, GuestMemory memory, IMachineLog log)
    {
        log.Loading(path);
        using GuestFile file = GuestFile.Open("Kernel", path);
        return Load(file, memory, log);
    }

    /// <summary>Loads the kernel in a file.</summary>
    /// <exception cref="HostResourceException">As above, but for KernelNotFound.</exception>
    public static LoadedKernel Load(GuestFile file, GuestMemory memory, IMachineLog log)
    {
        Span<byte> header = stackalloc byte[ElfKernel.HeaderLength];
        file.Read(0, header);
        return ElfKernel.IsElf(header) ? ElfKernel.Load(file, header, memory, log) : BzImageKernel.Load(file, memory);
    }

    /// <summary>Reads a part of the kernel into memory.</summary>
    /// <exception cref="HostResourceException">KernelDoesNotFit, or what <see cref="GuestFile.Read"/> throws.</exception>
    public static void Place(GuestFile file, long offset, uint fileLength, GuestMemory memory, uint address, uint memoryLength)
    {
        if (!memory.Contains(address, memoryLength))
            throw file.Error("DoesNotFit", $"{file.Path} wants {memoryLength} bytes at 0x{address:x}, and the guest's memory ends at 0x{memory.Size:x}");
        if (offset + fileLength > file.Length)
            throw file.Error("Truncated", $"{file.Path} ends before offset {offset + fileLength}");
        file.Read(offset, memory.Slice(address, fileLength));
    }

    /// <summary>Checks that a start address is in memory.</summary>
    /// <exception cref="HostResourceException">KernelMalformed.</exception>
    public static void CheckStart(GuestFile file, uint start, GuestMemory memory)
    {
        if (!memory.Contains(start, 1))
            throw file.Error("Malformed", $"{file.Path} starts at 0x{start:x}, outside the guest's memory");
    }
}
