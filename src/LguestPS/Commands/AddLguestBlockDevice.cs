using System.Management.Automation;
using LguestPS.Completion;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>Adds a disk to guests that are off.</summary>
[Cmdlet(VerbsCommon.Add, "LguestBlockDevice", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class AddLguestBlockDevice : AddDeviceCmdlet
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

    /// <summary>The disk image, a file or a block device; its size must be a multiple of 512 bytes.</summary>
    [Parameter(ParameterSetName = ByName, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = ByGuest, Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("DiskPath"), ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The guest may not write to it, and is told so.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>What the guest writes is kept in memory and thrown away when it ends; the image stays as it is.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Snapshot { get; set; }

    private protected override DeviceSettings CreateSettings()
    {
        string? path = Path.Length > 0 ? Path : WordBesidePipedGuests;
        if (path is null)
            ThrowTerminatingError(Errors.ParameterMissing(nameof(Path)));
        return BlockDeviceSettings.Open(ResolveExistingFile(path!, "DiskNotFound"), ReadOnly, Snapshot);
    }
}
