using System.Management.Automation;
using System.Text;
using LguestPS.Completion;

namespace LguestPS.Commands;

/// <summary>Types text on the consoles of running guests.</summary>
[Cmdlet(VerbsCommunications.Send, "LguestConsole", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class SendLguestConsole : GuestCmdlet
{
    readonly List<byte[]> keys = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByGuest, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ByName, ValueFromPipeline = true)]   // so that a word may stand at position 0 when guests are piped
    [ValidateNotNullOrEmpty]
    public override LguestGuest[] Guest { get; set; } = [];

    /// <summary>What to type, as it is: a line needs its <c>`n</c>.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true), AllowEmptyString]
    public string? Text { get; set; }

    /// <summary>Keys to press after that, by name: Enter, Up, F1, Ctrl+C and others.</summary>
    [Parameter, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(ConsoleKeyCompleter))]
    public string[] Key { get; set; } = [];

    /// <summary>Passes the guests on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        foreach (string name in Key)
        {
            if (ConsoleKeys.Find(name) is not { } bytes)
            {
                ThrowTerminatingError(Errors.NoSuchKey(name));
                return;
            }
            keys.Add(bytes);
        }
    }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        string? text = Text ?? WordBesidePipedGuests;
        if (text is null && keys.Count == 0)
            ThrowTerminatingError(Errors.ParameterMissing(nameof(Text)));
        if (guest.Run is null)
        {
            WriteError(Errors.GuestNotRunning(guest));
            return;
        }
        if (ShouldProcess(guest.Name, Messages.ActionSend))
        {
            guest.Console.Send(Encoding.UTF8.GetBytes(text ?? ""));
            foreach (byte[] key in keys)
                guest.Console.Send(key);   // each alone, as when it is pressed
        }
        if (PassThru)
            WriteObject(guest);
    }
}
