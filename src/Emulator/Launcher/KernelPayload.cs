using System.Buffers.Binary;
using System.IO.Compression;
using LguestPS.Emulator.Linux;

namespace LguestPS.Emulator.Launcher;

/// <summary>The packed kernel inside a bzImage (Linux boot protocol, payload_offset and payload_length): unpacked here, it need not unpack itself, instruction by instruction.</summary>
static class KernelPayload
{
    const ushort ProtocolWithPayload = 0x208;
    const uint DefaultSetupSectors = 4, SectorLength = 512, MaxUnpackedLength = 512 << 20;

    /// <summary>The vmlinux; null when the packing is not known here, or the file is not as it should be: the kernel can still unpack itself.</summary>
    /// <param name="file">The bzImage.</param>
    /// <param name="header">Its first 0x250 bytes at least.</param>
    public static byte[]? TryUnpack(GuestFile file, ReadOnlySpan<byte> header)
    {
        if (header.Length < 0x250 || BinaryPrimitives.ReadUInt16LittleEndian(header[0x206..]) < ProtocolWithPayload)
            return null;
        uint setupSectors = header[0x1F1] == 0 ? DefaultSetupSectors : header[0x1F1];
        long offset = (setupSectors + 1) * SectorLength + BinaryPrimitives.ReadUInt32LittleEndian(header[0x248..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[0x24C..]);
        if (length < 8 || offset + length > file.Length)
            return null;
        byte[] packed = new byte[length];
        file.Read(offset, packed);

        // The last word, which belongs to no format, is the unpacked length (arch/x86/boot/compressed: z_output_len).
        uint unpackedLength = BinaryPrimitives.ReadUInt32LittleEndian(packed.AsSpan(packed.Length - 4));
        if (unpackedLength > MaxUnpackedLength)
            return null;
        byte[] unpacked = new byte[unpackedLength];
        bool done = packed.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? TryGunzip(packed, unpacked)
            : packed.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) && OperatingSystem.IsLinux() && Liblzma.TryUnpack(packed, unpacked);
        return done ? unpacked : null;
    }

    static bool TryGunzip(byte[] packed, byte[] unpacked)
    {
        try
        {
            using GZipStream stream = new(new MemoryStream(packed), CompressionMode.Decompress);
            stream.ReadExactly(unpacked);
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            return false;
        }
    }
}
