using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Pauses running guests between two instructions. Their time stands still until they are resumed.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "LguestGuest", DefaultParameterSetName = ByName, SupportsShouldProcess = true)]
[OutputType(typeof(LguestGuest), typeof(GuestOperationJob))]
public sealed class SuspendLguestGuest : GuestOperationCmdlet
{
    private protected override void ProcessGuest(LguestGuest guest)
    {
        switch (guest.State)
        {
            case GuestState.Paused:
                WriteWarning(string.Format(Messages.AlreadyInState, guest.Name, guest.State));
                if (PassThru)
                    WriteObject(guest);
                break;
            case GuestState.Running when ShouldProcess(guest.Name, Messages.ActionSuspend):
                Run(guest);
                break;
            case GuestState.Running:
                break;
            default:
                WriteError(Errors.GuestNotRunning(guest));
                break;
        }
    }

    private protected override ErrorRecord? Operate(LguestGuest guest, CancellationToken cancellation) =>
        guest.Suspend(cancellation) ? null : Errors.GuestNotRunning(guest);
}
