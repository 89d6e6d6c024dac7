using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Turns guests off, as their power switch would: disks are flushed and everything is closed.</summary>
[Cmdlet(VerbsLifecycle.Stop, "LguestGuest", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class StopLguestGuest : GuestCmdlet
{
    /// <summary>Passes the guests on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        if (guest.State == GuestState.Off)
            WriteWarning(string.Format(Messages.AlreadyInState, guest.Name, guest.State));
        else if (ShouldProcess(guest.Name, Messages.ActionStop))
            TurnOff(guest);
        if (PassThru)
            WriteObject(guest);
    }
}
