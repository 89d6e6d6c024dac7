using LguestPS.Emulator.Devices;

namespace LguestPS;

/// <summary>The file that gets the console output of one run, byte by byte, written by a thread of its own.</summary>
sealed class TranscriptFile : IDisposable
{
    readonly string path;
    readonly FileStream file;
    readonly ConsoleMirror mirror;

    TranscriptFile(string path, FileStream file, ConsoleBuffer console)
    {
        this.path = path;
        this.file = file;
        mirror = console.Attach(file.Write, console.Start);
    }

    /// <summary>Begins the file anew with what the console prints from now on.</summary>
    /// <exception cref="HostResourceException">TranscriptFolderNotFound, TranscriptAccessDenied, TranscriptUnavailable.</exception>
    public static TranscriptFile Create(string path, ConsoleBuffer console)
    {
        try
        {
            // Unbuffered: the mirror takes what there is in one piece, and who reads the file while the guest runs sees it at once.
            return new(path, new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0), console);
        }
        catch (DirectoryNotFoundException error)
        {
            throw new HostResourceException("TranscriptFolderNotFound", string.Format(Messages.TranscriptFolderNotFound, path), path, error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new HostResourceException("TranscriptAccessDenied", string.Format(Messages.TranscriptUnavailable, path, error.Message), path, error);
        }
        catch (Exception error) when (error is IOException or ArgumentException or NotSupportedException)
        {
            throw new HostResourceException("TranscriptUnavailable", string.Format(Messages.TranscriptUnavailable, path, error.Message), path, error);
        }
    }

    /// <summary>What the file lacks, in a sentence; null when it has all that was printed. Settled once the file is disposed.</summary>
    public string? Gap { get; private set; }

    /// <summary>Writes what has been printed until now, and closes the file.</summary>
    public void Dispose()
    {
        mirror.Dispose();
        IOException? failure = mirror.Failure;
        try
        {
            file.Dispose();
        }
        catch (IOException late)
        {
            failure ??= late;
        }
        Gap = failure is not null ? string.Format(Messages.TranscriptBroken, path, failure.Message)
            : mirror.Lost > 0 ? string.Format(Messages.TranscriptLost, path, mirror.Lost)
            : null;
    }
}
