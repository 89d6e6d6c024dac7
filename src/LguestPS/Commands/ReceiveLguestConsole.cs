using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Gets what guests have printed since it was last received.</summary>
[Cmdlet(VerbsCommunications.Receive, "LguestConsole", DefaultParameterSetName = ByName), OutputType(typeof(string))]
public sealed class ReceiveLguestConsole : GuestCmdlet
{
    /// <summary>From the start of the run, whether received before or not.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Leaves the text to be received again.</summary>
    [Parameter]
    public SwitchParameter Keep { get; set; }

    /// <summary>One string with the line ends that the guest printed, instead of a string a line.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        string text = guest.Console.Receive(All, Keep);
        if (text.Length == 0)
            return;
        if (Raw)
        {
            WriteObject(text);
            return;
        }
        string[] lines = text.Split('\n');
        // What follows the last line end is a line only if there is something: a prompt.
        int count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        foreach (string line in lines.AsSpan(0, count))
            WriteObject(line.TrimEnd('\r'));
    }
}
