namespace LguestPS.Emulator.Devices;

/// <summary>The host's side of a guest's console.</summary>
public interface IConsoleBackend
{
    /// <summary>Waits for input and takes some of it. Returns the bytes taken; 0 at the end of input. Cancellation throws.</summary>
    int Read(Span<byte> buffer, CancellationToken cancellation);

    /// <summary>Takes output. Never blocks for long.</summary>
    void Write(ReadOnlySpan<byte> output);

    /// <summary>The size of the window that shows the console.</summary>
    ConsoleSize Size => ConsoleSize.Default;

    /// <summary>The window has another size. Raised on any thread; never by a console without a window.</summary>
    event Action? Resized
    {
        add { }
        remove { }
    }

    /// <summary>The user typed three ^C within a second.</summary>
    void Abort();
}
