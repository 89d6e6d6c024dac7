using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using LguestPS.Emulator.Devices;

namespace LguestPS.Emulator.Launcher;

/// <summary>What a kernel file is.</summary>
public enum KernelFormat
{
    /// <summary>An ELF executable.</summary>
    Elf,
    /// <summary>A Linux bzImage.</summary>
    BzImage,
    /// <summary>Neither.</summary>
    Unknown,
}

/// <summary>What a kernel file says of itself, without running it.</summary>
/// <param name="Format">Its format.</param>
/// <param name="Version">The Linux version, where it says one.</param>
/// <param name="KnowsLguest">Whether it has an lguest entry; null when that can't be seen.</param>
public sealed partial record KernelDescription(KernelFormat Format, string? Version, bool? KnowsLguest)
{
    const int HeaderLength = 0x268;

    /// <summary>Reads a description.</summary>
    /// <exception cref="HostResourceException">KernelUnreadable, or KernelNot32Bit.</exception>
    internal static KernelDescription Read(GuestFile file)
    {
        byte[] header = new byte[HeaderLength];
        int length = file.ReadUpTo(0, header);
        if (ElfKernel.IsElf(header))
            return ReadElf(file, header);
        return length >= 0x238 && header.AsSpan(0x202).StartsWith("HdrS"u8) ? ReadBzImage(file, header) : new(KernelFormat.Unknown, null, null);
    }

    static KernelDescription ReadElf(GuestFile file, ReadOnlySpan<byte> header)
    {
        const byte class64 = 2;
        if (header[4] == class64)
            throw Not32Bit(file);
        byte[] image = new byte[Math.Min(file.Length, int.MaxValue / 2)];
        file.ReadUpTo(0, image);
        return FromImage(KernelFormat.Elf, image, null);
    }

    // The protocol's fields (Linux boot protocol, "Details of Header Fields"): the version text lies in the setup sectors, the kernel itself is packed behind them.
    static KernelDescription ReadBzImage(GuestFile file, ReadOnlySpan<byte> header)
    {
        const ushort protocolWithLoadFlags = 0x20C, only64Bit = 1;
        ushort protocol = BinaryPrimitives.ReadUInt16LittleEndian(header[0x206..]);
        if (protocol >= protocolWithLoadFlags && (BinaryPrimitives.ReadUInt16LittleEndian(header[0x236..]) & only64Bit) != 0)
            throw Not32Bit(file);

        string? version = ReadVersion(file, BinaryPrimitives.ReadUInt16LittleEndian(header[0x20E..]));
        if (version is not null && VersionNumber().Match(version) is { Success: true } number
            && (int.Parse(number.Groups[1].Value), int.Parse(number.Groups[2].Value)).CompareTo((4, 14)) >= 0)
            return new(KernelFormat.BzImage, version, false);   // the guest's side of lguest left Linux in 4.14
        return KernelPayload.TryUnpack(file, header) is { } image ? FromImage(KernelFormat.BzImage, image, version) : new(KernelFormat.BzImage, version, null);
    }

    static KernelDescription FromImage(KernelFormat format, ReadOnlySpan<byte> image, string? version)
    {
        // The name that the guest code gives to its memory map: no other part of Linux has that text.
        bool? lguest = image.IndexOf("LGUEST\0"u8) >= 0;
        int at = image.IndexOf("Linux version "u8);
        if (version is null && at >= 0)
        {
            ReadOnlySpan<byte> text = image[(at + 14)..];
            version = Encoding.ASCII.GetString(text[..Math.Min(Math.Max(text.IndexOfAny((byte)' ', (byte)0), 0), 64)]);
        }
        // A kernel of another make need not say what it knows, unless it is one for a PC's boot loader.
        if (lguest == false && at < 0 && !MultibootHeader.TryFind(image, out _) && PvhEntry.Find(image) is null)
            lguest = null;
        return new(format, version, lguest);
    }

    static string? ReadVersion(GuestFile file, ushort offset)
    {
        if (offset == 0)
            return null;
        byte[] text = new byte[128];
        int length = file.ReadUpTo(offset + 0x200, text);
        int end = text.AsSpan(0, length).IndexOfAny((byte)0, (byte)' ');
        return end <= 0 ? null : Encoding.ASCII.GetString(text, 0, end);
    }

    static HostResourceException Not32Bit(GuestFile file) =>
        file.Error("Not32Bit", $"{file.Path} is a 64-bit kernel; guests have a 32-bit processor");

    [GeneratedRegex(@"^(\d+)\.(\d+)")]
    private static partial Regex VersionNumber();
}
