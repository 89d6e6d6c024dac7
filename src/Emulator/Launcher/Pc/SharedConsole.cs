using System.Collections.Concurrent;
using LguestPS.Emulator.Devices;

namespace LguestPS.Emulator.Launcher;

/// <summary>One console for two devices of a PC: the virtio console and the serial port. What either writes is shown; what is typed goes to the one that wrote last.</summary>
sealed class SharedConsole(IConsoleBackend backend) : IConsoleBackend, IDisposable
{
    readonly CancellationTokenSource ended = new();
    readonly Lock gate = new();
    readonly BlockingCollection<byte[]> forVirtio = [];
    readonly byte[] serialByte = new byte[1];
    volatile bool serialIsActive;
    Thread? reader;
    byte[] rest = [];

    /// <summary>Where typed bytes go while the serial port is the console.</summary>
    public Action<byte>? SerialInput { get; set; }

    /// <summary>A byte sent by the serial port. On the guest's thread.</summary>
    public void WriteSerial(byte value)
    {
        serialIsActive = true;
        StartReader();
        serialByte[0] = value;
        backend.Write(serialByte);
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> output)
    {
        serialIsActive = false;
        backend.Write(output);
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer, CancellationToken cancellation)
    {
        StartReader();
        if (rest.Length == 0)
            rest = forVirtio.Take(cancellation);
        int count = Math.Min(rest.Length, buffer.Length);
        rest.AsSpan(0, count).CopyTo(buffer);
        rest = rest[count..];
        return count;
    }

    /// <inheritdoc/>
    public ConsoleSize Size => backend.Size;

    /// <inheritdoc/>
    public event Action? Resized
    {
        add => backend.Resized += value;
        remove => backend.Resized -= value;
    }

    /// <inheritdoc/>
    public void Abort() => backend.Abort();

    /// <summary>Stops taking input.</summary>
    public void Dispose()
    {
        ended.Cancel();
        reader?.Join();
        ended.Dispose();
        forVirtio.Dispose();
    }

    // Input is wanted from the first time that a guest has something to read it with.
    void StartReader()
    {
        if (reader is not null)
            return;
        lock (gate)
        {
            if (reader is not null)
                return;
            reader = new Thread(ReadInput) { IsBackground = true, Name = "console input" };
            reader.Start();
        }
    }

    void ReadInput()
    {
        byte[] buffer = new byte[256];
        try
        {
            while (backend.Read(buffer, ended.Token) is int count and > 0)
            {
                if (!serialIsActive)
                    forVirtio.Add(buffer[..count]);
                else
                    foreach (byte value in buffer.AsSpan(0, count))
                        SerialInput?.Invoke(value);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
