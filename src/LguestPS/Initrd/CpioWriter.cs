using System.Text;
using LguestPS.Emulator.Devices;

namespace LguestPS.Initrd;

/// <summary>Writes an archive of the newc format, which is what the kernel unpacks at boot (Linux, "initramfs buffer format"; cpio(5)).</summary>
/// <remarks>Times are zero and inode numbers count up, so that the same entries always make the same bytes.</remarks>
sealed class CpioWriter(Stream output)
{
    const string Magic = "070701", Trailer = "TRAILER!!!";

    uint lastInode;
    long position;

    /// <summary>Writes an entry.</summary>
    /// <exception cref="HostResourceException">SourceUnreadable: the host's file can't be read; or FileTooLarge.</exception>
    public void Write(InitrdEntry entry)
    {
        if (entry.Source is not string path)
        {
            WriteHeader(entry.Path, entry, entry.Content.Length);
            WriteBytes(entry.Content.Span);
            Pad();
            return;
        }
        try
        {
            using FileStream source = File.OpenRead(path);
            if (source.Length > uint.MaxValue)
                throw new HostResourceException("FileTooLarge", string.Format(Messages.InitrdFileTooLarge, path), path);
            long length = source.Length;
            WriteHeader(entry.Path, entry, length);
            Copy(source, length);
            Pad();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostResourceException("SourceUnreadable", e.Message, path, e);
        }
    }

    /// <summary>Writes the entry that ends an archive.</summary>
    public void Finish()
    {
        WriteHeader(Trailer, null, 0);
        Pad();
    }

    // Thirteen numbers of eight hexadecimal digits, then the name with its zero, padded to words together with the header.
    void WriteHeader(string name, InitrdEntry? entry, long length)
    {
        byte[] nameBytes = Encoding.UTF8.GetBytes(name + '\0');
        uint mode = entry is null ? 0 : (uint)entry.Kind | (uint)entry.Permissions;
        uint links = entry?.Kind == InitrdEntryKind.Directory ? 2u : 1;
        ReadOnlySpan<uint> fields =
        [
            entry is null ? 0 : ++lastInode, mode, 0, 0, links, 0, (uint)length,
            0, 0, entry?.DeviceMajor ?? 0, entry?.DeviceMinor ?? 0, (uint)nameBytes.Length, 0,
        ];
        StringBuilder header = new(Magic);
        foreach (uint field in fields)
            header.Append(field.ToString("X8"));
        WriteBytes(Encoding.ASCII.GetBytes(header.ToString()));
        WriteBytes(nameBytes);
        Pad();
    }

    // The header has told the length: a file that grows meanwhile is cut there, one that shrinks is an error.
    void Copy(FileStream source, long left)
    {
        byte[] buffer = new byte[1 << 16];
        while (left > 0)
        {
            int count = source.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (count == 0)
                throw new EndOfStreamException(string.Format(Messages.InitrdFileShrank, source.Name));
            WriteBytes(buffer.AsSpan(0, count));
            left -= count;
        }
    }

    void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        position += bytes.Length;
    }

    void Pad() => WriteBytes(new byte[-position & 3]);
}
