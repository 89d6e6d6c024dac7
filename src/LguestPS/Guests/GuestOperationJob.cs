using System.Management.Automation;

namespace LguestPS;

/// <summary>Something that is done to a guest, as a PowerShell job. Stopping the job gives up waiting for it.</summary>
public sealed class GuestOperationJob : Job
{
    readonly CancellationTokenSource stopping = new();

    internal GuestOperationJob(LguestGuest guest, string command, Func<CancellationToken, ErrorRecord?> operation, bool passThru) : base(command, guest.Name)
    {
        Guest = guest;
        PSJobTypeName = "GuestOperation";   // as long a name as Get-Job shows
        SetJobState(JobState.Running);
        // Not the thread of the cmdlet, which returns; and not one of the pool, which a wait would hold.
        Task.Factory.StartNew(() => Run(operation, passThru), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The guest that it is done to.</summary>
    public LguestGuest Guest { get; }

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0;

    /// <inheritdoc/>
    public override string Location => Environment.MachineName;

    /// <summary>The guest's state.</summary>
    public override string StatusMessage => Guest.State.ToString();

    /// <inheritdoc/>
    public override void StopJob()
    {
        stopping.Cancel();
        Finished.WaitOne();
    }

    void Run(Func<CancellationToken, ErrorRecord?> operation, bool passThru)
    {
        try
        {
            if (operation(stopping.Token) is { } error)
            {
                Error.Add(error);
                SetJobState(JobState.Failed);
                return;
            }
            if (passThru)
                Output.Add(PSObject.AsPSObject(Guest));
            SetJobState(JobState.Completed);
        }
        catch (OperationCanceledException)
        {
            SetJobState(JobState.Stopped);
        }
    }
}
