using LguestPS.Emulator.Linux;
using Microsoft.Win32.SafeHandles;

namespace LguestPS.Emulator.Devices;

/// <summary>A disk to be opened when the guest starts.</summary>
public sealed record BlockDeviceSettings : DeviceSettings
{
    BlockDeviceSettings(string path, bool readOnly, bool snapshot) => (Path, ReadOnly, Snapshot) = (path, readOnly, snapshot);

    /// <inheritdoc/>
    public override string Kind => "block";

    /// <summary>Full path of the image: a file or a block device.</summary>
    public string Path { get; }

    /// <summary>The guest may not write.</summary>
    public bool ReadOnly { get; }

    /// <summary>The guest's writes go to memory and are thrown away with it.</summary>
    public bool Snapshot { get; }

    /// <summary>Makes the settings, after trying that the disk can be opened as they say.</summary>
    /// <param name="path">Full path of a file or a block device; its size must be a multiple of 512 bytes.</param>
    /// <param name="readOnly">The guest may not write.</param>
    /// <param name="snapshot">The guest's writes are thrown away when it ends.</param>
    /// <exception cref="HostResourceException">DiskNotFound, DiskAccessDenied, DiskSizeInvalid, DiskUnavailable.</exception>
    public static BlockDeviceSettings Open(string path, bool readOnly = false, bool snapshot = false)
    {
        var settings = new BlockDeviceSettings(path, readOnly, snapshot);
        settings.Check();
        return settings;
    }

    /// <summary>The image's size in bytes; null when it can't be opened.</summary>
    public long? TryGetSize()
    {
        try
        {
            using DiskImage image = OpenImage();
            return image.Length;
        }
        catch (HostResourceException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override VirtioDevice Create(IDeviceHost host) => new BlockDevice(OpenImage(), ReadOnly, System.IO.Path.GetFileName(Path));

    /// <inheritdoc/>
    public override void Check() => OpenImage().Dispose();

    /// <inheritdoc/>
    public override string ToString() => Path + (ReadOnly, Snapshot) switch
    {
        (true, true) => " (read-only, snapshot)",
        (true, false) => " (read-only)",
        (false, true) => " (snapshot)",
        _ => "",
    };

    DiskImage OpenImage()
    {
        bool forReading = ReadOnly || Snapshot;
        SafeFileHandle handle = OpenHandle(forReading ? FileAccess.Read : FileAccess.ReadWrite);
        try
        {
            long length = HostFile.GetLength(handle);
            if (length == 0 || length % BlockDevice.SectorSize != 0)
                throw new HostResourceException("DiskSizeInvalid", $"Disk '{Path}' has {length} bytes; its size must be a multiple of {BlockDevice.SectorSize} and not 0.", Path);
            DiskImage disk = new FileDisk(handle, length, forReading);
            return Snapshot ? new SnapshotDisk(disk) : disk;
        }
        catch (Exception error)
        {
            handle.Dispose();
            if (error is IOException)
                throw new HostResourceException("DiskUnavailable", $"Disk '{Path}' cannot be used: {error.Message}", Path, error);
            throw;
        }
    }

    SafeFileHandle OpenHandle(FileAccess access)
    {
        try
        {
            return File.OpenHandle(Path, FileMode.Open, access, FileShare.ReadWrite);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HostResourceException("DiskNotFound", $"Disk '{Path}' does not exist.", Path, error);
        }
        catch (UnauthorizedAccessException error)
        {
            string use = access == FileAccess.Read ? "read" : "read and written";
            throw new HostResourceException("DiskAccessDenied", $"Disk '{Path}' cannot be {use}: {error.Message}", Path, error);
        }
        catch (Exception error) when (error is IOException or ArgumentException or NotSupportedException)
        {
            throw new HostResourceException("DiskUnavailable", $"Disk '{Path}' cannot be opened: {error.Message}", Path, error);
        }
    }
}
