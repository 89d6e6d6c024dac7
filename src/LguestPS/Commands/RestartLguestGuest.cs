using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Turns running guests off and starts them anew.</summary>
[Cmdlet(VerbsLifecycle.Restart, "LguestGuest", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class RestartLguestGuest : GuestCmdlet
{
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
        if (ShouldProcess(guest.Name, Messages.ActionRestart))
        {
            TurnOff(guest);
            TurnOn(guest);
        }
        if (PassThru)
            WriteObject(guest);
    }
}
