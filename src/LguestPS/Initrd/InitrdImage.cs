using System.IO.Compression;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Linux;

namespace LguestPS.Initrd;

/// <summary>The entries of an initial RAM disk as they are gathered: of two with the same path the later one counts, and directories that nobody named are made.</summary>
sealed class InitrdImage
{
    const UnixFileMode DirectoryPermissions = (UnixFileMode)0b111_101_101;   // rwxr-xr-x
    const uint TypeBits = 0xF000, PermissionBits = 0xFFF, Socket = 0xC000;

    // In the order of bytes a directory comes before what is in it, which is the order in which the kernel needs them.
    readonly SortedDictionary<string, InitrdEntry> entries = new(StringComparer.Ordinal);

    /// <summary>How many there are, those directories included.</summary>
    public int Count => entries.Count;

    /// <summary>Adds an entry; the root directory is there anyway and is passed over.</summary>
    public void Add(InitrdEntry entry)
    {
        if (entry.Path.Length == 0)
            return;
        for (int slash = entry.Path.IndexOf('/'); slash >= 0; slash = entry.Path.IndexOf('/', slash + 1))
            entries.TryAdd(entry.Path[..slash], new(entry.Path[..slash], InitrdEntryKind.Directory, DirectoryPermissions));
        entries[entry.Path] = entry;
    }

    /// <summary>Adds an entry of the host's file system under a path of the guest, with its permissions; a directory with all that is in it, a link as a link.</summary>
    /// <exception cref="HostResourceException">SourceUnreadable.</exception>
    public void AddFromHost(string hostPath, string guestPath)
    {
        try
        {
            AddNode(hostPath, guestPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostResourceException("SourceUnreadable", $"{hostPath}: {e.Message}", hostPath, e);
        }
    }

    /// <summary>Adds a file of the host under a path of the guest, with its permissions; of a link the file that it leads to.</summary>
    /// <exception cref="HostResourceException">SourceUnreadable.</exception>
    public void AddFile(string hostPath, string guestPath) => AddFromHost(new FileInfo(hostPath).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? hostPath, guestPath);

    /// <summary>Writes the image.</summary>
    /// <param name="path">The file; one that exists is replaced when the new one is whole.</param>
    /// <param name="compress">Whether it is packed with gzip.</param>
    /// <exception cref="HostResourceException">OutputUnwritable, or what <see cref="CpioWriter.Write"/> throws.</exception>
    public void Write(string path, bool compress)
    {
        string unfinished = path + ".unfinished";
        try
        {
            using (FileStream file = File.Create(unfinished))
            {
                using Stream output = compress ? new GZipStream(file, CompressionLevel.Optimal) : new BufferedStream(file);
                CpioWriter writer = new(output);
                foreach (InitrdEntry entry in entries.Values)
                    writer.Write(entry);
                writer.Finish();
            }
            File.Move(unfinished, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostResourceException("OutputUnwritable", e.Message, path, e);
        }
        finally
        {
            if (File.Exists(unfinished))
                File.Delete(unfinished);
        }
    }

    void AddNode(string hostPath, string guestPath)
    {
        HostNode node = HostNode.Read(hostPath);
        if ((node.Mode & TypeBits) == Socket)
            return;   // means nothing without the process that listens
        InitrdEntry entry = new(guestPath, (InitrdEntryKind)(node.Mode & TypeBits), (UnixFileMode)(node.Mode & PermissionBits));
        Add(entry.Kind switch
        {
            InitrdEntryKind.File => entry with { Source = hostPath },
            InitrdEntryKind.Link => entry with { Content = System.Text.Encoding.UTF8.GetBytes(new FileInfo(hostPath).LinkTarget!) },
            InitrdEntryKind.CharacterDevice or InitrdEntryKind.BlockDevice => entry with { DeviceMajor = node.DeviceMajor, DeviceMinor = node.DeviceMinor },
            _ => entry,
        });
        if (entry.Kind == InitrdEntryKind.Directory)
            foreach (string child in Directory.EnumerateFileSystemEntries(hostPath))
                AddNode(child, guestPath.Length == 0 ? Path.GetFileName(child) : $"{guestPath}/{Path.GetFileName(child)}");
    }
}
