using System.Management.Automation;
using LguestPS.Emulator.Launcher;

namespace LguestPS;

/// <summary>A run of a guest as a PowerShell job: its streams are those of the guest's runspace, it ends when the guest does, and stopping it turns the guest off.</summary>
public sealed class GuestJob : Job
{
    readonly GuestRun run;

    internal GuestJob(LguestGuest guest, GuestRun run, string command) : base(command, guest.Name)
    {
        Guest = guest;
        this.run = run;
        PSJobTypeName = nameof(GuestJob);
        Output = run.Output;
        Verbose = run.Verbose;
        Warning = run.Warning;
        Error = run.Error;
        run.HasJob = true;
        SetJobState(JobState.Running);
        run.Completion.ContinueWith(ended => SetJobState(StateAfter(ended.Result.Kind)), TaskScheduler.Default);
    }

    /// <summary>The guest that runs.</summary>
    public LguestGuest Guest { get; }

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count > 0 || Verbose.Count > 0 || Warning.Count > 0 || Error.Count > 0;

    /// <inheritdoc/>
    public override string Location => Environment.MachineName;

    /// <summary>The guest's state, and how it ended once it has.</summary>
    public override string StatusMessage => Guest.ExitReason?.Message ?? Guest.State.ToString();

    /// <inheritdoc/>
    public override void StopJob()
    {
        run.Stop();
        Finished.WaitOne();
    }

    static JobState StateAfter(GuestExitKind kind) => kind switch
    {
        GuestExitKind.PowerOff => JobState.Completed,
        GuestExitKind.Stopped => JobState.Stopped,
        _ => JobState.Failed,
    };
}
