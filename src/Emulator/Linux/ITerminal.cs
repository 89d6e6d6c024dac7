namespace LguestPS.Emulator.Linux;

/// <summary>A terminal that a guest's console can be shown on.</summary>
public interface ITerminal
{
    /// <summary>Lets keys through one by one, unechoed, ^C among them, until the result is disposed. Null if this is no terminal but a file or a pipe.</summary>
    IDisposable? EnterRawMode();

    /// <summary>Waits for keys and takes some. Returns the bytes taken; 0 at the end of input.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    int Read(Span<byte> buffer, CancellationToken cancellation);

    /// <summary>Shows bytes.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}
