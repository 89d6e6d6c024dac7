using System.Formats.Tar;
using System.Globalization;
using System.Text;
using LguestPS.Emulator.Devices;
using LguestPS.Formats;

namespace LguestPS.KernelPackages;

/// <summary>A Debian package: an ar archive whose member data.tar holds the files (deb(5)). They are unpacked into a file that goes away with this object, so that they can be read in any order.</summary>
sealed class DebianPackage : IDisposable
{
    const int HeaderLength = 60, NameLength = 16, SizeAt = 48, SizeLength = 10, EndAt = 58;

    readonly FileStream unpacked;
    readonly TarReader reader;
    readonly Dictionary<string, TarEntry> files = new(StringComparer.Ordinal);

    /// <summary>Opens a package and unpacks it.</summary>
    /// <exception cref="HostResourceException">PackageInvalid, or PackageUnreadable.</exception>
    public DebianPackage(string path)
    {
        string scratch = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        unpacked = new FileStream(scratch, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        reader = new TarReader(unpacked, leaveOpen: true);
        try
        {
            Unpack(path);
            ReadEntries();
        }
        // Whatever a library for packed data says of data that is not what it should be.
        catch (Exception e) when (e is not HostResourceException)
        {
            Dispose();
            throw new HostResourceException(e is UnauthorizedAccessException ? "PackageUnreadable" : "PackageInvalid", string.Format(Messages.PackageInvalid, path, e.Message), path, e);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The paths of its files, without a slash or dot at the start.</summary>
    public IReadOnlyCollection<string> Files => files.Keys;

    /// <summary>A file's content.</summary>
    public byte[] Read(string file)
    {
        Stream? content = files[file].DataStream;
        if (content is null)
            return [];
        content.Position = 0;
        byte[] bytes = new byte[content.Length];
        content.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        reader.Dispose();
        unpacked.Dispose();
    }

    void Unpack(string path)
    {
        using FileStream archive = File.OpenRead(path);
        byte[] magic = new byte[8];
        if (archive.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.AsSpan().SequenceEqual("!<arch>\n"u8))
            throw new InvalidDataException(Messages.PackageNotAr);
        byte[] header = new byte[HeaderLength];
        while (archive.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) == HeaderLength)
        {
            string name = Encoding.ASCII.GetString(header, 0, NameLength).TrimEnd(' ', '/');
            if (header[EndAt] != '`' || !long.TryParse(Encoding.ASCII.GetString(header, SizeAt, SizeLength), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long size))
                throw new InvalidDataException(Messages.PackageNotAr);
            if (name.StartsWith("data.tar", StringComparison.Ordinal))
            {
                // In memory of its own: to some formats the padding after a member would be the start of more data.
                byte[] member = new byte[Math.Min(size, archive.Length - archive.Position)];
                archive.ReadExactly(member);
                using Stream data = PackedData.Open(new MemoryStream(member), name);
                data.CopyTo(unpacked);
                unpacked.Position = 0;
                return;
            }
            archive.Position += size + (size & 1);
        }
        throw new InvalidDataException(Messages.PackageWithoutData);
    }

    void ReadEntries()
    {
        while (reader.GetNextEntry() is TarEntry entry)
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                files[entry.Name.TrimStart('.').TrimStart('/')] = entry;
    }
}
