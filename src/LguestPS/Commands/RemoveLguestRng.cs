using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Removes entropy sources from guests that are off; the devices behind them move up a slot.</summary>
[Cmdlet(VerbsCommon.Remove, "LguestRng", DefaultParameterSetName = ByDevice, SupportsShouldProcess = true), OutputType(typeof(LguestRng))]
public sealed class RemoveLguestRng : ChangeDeviceCmdlet<LguestRng>
{
    /// <summary>The devices, as Get-LguestRng gives them.</summary>
    [Parameter(ParameterSetName = ByDevice, Mandatory = true, Position = 0, ValueFromPipeline = true), ValidateNotNullOrEmpty]
    public LguestRng[] Rng { get; set; } = [];

    private protected override LguestRng[] Given => Rng;

    private protected override string Action(LguestRng device) => string.Format(Messages.ActionRemoveDevice, device.Slot, LguestDevice.Describe(device.Settings!));

    private protected override bool Change(LguestRng device) => device.Guest.TryRemoveDevice(device);
}
