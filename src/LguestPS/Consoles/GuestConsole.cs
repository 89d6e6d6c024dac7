using System.Text.RegularExpressions;
using LguestPS.Emulator.Devices;

namespace LguestPS;

/// <summary>The console of one run of a guest, as cmdlets use it: its transcript, and how far that has been received and looked at by waits.</summary>
/// <remarks>
/// A wait looks only at what came after the last match and after the last text that was sent, so that the prompt before a command is not
/// taken for the one after it.
/// </remarks>
public sealed class GuestConsole
{
    const int LinesInErrors = 10;
    const int BytesOfLastLines = 8192;
    const int LongestPrompt = 1024;

    readonly object gate = new();
    long received;
    long awaited;
    bool shown;

    /// <param name="size">The size of its window before a terminal says its own; that of a PC's screen when null.</param>
    internal GuestConsole(ConsoleSize? size = null)
    {
        if (size is { } window)
            Buffer.Resize(window);
    }

    /// <summary>The transcript and the input queue that the guest's device works on.</summary>
    internal ConsoleBuffer Buffer { get; } = new();

    /// <summary>What the guest has printed in this run, as much of it as is kept.</summary>
    public string Text
    {
        get
        {
            long start = 0;
            return Buffer.ReadText(ref start);
        }
    }

    /// <summary>The last line that is not empty, without escape sequences: a prompt, for one.</summary>
    public string LastLine => LastLines(1);

    /// <summary>Whether a shell with exit statuses answers; null while nobody has asked it.</summary>
    internal bool? HasShell { get; set; }

    /// <summary>Entered by one who talks with the guest's shell.</summary>
    internal SemaphoreSlim Dialogue { get; } = new(1);

    /// <summary>The last line.</summary>
    public override string ToString() => LastLine;

    /// <summary>The last lines, for messages.</summary>
    internal string LastLines(int count = LinesInErrors) =>
        string.Join('\n', TerminalText.Lines(Buffer.ReadTail(BytesOfLastLines).TrimEnd()).TakeLast(count)).TrimEnd();

    /// <summary>Types to the guest. Returns from where on it can answer.</summary>
    internal long Send(ReadOnlySpan<byte> typed)
    {
        lock (gate)
        {
            awaited = Buffer.End;
            Buffer.Send(typed);
            return awaited;
        }
    }

    /// <summary>From where on output has not been waited for: after the last match, and after the last text sent.</summary>
    internal long Awaited
    {
        get
        {
            lock (gate)
                return awaited;
        }
    }

    /// <summary>Later waits look at what comes after a position.</summary>
    internal void Pass(long position)
    {
        lock (gate)
            awaited = Math.Max(awaited, position);
    }

    /// <summary>What has been printed since the last call.</summary>
    /// <param name="all">From the start of what is kept.</param>
    /// <param name="keep">Leave it to be received again.</param>
    internal string Receive(bool all, bool keep)
    {
        lock (gate)
        {
            long position = all ? 0 : received;
            string news = Buffer.ReadText(ref position);
            if (!keep)
                received = position;
            return news;
        }
    }

    /// <summary>Waits until the guest prints what a pattern matches. False: it has ended, or time is up.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    internal bool WaitFor(Regex pattern, TimeSpan longest, CancellationToken cancellation)
    {
        if (Buffer.WaitForMatch(pattern, Awaited, longest, cancellation) is not { } match)
            return false;
        Pass(match.End);
        return true;
    }

    /// <summary>Gives the console to one terminal, until it is handed back. Returns from where there is something to show: what is new, and the line that the console is in, a prompt for one; null when another terminal has it.</summary>
    internal long? TakeForTerminal()
    {
        lock (gate)
        {
            if (shown)
                return null;
            shown = true;
            return Math.Min(received, StartOfLine());
        }
    }

    /// <summary>Takes the console back from its terminal, which has shown everything before a position.</summary>
    internal void HandBack(long position)
    {
        lock (gate)
        {
            shown = false;
            received = Math.Max(received, position);
        }
    }

    // The end where the line is longer than any prompt.
    long StartOfLine()
    {
        Span<byte> tail = stackalloc byte[LongestPrompt];
        long begin = Math.Max(Buffer.End - tail.Length, Buffer.Start), end = begin;
        int count = Buffer.ReadBytes(ref end, tail), newline = tail[..count].LastIndexOf((byte)'\n');
        return newline >= 0 ? end - count + newline + 1 : begin == 0 ? 0 : end;
    }
}
