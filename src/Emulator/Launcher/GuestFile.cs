using LguestPS.Emulator.Devices;
using Microsoft.Win32.SafeHandles;

namespace LguestPS.Emulator.Launcher;

/// <summary>A file that is loaded into guest memory: opened for reading, with the errors that a user understands.</summary>
sealed class GuestFile : IDisposable
{
    readonly SafeFileHandle? handle;
    readonly byte[] content = [];
    readonly string kind;

    GuestFile(SafeFileHandle handle, string kind, string path)
    {
        this.handle = handle;
        this.kind = kind;
        Path = path;
        Length = RandomAccess.GetLength(handle);
    }

    GuestFile(byte[] content, string kind, string path)
    {
        this.content = content;
        this.kind = kind;
        Path = path;
        Length = content.Length;
    }

    /// <summary>What was unpacked from this file, as a file of its own by the same name.</summary>
    public GuestFile Unpacked(byte[] content) => new(content, kind, Path);

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Its length in bytes.</summary>
    public long Length { get; }

    /// <summary>Opens it.</summary>
    /// <param name="kind">What it is: Kernel or Initrd; the first part of error ids.</param>
    /// <param name="path">Its path.</param>
    /// <exception cref="HostResourceException">KINDNotFound or KINDUnreadable.</exception>
    public static GuestFile Open(string kind, string path)
    {
        try
        {
            return new(File.OpenHandle(path), kind, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HostResourceException(kind + "NotFound", $"Failed to open {path}: there is no such file", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new HostResourceException(kind + "Unreadable", $"Failed to open {path}: {e.Message}", path, e);
        }
    }

    /// <summary>Fills a buffer from an offset in the file.</summary>
    /// <exception cref="HostResourceException">KINDTruncated: the file ends before the buffer is full; or KINDUnreadable.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (ReadUpTo(offset, destination) != destination.Length)
            throw Error("Truncated", $"{Path} ends before offset {offset + destination.Length}");
    }

    /// <summary>Fills a buffer as far as the file reaches; returns the bytes read.</summary>
    public int ReadUpTo(long offset, Span<byte> destination)
    {
        if (handle is null)
        {
            ReadOnlySpan<byte> part = offset < Length ? content.AsSpan((int)offset) : default;
            part = part[..Math.Min(part.Length, destination.Length)];
            part.CopyTo(destination);
            return part.Length;
        }
        int done = 0;
        try
        {
            while (done < destination.Length && RandomAccess.Read(handle, destination[done..], offset + done) is int read and > 0)
                done += read;
        }
        catch (IOException e)
        {
            throw Error("Unreadable", $"Reading {Path}: {e.Message}", e);
        }
        return done;
    }

    /// <summary>An error about this file; its id is the kind of file and <paramref name="id"/>.</summary>
    public HostResourceException Error(string id, string message, Exception? inner = null) => new(kind + id, message, Path, inner);

    /// <inheritdoc/>
    public void Dispose() => handle?.Dispose();
}
