using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Lets paused guests go on.</summary>
[Cmdlet(VerbsLifecycle.Resume, "LguestGuest", DefaultParameterSetName = ByName, SupportsShouldProcess = true)]
[OutputType(typeof(LguestGuest), typeof(GuestOperationJob))]
public sealed class ResumeLguestGuest : GuestOperationCmdlet
{
    private protected override void ProcessGuest(LguestGuest guest)
    {
        switch (guest.State)
        {
            case GuestState.Running:
                WriteWarning(string.Format(Messages.AlreadyInState, guest.Name, guest.State));
                if (PassThru)
                    WriteObject(guest);
                break;
            case GuestState.Paused when ShouldProcess(guest.Name, Messages.ActionResume):
                Run(guest);
                break;
            case GuestState.Paused:
                break;
            default:
                WriteError(Errors.GuestNotPaused(guest));
                break;
        }
    }

    private protected override ErrorRecord? Operate(LguestGuest guest, CancellationToken cancellation) => guest.Resume() ? null : Errors.GuestNotPaused(guest);
}
