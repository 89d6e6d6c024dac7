using System.Text;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>What a kernel is told at its start: the Linux boot parameters at physical address 0, and the command line behind them.</summary>
static class BootPage
{
    /// <summary>Bytes of the boot parameters; the command line begins here.</summary>
    public const uint Length = 4096;

    /// <summary>Bytes that a command line may have; the kernel keeps 2048 with its terminating 0.</summary>
    public const int MaxCommandLine = 2047;

    /// <summary>The first address past boot parameters and command line.</summary>
    public const uint End = Length + MaxCommandLine + 1;

    const uint ApmVersionAt = 0x040, TbootAt = 0x058, E820CountAt = 0x1E8, VersionAt = 0x206, LoaderTypeAt = 0x210, LoadFlagsAt = 0x211,
        RamDiskAddressAt = 0x218, RamDiskLengthAt = 0x21C, CommandLineAt = 0x228, AlignmentAt = 0x230, SubarchitectureAt = 0x23C, E820At = 0x2D0;

    const ushort ProtocolVersion = 0x207;   // the first with the fields for lguest
    const byte KeepSegments = 0x40, UnknownLoader = 0xFF;
    const uint KernelAlignment = 0x1000000, Lguest = 1, Ram = 1;

    /// <summary>Writes it.</summary>
    /// <exception cref="HostResourceException">CommandLineTooLong.</exception>
    public static void Write(GuestMemory memory, string commandLine, InitialRamDisk? ramDisk)
    {
        byte[] text = Encoding.UTF8.GetBytes(commandLine);
        if (text.Length > MaxCommandLine)
            throw new HostResourceException("CommandLineTooLong", $"The kernel's command line has {text.Length} bytes; {MaxCommandLine} are the most it can have", commandLine);

        if (ramDisk is InitialRamDisk disk)
        {
            memory.Write(RamDiskAddressAt, disk.Address);
            memory.Write(RamDiskLengthAt, disk.Length);
            memory.Write(LoaderTypeAt, UnknownLoader);
        }
        memory.Write<byte>(E820CountAt, 1);
        memory.Write(E820At, 0ul);
        memory.Write(E820At + 8, (ulong)memory.Size);
        memory.Write(E820At + 16, Ram);

        memory.Write(CommandLineAt, Length);
        text.CopyTo(memory.Slice(Length, (uint)text.Length));
        memory.Write<byte>(Length + (uint)text.Length, 0);

        memory.Write(AlignmentAt, KernelAlignment);
        memory.Write(VersionAt, ProtocolVersion);
        memory.Write(SubarchitectureAt, Lguest);
        memory.Write(LoadFlagsAt, (byte)(memory.Read<byte>(LoadFlagsAt) | KeepSegments));
        memory.Write(TbootAt, 0ul);
        memory.Write<ushort>(ApmVersionAt, 0);
    }
}
