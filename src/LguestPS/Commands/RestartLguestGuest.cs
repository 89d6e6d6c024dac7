using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Turns running guests off and starts them anew.</summary>
[Cmdlet(VerbsLifecycle.Restart, "LguestGuest", DefaultParameterSetName = ByName, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(LguestGuest), typeof(GuestJob))]
public sealed class RestartLguestGuest : GuestCmdlet
{
    /// <summary>Asks no question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Puts out a job for each guest's new run, as <c>Start-LguestGuest -AsJob</c> does.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Passes the guests on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        if (guest.State == GuestState.Off)
        {
            WriteError(Errors.GuestNotRunning(guest));
            return;
        }
        if (!ShouldProcessUnlessForced(guest, Messages.ActionRestart, Force))
            return;
        EndGuest(guest);
        GuestRun? run = TurnOn(guest);
        if (AsJob && run is not null)
            WriteJob(guest, run);
        else if (PassThru)
            WriteObject(guest);
    }
}
