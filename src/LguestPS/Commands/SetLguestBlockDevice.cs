using System.Management.Automation;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>Changes disks of guests that are off: another image, or how the guest may use it.</summary>
[Cmdlet(VerbsCommon.Set, "LguestBlockDevice", DefaultParameterSetName = ByDevice, SupportsShouldProcess = true), OutputType(typeof(LguestBlockDevice))]
public sealed class SetLguestBlockDevice : ChangeDeviceCmdlet<LguestBlockDevice>
{
    /// <summary>The disks, as Get-LguestBlockDevice gives them.</summary>
    [Parameter(ParameterSetName = ByDevice, Mandatory = true, Position = 0, ValueFromPipeline = true), ValidateNotNullOrEmpty]
    public LguestBlockDevice[] BlockDevice { get; set; } = [];

    /// <summary>Another image, a file or a block device; its size must be a multiple of 512 bytes.</summary>
    [Parameter, Alias("DiskPath"), ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The guest may not write to it, and is told so; with <c>:$false</c> it may.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>What the guest writes is kept in memory and thrown away when it ends; with <c>:$false</c> it goes to the image.</summary>
    [Parameter]
    public SwitchParameter Snapshot { get; set; }

    private protected override LguestBlockDevice[] Given => BlockDevice;

    private protected override string Action(LguestBlockDevice device) => string.Format(Messages.ActionSetDevice, device.Slot, LguestDevice.Describe(NewSettings(device)));

    private protected override bool Change(LguestBlockDevice device) => device.Guest.TryReplaceDevice(device, NewSettings(device));

    BlockDeviceSettings NewSettings(LguestBlockDevice device) => WithHost(device, () => BlockDeviceSettings.Open(
        Path is null ? device.Path : ResolveExistingFile(Path, "DiskNotFound"),
        MyInvocation.BoundParameters.ContainsKey(nameof(ReadOnly)) ? ReadOnly : device.ReadOnly,
        MyInvocation.BoundParameters.ContainsKey(nameof(Snapshot)) ? Snapshot : device.Snapshot));
}
