using System.Buffers.Binary;

namespace LguestPS.Emulator.Launcher;

/// <summary>The Multiboot header in the first 8 KB of a kernel file (Multiboot specification 0.6.96, 3.1).</summary>
/// <param name="Flags">What the kernel wants of the boot loader.</param>
/// <param name="HeaderAddress">Physical address of the header itself, when the header tells addresses.</param>
/// <param name="LoadAddress">Where the part to load begins, likewise.</param>
/// <param name="LoadEnd">Where it ends; 0 for the end of the file.</param>
/// <param name="BssEnd">Where zeroed memory after it ends; 0 for none.</param>
/// <param name="Entry">Where to start.</param>
/// <param name="FileOffset">Where in the file the header is.</param>
readonly record struct MultibootHeader(uint Flags, uint HeaderAddress, uint LoadAddress, uint LoadEnd, uint BssEnd, uint Entry, int FileOffset)
{
    const uint Magic = 0x1BADB002;
    const int SearchLength = 8192, ShortLength = 12, LongLength = 32;
    const uint AddressesValid = 1 << 16;

    /// <summary>Whether the header tells where to load the kernel, so that its file format does not matter.</summary>
    public bool TellsAddresses => (Flags & AddressesValid) != 0;

    /// <summary>Looks for it.</summary>
    public static bool TryFind(ReadOnlySpan<byte> image, out MultibootHeader header)
    {
        header = default;
        int end = Math.Min(image.Length, SearchLength) - ShortLength;
        for (int at = 0; at <= end; at += 4)
        {
            if (Word(image, at) != Magic || Word(image, at) + Word(image, at + 4) + Word(image, at + 8) != 0)
                continue;
            ReadOnlySpan<byte> addresses = at + LongLength <= image.Length ? image.Slice(at + ShortLength, LongLength - ShortLength) : new byte[LongLength - ShortLength];
            header = new(Word(image, at + 4), Word(addresses, 0), Word(addresses, 4), Word(addresses, 8), Word(addresses, 12), Word(addresses, 16), at);
            return true;
        }
        return false;
    }

    static uint Word(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt32LittleEndian(image[at..]);
}
