using System.Management.Automation;
using System.Text;

namespace LguestPS.Commands;

/// <summary>Types text on the consoles of running guests.</summary>
[Cmdlet(VerbsCommunications.Send, "LguestConsole", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class SendLguestConsole : GuestCmdlet
{
    /// <summary>What to type, as it is: a line needs its <c>`n</c>.</summary>
    [Parameter(Mandatory = true, Position = 1), AllowEmptyString]
    public string Text { get; set; } = "";

    /// <summary>Passes the guests on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        if (guest.Run is null)
        {
            WriteError(Errors.GuestNotRunning(guest));
            return;
        }
        if (ShouldProcess(guest.Name, Messages.ActionSend))
            guest.Console.Send(Encoding.UTF8.GetBytes(Text));
        if (PassThru)
            WriteObject(guest);
    }
}
