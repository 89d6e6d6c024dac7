using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;

namespace LguestPS;

/// <summary>One run of a guest: a machine, and the runspace of the guest's name in whose pipeline its loop runs.</summary>
/// <remarks>The machine's messages become records of that pipeline's streams, from where a job, or the next cmdlet that has to do with the guest, reads them.</remarks>
sealed class GuestRun : IMachineLog
{
    readonly Machine machine;
    readonly Runspace runspace;
    readonly PowerShell pipeline;   // not disposed: it would take the streams along, which are read after the end
    readonly TaskCompletionSource<GuestExit> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource ended = new();
    readonly Stopwatch watch = Stopwatch.StartNew();
    readonly Func<DriverViolation, bool> violated;
    readonly TimelineRecorder timeline;
    readonly bool warnsOfViolations;
    long measuredInstructions;   // at the last measure, as is the next
    TimeSpan measuredAt;
    readonly TranscriptFile? transcript;
    Action<string>? loading;

    /// <summary>Opens what the guest needs, loads its memory and makes its runspace; nothing runs yet, and on failure nothing stays open.</summary>
    /// <exception cref="HostResourceException">The host does not have something.</exception>
    /// <param name="definition">The guest.</param>
    /// <param name="console">Its console.</param>
    /// <param name="timeline">Records its course.</param>
    /// <param name="violated">Told of broken rules that the guest survives; answers whether it is the first time.</param>
    /// <param name="verbose">Whether verbose lines are to be made.</param>
    /// <param name="loading">Told of each file before it is loaded, on the calling thread and not after this has returned.</param>
    public GuestRun(
        GuestDefinition definition, ConsoleBuffer console, TimelineRecorder timeline, Func<DriverViolation, bool> violated, bool verbose, Action<string>? loading = null)
    {
        this.timeline = timeline;
        this.violated = violated;
        warnsOfViolations = definition.OnViolation == ViolationAction.Warn;
        IsVerbose = verbose;
        this.loading = loading;
        machine = new Machine(definition, console, this);
        this.loading = null;
        try
        {
            if (definition.TranscriptPath is { } path)
                transcript = TranscriptFile.Create(path, console);
            // The loop is the only command there: nothing else of PowerShell is needed, and an empty runspace opens in no time.
            InitialSessionState commands = InitialSessionState.Create();
            commands.Commands.Add(new SessionStateCmdletEntry(GuestLoop.CommandName, typeof(GuestLoop), null));
            runspace = RunspaceFactory.CreateRunspace(commands);
            runspace.Name = definition.Name;
            runspace.ThreadOptions = PSThreadOptions.UseNewThread;
            runspace.Open();
            pipeline = PowerShell.Create();
            pipeline.Runspace = runspace;
            pipeline.Streams.Verbose = Verbose;
            pipeline.Streams.Warning = Warning;
            pipeline.Streams.Error = Error;
            pipeline.AddCommand(GuestLoop.CommandName).AddParameter(nameof(GuestLoop.Machine), machine);
        }
        catch
        {
            runspace?.Dispose();
            machine.Dispose();
            transcript?.Dispose();
            throw;
        }
    }

    /// <summary>What the loop puts out: how it ended.</summary>
    public PSDataCollection<PSObject> Output { get; } = [];

    /// <summary>The launcher's verbose lines.</summary>
    public PSDataCollection<VerboseRecord> Verbose { get; } = [];

    /// <summary>Its warnings.</summary>
    public PSDataCollection<WarningRecord> Warning { get; } = [];

    /// <summary>Why the guest died, where it did not end in peace.</summary>
    public PSDataCollection<ErrorRecord> Error { get; } = [];

    /// <summary>Done when the guest has ended, what it held is closed and its runspace is gone. Never fails.</summary>
    public Task<GuestExit> Completion => completion.Task;

    /// <summary>Cancelled when the guest has ended.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>How long the run has lasted, without the time that it was paused.</summary>
    public TimeSpan Uptime => watch.Elapsed;

    /// <summary>What the machine has counted.</summary>
    public MachineCounters Counters => machine.Counters;

    /// <summary>What tells a guest that is idle from one that works.</summary>
    public MachineIdleness Idleness => machine.Idleness;

    /// <summary>Whether a job reads the streams; if none does, cmdlets do.</summary>
    public bool HasJob { get; set; }

    /// <inheritdoc/>
    public bool IsVerbose { get; }

    /// <summary>Lets the loop run in the runspace's pipeline. Returns at once.</summary>
    /// <param name="tell">Told how it ended, before <see cref="Completion"/> is done.</param>
    public void Begin(Action<GuestExit> tell)
    {
        timeline.Begin(machine);
        _ = RunToEnd(tell);
    }

    /// <summary>Measures the run, which may be over.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="platform">The machine that it runs on.</param>
    public GuestMeasurement Measure(LguestGuest guest, GuestPlatform platform)
    {
        MachineActivity activity = machine.Measure();
        TimeSpan uptime = Uptime, interval;
        long instructions;
        lock (machine)
        {
            (interval, measuredAt) = (uptime - measuredAt, uptime);
            (instructions, measuredInstructions) = (activity.Instructions - measuredInstructions, activity.Instructions);
        }
        return new(guest, platform, activity, uptime, interval, instructions);
    }

    /// <summary>The course of the run, which may be over.</summary>
    public GuestTimeline ReadTimeline(string guestName) => new(guestName, [.. machine.Measure().Devices.Select(device => device.Kind)], timeline);

    /// <summary>Turns the guest off. Returns at once.</summary>
    public void Stop() => machine.Stop();

    /// <summary>Halts the guest between two instructions. False: it ended before that.</summary>
    /// <exception cref="OperationCanceledException">The wait for it was given up; the guest halts all the same.</exception>
    public bool Pause(CancellationToken cancellation)
    {
        watch.Stop();
        return machine.Pause(cancellation);
    }

    /// <summary>Lets a halted guest go on.</summary>
    public void Resume()
    {
        watch.Start();
        machine.Resume();
    }

    /// <summary>Gives the runspace the guest's new name.</summary>
    public void Rename(string name) => runspace.Name = name;

    async Task RunToEnd(Action<GuestExit> tell)
    {
        GuestExit exit;
        try
        {
            // The end is awaited on another thread than the pipeline's, which must be free for the runspace to be closed.
            await Task.Factory.FromAsync(pipeline.BeginInvoke<PSObject, PSObject>(null, Output), pipeline.EndInvoke).ConfigureAwait(false);
            exit = Output.Count > 0 && Output[^1].BaseObject is GuestExit end ? end : new(GuestExitKind.HostError, Messages.LoopWithoutEnd);
        }
        catch (Exception failure)
        {
            exit = failure is PipelineStoppedException
                ? new(GuestExitKind.Stopped, Messages.GuestStopped)
                : new(GuestExitKind.HostError, failure.Message, Error: failure);
        }
        machine.Dispose();
        CloseTranscript();
        runspace.Dispose();
        watch.Stop();
        tell(exit);
        ended.Cancel();
        completion.SetResult(exit);
    }

    void CloseTranscript()
    {
        transcript?.Dispose();
        if (transcript?.Gap is { } gap)
            Warning.Add(new WarningRecord(gap));
    }

    void IMachineLog.Loading(string path) => loading?.Invoke(path);

    // Lines come from the queues' threads too, where a cmdlet may not write; the streams take them from anywhere.
    void IMachineLog.Verbose(string line) => Verbose.Add(new VerboseRecord(line));

    void IMachineLog.Warn(string line) => Warning.Add(new WarningRecord(line));

    void IMachineLog.Violation(DriverViolation violation)
    {
        // A driver in a loop may break a rule thousands of times a second: it is told once.
        if (violated(violation) && warnsOfViolations)
            Warning.Add(new WarningRecord(violation.Message));
    }

    void IMachineLog.Restarting()
    {
        timeline.Add(TimelineMarkKind.Restart, Messages.GuestRestarting);
        if (IsVerbose)
            Verbose.Add(new VerboseRecord(Messages.GuestRestarting));
    }
}
