using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Starts guests: loads their memory, opens their devices and lets each run in a runspace of its own.</summary>
[Cmdlet(VerbsLifecycle.Start, "LguestGuest", DefaultParameterSetName = ByName, SupportsShouldProcess = true)]
[OutputType(typeof(LguestGuest), typeof(GuestJob))]
public sealed class StartLguestGuest : GuestCmdlet
{
    /// <summary>Puts out a job for each guest instead of the guest. The job ends when the guest does; stopping the job turns the guest off.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>The guests are passed on in any case, so that the pipeline that built them can go on; for those who write Start-VM -Passthru.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        if (guest.State != GuestState.Off)
        {
            WriteWarning(string.Format(Messages.AlreadyInState, guest.Name, guest.State));
            if (!AsJob)
                WriteObject(guest);
            return;
        }
        if (!ShouldProcess(guest.Name, Messages.ActionStart))
            return;
        if (TurnOn(guest) is not { } run)
        {
            WriteError(Errors.GuestRemoved(guest));
            return;
        }
        if (AsJob)
        {
            WriteJob(guest, run);
            return;
        }
        WriteObject(guest);
    }
}
