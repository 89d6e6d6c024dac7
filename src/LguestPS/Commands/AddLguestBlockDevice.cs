using System.Management.Automation;
using LguestPS.Completion;
using LguestPS.Emulator.Devices;
using LguestPS.Rows;

namespace LguestPS.Commands;

/// <summary>Adds a disk to guests that are off.</summary>
[Cmdlet(VerbsCommon.Add, "LguestBlockDevice", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class AddLguestBlockDevice : AddDeviceCmdlet
{
    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("GuestName"), SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByGuest, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ByName, ValueFromPipeline = true)]   // so that a word may stand at position 0 when guests are piped
    [ValidateNotNullOrEmpty]
    public override LguestGuest[] Guest { get; set; } = [];

    /// <summary>The disk image, a file or a block device; its size must be a multiple of 512 bytes.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("DiskPath"), AllowEmptyString]
    public string? Path { get; set; }

    /// <summary>The guest may not write to it, and is told so.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), SwitchText]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>What the guest writes is kept in memory and thrown away when it ends; the image stays as it is.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), SwitchText]
    public SwitchParameter Snapshot { get; set; }

    private protected override string[] Decisive => [nameof(Path), "DiskPath"];

    private protected override DeviceSettings? CreateSettings(LguestGuest guest)
    {
        string? path = WordBesidePipedGuests ?? Path;
        if (!string.IsNullOrWhiteSpace(path))
            return BlockDeviceSettings.Open(ResolveExistingFile(path, "DiskNotFound"), OfThisDevice(nameof(ReadOnly), ReadOnly), OfThisDevice(nameof(Snapshot), Snapshot));
        if (!RowLeavesOut(guest, path))
            ThrowTerminatingError(Errors.ParameterMissing(nameof(Path)));
        return null;
    }
}
