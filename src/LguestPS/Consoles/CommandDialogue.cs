using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;

namespace LguestPS;

/// <summary>Runs commands on a guest's console, one after the other: types each when the guest is at its prompt, and reads what it prints.</summary>
/// <param name="guest">The guest.</param>
/// <param name="prompt">A regular expression for the prompt.</param>
/// <param name="withStatus">Whether to ask for exit statuses, of a shell that has them.</param>
/// <param name="timeoutSeconds">How long each command may take, the wait for its prompt included; null for ever.</param>
/// <param name="stopping">Gives up.</param>
sealed class CommandDialogue(LguestGuest guest, string prompt, bool withStatus, double? timeoutSeconds, CancellationToken stopping)
{
    // A prompt is where output rests. A guest whose processor has halted rests; one that computes in the background is believed after a while.
    static readonly TimeSpan IdleAtPrompt = TimeSpan.FromMilliseconds(10), SilentAtPrompt = TimeSpan.FromMilliseconds(300), LookInterval = TimeSpan.FromMilliseconds(5);

    // What may follow a prompt that is the last thing printed: shells ask their terminal questions, kernels talk at any time.
    const string Rest = $@"(?:{TerminalText.EscapePattern})*(?:\z|(?=\[ *\d+\.\d+\]))";

    readonly Regex promptAtEnd = new($"(?:{prompt}){Rest}", RegexOptions.Multiline);
    readonly Regex promptOnLaterLine = new($@"\n[^\n]*(?:{prompt}){Rest}", RegexOptions.Multiline);
    readonly GuestConsole console = guest.Console;
    Deadline deadline = new(timeoutSeconds);

    string command = "";
    bool settled = true;

    /// <summary>Runs a command. The guest may not be at its prompt again when it returns.</summary>
    /// <param name="text">What to type; several lines are one command to a shell, and typed one by one where there is none.</param>
    /// <exception cref="DialogueException">It did not come to its end in time, or the guest ended. Nothing more should be typed then.</exception>
    /// <exception cref="OperationCanceledException">The dialogue was given up.</exception>
    public LguestCommandResult Run(string text)
    {
        command = text.ReplaceLineEndings("\n").TrimEnd('\n');
        deadline = new(timeoutSeconds);
        WaitForRestingPrompt(promptAtEnd, console.Buffer.Sent);
        bool inShell = withStatus && HasStatus();
        long started = Stopwatch.GetTimestamp();
        (string[] output, int? status) = inShell ? RunInShell() : (RunByLine(), null);
        return new(guest, text, output, status, Stopwatch.GetElapsedTime(started));
    }

    /// <summary>Waits until the guest is at its prompt after a command.</summary>
    /// <exception cref="DialogueException">It did not come to it in time, or the guest ended.</exception>
    /// <exception cref="OperationCanceledException">The dialogue was given up.</exception>
    public void Settle()
    {
        if (settled)
            return;
        console.Pass(Await(promptAtEnd, console.Awaited).End);
        settled = true;
    }

    bool HasStatus()
    {
        if (console.HasShell is { } known)
            return known;
        string token = ShellScript.NewToken();
        long from = Type(ShellScript.Probe(token));
        Regex answer = new($@"(?<shell>{ShellScript.Mark(token)}:\d+\r?\n)|{promptOnLaterLine}", RegexOptions.Multiline);
        ConsoleMatch match = Await(answer, from);
        bool found = match.Match.Groups["shell"].Success;
        if (found)
            match = Await(promptAtEnd, match.End);
        console.Pass(match.End);
        console.HasShell = found;
        return found;
    }

    (string[] Output, int? Status) RunInShell()
    {
        string token = ShellScript.NewToken(), mark = ShellScript.Mark(token);
        long from = Type(ShellScript.Wrap(command, token));
        ConsoleMatch begin = Await(new($@"{mark}<\r?\n"), from);
        if (AwaitOrPowerOff(new($@"{mark}>(\d+)\r?\n"), begin.End) is not { } end)
            return (TerminalText.Lines(console.Buffer.ReadText(begin.End, console.Buffer.End)), null);
        string[] output = TerminalText.Lines(console.Buffer.ReadText(begin.End, end.Start));
        console.Pass(end.End);
        settled = false;
        return (output, int.Parse(end.Match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    string[] RunByLine()
    {
        List<string> output = [];
        foreach (string line in command.Split('\n'))
        {
            long from = Type(line + "\n");
            if (AwaitOrPowerOff(promptOnLaterLine, from) is null)
            {
                output.AddRange(TerminalText.Lines(console.Buffer.ReadText(from, console.Buffer.End)).Skip(1));
                break;
            }
            long end = WaitForRestingPrompt(promptOnLaterLine, from);
            // The first line is the echo, the last one the prompt.
            string[] printed = TerminalText.Lines(console.Buffer.ReadText(from, end));
            output.AddRange(printed.Skip(1).SkipLast(1));
        }
        return [.. output];
    }

    long Type(string text) => console.Send(Encoding.UTF8.GetBytes(text));

    /// <summary>Waits until the prompt is the last thing that was printed and the guest waits. Returns the position behind it.</summary>
    long WaitForRestingPrompt(Regex pattern, long from)
    {
        IdleWatch watch = new(guest);
        long end = -1, since = 0;
        while (true)
        {
            ConsoleMatch match = Await(pattern, from);
            if (match.End != end)
                (end, since) = (match.End, Stopwatch.GetTimestamp());
            else if (watch.Look() >= IdleAtPrompt || Stopwatch.GetElapsedTime(since) >= SilentAtPrompt)
                break;
            console.Buffer.WaitForOutput(end, LookInterval, stopping);
        }
        console.Pass(end);
        return end;
    }

    ConsoleMatch Await(Regex pattern, long from) => Look(pattern, from) ?? throw Missed();

    // Null: the guest has powered itself off, which may be what the command is for.
    ConsoleMatch? AwaitOrPowerOff(Regex pattern, long from)
    {
        if (Look(pattern, from) is { } match)
            return match;
        return guest.Run is null && guest.ExitReason?.Kind == GuestExitKind.PowerOff ? null : throw Missed();
    }

    ConsoleMatch? Look(Regex pattern, long from) => console.Buffer.WaitForMatch(pattern, from, deadline.Left ?? Timeout.InfiniteTimeSpan, stopping);

    DialogueException Missed() =>
        new DialogueException(guest.Run is not null ? Errors.CommandTimedOut(guest, command, timeoutSeconds ?? 0)
            : guest.ExitReason is null ? Errors.GuestNotRunning(guest)
            : Errors.GuestEnded(guest));
}

/// <summary>A dialogue on a console came to nothing.</summary>
sealed class DialogueException(ErrorRecord error) : Exception(error.Exception.Message)
{
    /// <summary>What the user is told.</summary>
    public ErrorRecord Error { get; } = error;
}
