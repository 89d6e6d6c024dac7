using System.Management.Automation;
using System.Text.RegularExpressions;
using LguestPS.Completion;

namespace LguestPS.Commands;

/// <summary>Waits until guests end, print something on their consoles, or have nothing to do. Ctrl+C ends the wait, not the guests.</summary>
[Cmdlet(VerbsLifecycle.Wait, "LguestGuest", DefaultParameterSetName = NameExit), OutputType(typeof(LguestGuest))]
public sealed class WaitLguestGuest : GuestCmdlet
{
    const string NameExit = "NameExit", NameConsole = "NameConsole", NameIdle = "NameIdle";
    const string GuestExit = "GuestExit", GuestConsole = "GuestConsole", GuestIdle = "GuestIdle";

    // Verbose lines, warnings and progress are handed on this often while a wait goes on.
    static readonly TimeSpan RelayInterval = TimeSpan.FromMilliseconds(200);

    readonly List<GuestWait> waits = [];
    Regex? pattern;

    /// <inheritdoc/>
    [Parameter(ParameterSetName = NameExit, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = NameConsole, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = NameIdle, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = GuestExit, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = GuestConsole, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = GuestIdle, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public override LguestGuest[] Guest { get; set; } = [];

    /// <summary>What the console has to print, as a regular expression. Only what comes after the last match, and after the last text sent, counts.</summary>
    [Parameter(ParameterSetName = NameConsole, Mandatory = true)]
    [Parameter(ParameterSetName = GuestConsole, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? Console { get; set; }

    /// <summary>Takes <see cref="Console"/> literally.</summary>
    [Parameter(ParameterSetName = NameConsole)]
    [Parameter(ParameterSetName = GuestConsole)]
    public SwitchParameter SimpleMatch { get; set; }

    /// <summary>Waits until the guests have ended. This is what is waited for when nothing else is said.</summary>
    [Parameter(ParameterSetName = NameExit)]
    [Parameter(ParameterSetName = GuestExit)]
    public SwitchParameter Exit { get; set; }

    /// <summary>Waits until the guests have nothing to do: their processors are halted, but for their timers, and their devices are at rest.</summary>
    [Parameter(ParameterSetName = NameIdle, Mandatory = true)]
    [Parameter(ParameterSetName = GuestIdle, Mandatory = true)]
    public SwitchParameter Idle { get; set; }

    /// <summary>For how long they must have had nothing to do.</summary>
    [Parameter(ParameterSetName = NameIdle)]
    [Parameter(ParameterSetName = GuestIdle)]
    [ValidateRange(0.01, 3600.0)]
    public double IdleSeconds { get; set; } = 1;

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
        if (Console is not null)
            pattern = ParsePattern(Console, SimpleMatch);
    }

    // All have to come in first: waiting for one while the next is still to be started would make a fleet boot in single file.
    private protected override void ProcessGuest(LguestGuest guest) => waits.Add(
        pattern is not null ? new ConsoleWait(guest, pattern, Console!)
        : Idle ? new IdleWait(guest, TimeSpan.FromSeconds(IdleSeconds))
        : new ExitWait(guest));

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Deadline deadline = new(TimeoutSeconds);
        try
        {
            while (waits.Count > 0)
            {
                bool expired = deadline.IsOver;   // looked at first: also a wait of no time looks at every guest
                TimeSpan step = deadline.Limit(RelayInterval);
                for (int i = 0; i < waits.Count;)
                {
                    if (IsOver(waits[i], i == 0 ? step : TimeSpan.Zero, expired))
                        waits.RemoveAt(i);
                    else
                        i++;
                }
                if (waits.Count > 0)
                    ShowWaiting(deadline);
            }
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        EndProgress();
    }

    // Waits a step, and tells the user if that was the end of the wait, well or not.
    bool IsOver(GuestWait wait, TimeSpan step, bool expired)
    {
        GuestRun? run = wait.Guest.Run;
        WaitProgress progress = wait.Continue(step, StopToken);
        RelayMessages(run);
        switch (progress)
        {
            case WaitProgress.Done:
                if (PassThru)
                    WriteObject(wait.Guest);
                return true;
            case WaitProgress.Missed:
                WriteError(wait.Guest.ExitReason is null ? Errors.GuestNotRunning(wait.Guest) : Errors.GuestEnded(wait.Guest));
                return true;
            case WaitProgress.Pending when expired:
                WriteError(Errors.WaitTimedOut(wait.Guest, wait.Awaited, TimeoutSeconds!.Value));
                return true;
            default:
                return false;
        }
    }

    void ShowWaiting(Deadline deadline)
    {
        GuestWait next = waits[0];
        string activity = waits.Count == 1
            ? string.Format(Messages.ProgressWaiting, next.Guest.Name, next.Awaited)
            : string.Format(Messages.ProgressWaitingForSeveral, next.Guest.Name, waits.Count - 1, next.Awaited);
        ShowProgress(activity, next.Guest.Console.LastLine, deadline);
    }
}
