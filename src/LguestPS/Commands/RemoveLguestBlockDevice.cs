using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Removes disks from guests that are off; the devices behind them move up a slot.</summary>
[Cmdlet(VerbsCommon.Remove, "LguestBlockDevice", DefaultParameterSetName = ByDevice, SupportsShouldProcess = true), OutputType(typeof(LguestBlockDevice))]
public sealed class RemoveLguestBlockDevice : ChangeDeviceCmdlet<LguestBlockDevice>
{
    /// <summary>The devices, as Get-LguestBlockDevice gives them.</summary>
    [Parameter(ParameterSetName = ByDevice, Mandatory = true, Position = 0, ValueFromPipeline = true), ValidateNotNullOrEmpty]
    public LguestBlockDevice[] BlockDevice { get; set; } = [];

    private protected override LguestBlockDevice[] Given => BlockDevice;

    private protected override string Action(LguestBlockDevice device) => string.Format(Messages.ActionRemoveDevice, device.Slot, LguestDevice.Describe(device.Settings!));

    private protected override bool Change(LguestBlockDevice device) => device.Guest.TryRemoveDevice(device);
}
