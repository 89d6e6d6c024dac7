using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Linux;

namespace LguestPS;

/// <summary>Why a terminal let go of a console.</summary>
enum ConsoleLeave
{
    /// <summary>The user pressed Ctrl+].</summary>
    LeaveKey,

    /// <summary>The user pressed ^C three times within a second.</summary>
    ThreeInterrupts,

    /// <summary>The guest ended.</summary>
    GuestEnded,

    /// <summary>The cmdlet was stopped.</summary>
    Stopped,

    /// <summary>The terminal has no more input.</summary>
    EndOfInput,
}

/// <summary>A terminal on a guest's console: every key goes to the guest, all output to the terminal, until the user leaves or the guest ends.</summary>
static class ConsoleSession
{
    /// <summary>Ctrl+], as telnet has it.</summary>
    const byte LeaveKey = 0x1d;

    /// <summary>Connects the two and returns when they part.</summary>
    /// <param name="terminal">The terminal, in raw mode already.</param>
    /// <param name="console">The console.</param>
    /// <param name="from">Where in the transcript to begin showing.</param>
    /// <param name="guestEnd">Cancelled when the guest has ended.</param>
    /// <param name="stopping">Ends the session.</param>
    /// <param name="shown">Up to where output was shown.</param>
    public static ConsoleLeave Run(ITerminal terminal, ConsoleBuffer console, long from, CancellationToken guestEnd, CancellationToken stopping, out long shown)
    {
        // Not disposed: the guest's thread may be about to cancel it while this one leaves.
        CancellationTokenSource interrupts = new();
        using CancellationTokenSource left = CancellationTokenSource.CreateLinkedTokenSource(stopping, guestEnd, interrupts.Token);
        console.Aborted += interrupts.Cancel;
        ConsoleMirror mirror = console.Attach(terminal.Write, from);
        try
        {
            using IDisposable resized = terminal.WatchWindowSize(TellSize);
            TellSize();
            return PassKeys(terminal, console, left.Token);
        }
        catch (OperationCanceledException)
        {
            return stopping.IsCancellationRequested ? ConsoleLeave.Stopped
                : guestEnd.IsCancellationRequested ? ConsoleLeave.GuestEnded
                : ConsoleLeave.ThreeInterrupts;
        }
        finally
        {
            console.Aborted -= interrupts.Cancel;
            mirror.Dispose();
            shown = mirror.Position;
        }

        void TellSize()
        {
            if (terminal.WindowSize is var (columns, rows))
                console.Resize(new(columns, rows));
        }
    }

    static ConsoleLeave PassKeys(ITerminal terminal, ConsoleBuffer console, CancellationToken left)
    {
        Span<byte> keys = stackalloc byte[256];
        while (true)
        {
            int count = terminal.Read(keys, left);
            if (count == 0)
                return ConsoleLeave.EndOfInput;
            int leave = keys[..count].IndexOf(LeaveKey);
            console.Send(keys[..(leave < 0 ? count : leave)]);
            if (leave >= 0)
                return ConsoleLeave.LeaveKey;
        }
    }
}
