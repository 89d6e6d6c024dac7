using LguestPS.Emulator.Linux;

namespace LguestPS.Emulator.Devices;

/// <summary>Shows a console's output on a terminal, on a thread of its own, so that a slow terminal never holds the guest up.</summary>
public sealed class ConsoleMirror : IDisposable
{
    readonly ConsoleBuffer console;
    readonly ITerminal terminal;
    readonly CancellationTokenSource stop = new();
    readonly Thread thread;
    long position;

    internal ConsoleMirror(ConsoleBuffer console, ITerminal terminal, long position)
    {
        this.console = console;
        this.terminal = terminal;
        this.position = position;
        thread = new Thread(Run) { IsBackground = true, Name = "console mirror" };
        thread.Start();
    }

    /// <summary>Up to where in the transcript output has been shown; settled once the mirror is disposed.</summary>
    public long Position => Volatile.Read(ref position);

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
        catch (IOException)
        {
            // The terminal is gone; the guest isn't.
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
            terminal.Write(buffer.AsSpan(0, count));
            Volatile.Write(ref position, next);
        }
    }
}
