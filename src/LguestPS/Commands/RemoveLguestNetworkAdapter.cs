using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Removes network cards from guests that are off; the devices behind them move up a slot.</summary>
[Cmdlet(VerbsCommon.Remove, "LguestNetworkAdapter", DefaultParameterSetName = ByDevice, SupportsShouldProcess = true), OutputType(typeof(LguestNetworkAdapter))]
public sealed class RemoveLguestNetworkAdapter : ChangeDeviceCmdlet<LguestNetworkAdapter>
{
    /// <summary>The devices, as Get-LguestNetworkAdapter gives them.</summary>
    [Parameter(ParameterSetName = ByDevice, Mandatory = true, Position = 0, ValueFromPipeline = true), ValidateNotNullOrEmpty]
    public LguestNetworkAdapter[] NetworkAdapter { get; set; } = [];

    private protected override LguestNetworkAdapter[] Given => NetworkAdapter;

    private protected override string Action(LguestNetworkAdapter device) => string.Format(Messages.ActionRemoveDevice, device.Slot, LguestDevice.Describe(device.Settings!));

    private protected override bool Change(LguestNetworkAdapter device) => device.Guest.TryRemoveDevice(device);
}
