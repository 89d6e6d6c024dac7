using System.Management.Automation;
using LguestPS.Completion;

namespace LguestPS.Commands;

/// <summary>Gives guests another name, whether they run or not.</summary>
[Cmdlet(VerbsCommon.Rename, "LguestGuest", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class RenameLguestGuest : GuestCmdlet
{
    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByGuest, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ByName, ValueFromPipeline = true)]   // so that a word may stand at position 0 when guests are piped
    [ValidateNotNullOrEmpty]
    public override LguestGuest[] Guest { get; set; } = [];

    /// <summary>The new name. It must not contain wildcard characters, and no other guest may have it.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true), ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    /// <summary>Passes the guests on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        string? name = WordBesidePipedGuests ?? NewName;
        if (name is null)
            ThrowTerminatingError(Errors.ParameterMissing(nameof(NewName)));
        if (ShouldProcess(guest.Name, string.Format(Messages.ActionRename, name)) && !TryRename(guest, name!))
            return;
        if (PassThru)
            WriteObject(guest);
    }
}
