using LguestPS.Emulator.Devices;

namespace LguestPS;

/// <summary>One entry of an initial RAM disk. Everything in it belongs to root.</summary>
/// <param name="Path">Its path in the guest, without a slash at the start.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Permissions">Permission bits, those for set-user-id, set-group-id and sticky included.</param>
public sealed record InitrdEntry(string Path, InitrdEntryKind Kind, UnixFileMode Permissions)
{
    /// <summary>A file's content, where it is not a file of the host; for a link the path that it points to, in UTF-8.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>The host's file that has the content.</summary>
    public string? Source { get; init; }

    /// <summary>A device node's major number.</summary>
    public uint DeviceMajor { get; init; }

    /// <summary>A device node's minor number.</summary>
    public uint DeviceMinor { get; init; }

    /// <summary>A path as entries have it: no slash at the start or the end, no empty part and none of a single dot; empty for the root.</summary>
    /// <exception cref="HostResourceException">It climbs by "..", or holds a null character.</exception>
    public static string NormalizePath(string path)
    {
        string[] parts = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".")];
        if (parts.Contains("..") || path.Contains('\0'))
            throw new HostResourceException("EntryInvalid", string.Format(Messages.InitrdBadPath, path), path);
        return string.Join('/', parts);
    }
}

/// <summary>What an entry of an initial RAM disk is; the values are the type bits of st_mode (inode(7)).</summary>
public enum InitrdEntryKind
{
    /// <summary>A named pipe.</summary>
    Pipe = 0x1000,
    /// <summary>A character device.</summary>
    CharacterDevice = 0x2000,
    /// <summary>A directory.</summary>
    Directory = 0x4000,
    /// <summary>A block device.</summary>
    BlockDevice = 0x6000,
    /// <summary>A file.</summary>
    File = 0x8000,
    /// <summary>A symbolic link.</summary>
    Link = 0xA000,
}
