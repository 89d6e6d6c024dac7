using System.Buffers.Binary;

namespace LguestPS.Emulator.Launcher;

/// <summary>The PVH entry of an ELF kernel: a note of owner "Xen" and type 18 holds its physical address (Xen, public/elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY).</summary>
static class PvhEntry
{
    const int HeaderLength = 52, ProgramHeaderLength = 32;
    const uint Note = 4, Physical32Entry = 18;

    /// <summary>The entry's physical address; null when the kernel has none.</summary>
    /// <param name="image">The whole file.</param>
    public static uint? Find(ReadOnlySpan<byte> image)
    {
        if (image.Length < HeaderLength || !ElfKernel.IsElf(image))
            return null;
        uint table = BinaryPrimitives.ReadUInt32LittleEndian(image[28..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(image[44..]);
        for (int i = 0; i < count; i++)
        {
            long at = table + (long)i * ProgramHeaderLength;
            if (at + ProgramHeaderLength > image.Length)
                break;
            ReadOnlySpan<byte> entry = image[(int)at..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry) != Note)
                continue;
            uint offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]), length = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]);
            if ((ulong)offset + length <= (ulong)image.Length && FindInNotes(image.Slice((int)offset, (int)length)) is uint found)
                return found;
        }
        return null;
    }

    // Notes: three words (name length, descriptor length, type), name and descriptor, each padded to words.
    static uint? FindInNotes(ReadOnlySpan<byte> notes)
    {
        while (notes.Length >= 12)
        {
            uint nameLength = BinaryPrimitives.ReadUInt32LittleEndian(notes), length = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            ulong descriptorAt = 12 + (((ulong)nameLength + 3) & ~3ul), next = descriptorAt + (((ulong)length + 3) & ~3ul);
            if (descriptorAt + length > (ulong)notes.Length)
                return null;
            if (type == Physical32Entry && length >= 4 && notes[12..].StartsWith("Xen\0"u8))
                return BinaryPrimitives.ReadUInt32LittleEndian(notes[(int)descriptorAt..]);
            notes = next >= (ulong)notes.Length ? [] : notes[(int)next..];
        }
        return null;
    }
}
