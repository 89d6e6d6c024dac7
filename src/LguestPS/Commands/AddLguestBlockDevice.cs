using System.Management.Automation;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>Adds a disk to guests that are off.</summary>
[Cmdlet(VerbsCommon.Add, "LguestBlockDevice", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class AddLguestBlockDevice : AddDeviceCmdlet
{
    /// <summary>The disk image, a file or a block device; its size must be a multiple of 512 bytes.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true), Alias("DiskPath"), ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The guest may not write to it, and is told so.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>What the guest writes is kept in memory and thrown away when it ends; the image stays as it is.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Snapshot { get; set; }

    private protected override DeviceSettings CreateSettings() => BlockDeviceSettings.Open(ResolveExistingFile(Path, "DiskNotFound"), ReadOnly, Snapshot);
}
