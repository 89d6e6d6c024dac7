using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Turns guests off, as their power switch would: disks are flushed and everything is closed.</summary>
[Cmdlet(VerbsLifecycle.Stop, "LguestGuest", DefaultParameterSetName = ByName, SupportsShouldProcess = true)]
[OutputType(typeof(LguestGuest), typeof(GuestOperationJob))]
public sealed class StopLguestGuest : GuestOperationCmdlet
{
    /// <summary>Says that the guest is turned off and not asked to shut down, which is what happens in any case; for those who write Stop-VM -TurnOff.</summary>
    [Parameter]
    public SwitchParameter TurnOff { get; set; }

    /// <summary>Asks no question, whatever the preference says.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        if (guest.State == GuestState.Off)
        {
            WriteWarning(string.Format(Messages.AlreadyInState, guest.Name, guest.State));
            if (PassThru)
                WriteObject(guest);
        }
        else if (ShouldProcessUnlessForced(guest, Messages.ActionStop, Force))
            Run(guest);
    }

    private protected override ErrorRecord? Operate(LguestGuest guest, CancellationToken cancellation)
    {
        guest.RequestStop()?.Completion.Wait(cancellation);
        return null;
    }
}
