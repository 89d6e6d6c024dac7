namespace LguestPS.Emulator.Devices;

/// <summary>Copies a console's output to somewhere else as it comes, on a thread of its own, so that a slow terminal or disk never holds the guest up.</summary>
public sealed class ConsoleMirror : IDisposable
{
    readonly ConsoleBuffer console;
    readonly Action<ReadOnlySpan<byte>> show;
    readonly CancellationTokenSource stop = new();
    readonly Thread thread;
    long position, lost;

    internal ConsoleMirror(ConsoleBuffer console, Action<ReadOnlySpan<byte>> show, long position)
    {
        this.console = console;
        this.show = show;
        this.position = position;
        thread = new Thread(Run) { IsBackground = true, Name = "console mirror" };
        thread.Start();
    }

    /// <summary>Up to where in the transcript output has been shown; settled once the mirror is disposed.</summary>
    public long Position => Volatile.Read(ref position);

    /// <summary>Bytes that came so fast that they were no longer kept when their turn came.</summary>
    public long Lost => Volatile.Read(ref lost);

    /// <summary>Why no more is shown, where that failed; the guest goes on.</summary>
    public IOException? Failure { get; private set; }

    /// <summary>Shows what has been printed until now, and then no more.</summary>
    public void Dispose()
    {
        if (stop.IsCancellationRequested)
            return;
        stop.Cancel();
        if (thread != Thread.CurrentThread)
            thread.Join();
    }

    void Run()
    {
        try
        {
            try
            {
                while (console.WaitForOutput(position, Timeout.InfiniteTimeSpan, stop.Token))
                    ShowUpTo(console.End);
            }
            catch (OperationCanceledException)
            {
                ShowUpTo(console.End);
            }
        }
        catch (IOException gone)
        {
            Failure = gone;
        }
    }

    void ShowUpTo(long end)
    {
        byte[] buffer = new byte[4096];
        while (position < end)
        {
            long next = position;
            int count = console.ReadBytes(ref next, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - position)));
            if (count == 0)
                return;
            Volatile.Write(ref lost, lost + (next - count - position));
            show(buffer.AsSpan(0, count));
            Volatile.Write(ref position, next);
        }
    }
}
