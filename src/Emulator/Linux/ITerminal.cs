namespace LguestPS.Emulator.Linux;

/// <summary>A terminal that a guest's console can be shown on.</summary>
public interface ITerminal
{
    /// <summary>The size of its window in characters; null where it doesn't say.</summary>
    (ushort Columns, ushort Rows)? WindowSize { get; }

    /// <summary>Lets every byte through as it is, both ways and unechoed, ^C among them, until the result is disposed. Null if this is no terminal but a file or a pipe.</summary>
    IDisposable? EnterRawMode();

    /// <summary>Calls back, on any thread, when the window may have another size, until the result is disposed.</summary>
    IDisposable WatchWindowSize(Action changed);

    /// <summary>Waits for keys and takes some. Returns the bytes taken; 0 at the end of input.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    int Read(Span<byte> buffer, CancellationToken cancellation);

    /// <summary>Shows bytes.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}
