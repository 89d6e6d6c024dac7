using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>A cmdlet that does to guests something that takes a moment, and can leave that to a job.</summary>
public abstract class GuestOperationCmdlet : GuestCmdlet
{
    /// <summary>Puts out a job for each guest, and returns at once. The job is done when the cmdlet would be.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Passes the guests on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Does it to a guest, and waits until it is done. Called on another thread for a job.</summary>
    /// <returns>What went wrong.</returns>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    private protected abstract ErrorRecord? Operate(LguestGuest guest, CancellationToken cancellation);

    /// <summary>Operates on a guest, here or in a job, and passes it on if that is wanted.</summary>
    private protected void Run(LguestGuest guest)
    {
        if (AsJob)
        {
            GuestOperationJob job = new(guest, MyInvocation.Line, cancellation => Operate(guest, cancellation), PassThru);
            JobRepository.Add(job);
            WriteObject(job);
            return;
        }
        try
        {
            if (Operate(guest, StopToken) is { } error)
            {
                WriteError(error);
                return;
            }
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        if (PassThru)
            WriteObject(guest);
    }
}
