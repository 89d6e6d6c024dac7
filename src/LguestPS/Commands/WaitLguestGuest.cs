using System.Management.Automation;
using System.Text.RegularExpressions;

namespace LguestPS.Commands;

/// <summary>Waits until guests print something on their consoles, or until they end. Ctrl+C ends the wait, not the guests.</summary>
[Cmdlet(VerbsLifecycle.Wait, "LguestGuest", DefaultParameterSetName = ByName), OutputType(typeof(LguestGuest))]
public sealed class WaitLguestGuest : GuestCmdlet
{
    // Verbose lines and warnings are handed on this often while a wait goes on.
    static readonly TimeSpan RelayInterval = TimeSpan.FromMilliseconds(200);

    readonly List<LguestGuest> guests = [];
    Regex? pattern;

    /// <summary>What the console has to print, as a regular expression. Only what comes after the last match, and after the last text sent, counts.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public string? Console { get; set; }

    /// <summary>Takes <see cref="Console"/> literally.</summary>
    [Parameter]
    public SwitchParameter SimpleMatch { get; set; }

    /// <summary>Waits until the guests have ended. This is what is waited for when nothing else is said.</summary>
    [Parameter]
    public SwitchParameter Exit { get; set; }

    /// <summary>How long to wait for all guests together; for ever without it.</summary>
    [Parameter, Alias("Timeout"), ValidateRange(0.0, int.MaxValue / 1000)]
    public double? TimeoutSeconds { get; set; }

    /// <summary>Passes on the guests that did what was waited for.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Console is null)
            return;
        if (Exit)
            ThrowTerminatingError(Errors.WaitForBoth());
        try
        {
            pattern = new Regex(SimpleMatch ? Regex.Escape(Console) : Console, RegexOptions.Multiline);
        }
        catch (ArgumentException notAPattern)
        {
            ThrowTerminatingError(Errors.BadPattern(Console, notAPattern));
        }
    }

    // All have to come in first: waiting for one while the next is still to be started would make a fleet boot in single file.
    private protected override void ProcessGuest(LguestGuest guest) => guests.Add(guest);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        long start = Environment.TickCount64;
        foreach (LguestGuest guest in guests)
        {
            TimeSpan Left() => TimeoutSeconds is { } seconds
                ? TimeSpan.FromSeconds(Math.Max(0, seconds - (Environment.TickCount64 - start) / 1000.0))
                : TimeSpan.MaxValue;
            if (WaitFor(guest, Left) && PassThru)
                WriteObject(guest);
        }
    }

    bool WaitFor(LguestGuest guest, Func<TimeSpan> left)
    {
        GuestRun? run = guest.Run;
        try
        {
            while (true)
            {
                TimeSpan remaining = left();
                TimeSpan step = remaining < RelayInterval ? remaining : RelayInterval;
                if (pattern is null)
                {
                    if (run is null || run.Completion.Wait((int)step.TotalMilliseconds, StopToken))
                        return true;
                }
                else
                {
                    if (guest.Console.WaitFor(pattern, step, StopToken))
                        return true;
                    if (guest.Run is null && !guest.Console.WaitFor(pattern, TimeSpan.Zero, StopToken))
                    {
                        WriteError(guest.ExitReason is null ? Errors.GuestNotRunning(guest) : Errors.GuestEnded(guest));
                        return false;
                    }
                }
                RelayMessages(run);
                if (remaining > TimeSpan.Zero)
                    continue;
                WriteError(Errors.WaitTimedOut(guest, Console ?? Messages.AwaitedEnd, TimeoutSeconds!.Value));
                return false;
            }
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            if (!StopToken.IsCancellationRequested)
                RelayMessages(run);
        }
    }
}
