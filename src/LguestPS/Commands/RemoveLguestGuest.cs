using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Removes guests from the session. Their disks stay as they are.</summary>
[Cmdlet(VerbsCommon.Remove, "LguestGuest", DefaultParameterSetName = ByName, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High), OutputType(typeof(LguestGuest))]
public sealed class RemoveLguestGuest : GuestCmdlet
{
    /// <summary>Asks no question, and turns a running guest off first; without it a running guest is refused.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Passes the removed guests on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        if (guest.State != GuestState.Off && !Force)
        {
            WriteError(Errors.GuestRunning(guest));
            return;
        }
        if (!ShouldProcessUnlessForced(guest, Messages.ActionRemove, Force))
            return;
        EndGuest(guest);
        if (!guest.TryRetire())
        {
            WriteError(Errors.GuestRunning(guest));
            return;
        }
        GuestTable.Process.Remove(guest);
        if (PassThru)
            WriteObject(guest);
    }
}
