using System.Management.Automation;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>Changes network cards of guests that are off.</summary>
[Cmdlet(VerbsCommon.Set, "LguestNetworkAdapter", DefaultParameterSetName = ByDevice, SupportsShouldProcess = true), OutputType(typeof(LguestNetworkAdapter))]
public sealed class SetLguestNetworkAdapter : ChangeDeviceCmdlet<LguestNetworkAdapter>
{
    /// <summary>The cards, as Get-LguestNetworkAdapter gives them.</summary>
    [Parameter(ParameterSetName = ByDevice, Mandatory = true, Position = 0, ValueFromPipeline = true), ValidateNotNullOrEmpty]
    public LguestNetworkAdapter[] NetworkAdapter { get; set; } = [];

    /// <summary>The IPv4 address of the host's end, which then is on no bridge.</summary>
    [Parameter, Alias("Address"), ValidateNotNullOrEmpty]
    public string? IPAddress { get; set; }

    /// <summary>The bridge of the host that the interface is put on, instead of having an address.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public string? Bridge { get; set; }

    /// <summary>The guest's hardware address, as six hexadecimal numbers; empty lets the guest's driver choose.</summary>
    [Parameter, AllowEmptyString]
    public string? MacAddress { get; set; }

    /// <summary>The TAP interface, made or existing; empty lets the host name one.</summary>
    [Parameter, AllowEmptyString]
    public string? TapName { get; set; }

    private protected override LguestNetworkAdapter[] Given => NetworkAdapter;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (IPAddress is not null && Bridge is not null)
            ThrowTerminatingError(Errors.AddressOrBridge());
    }

    private protected override string Action(LguestNetworkAdapter device) => string.Format(Messages.ActionSetDevice, device.Slot, LguestDevice.Describe(NewSettings(device)));

    private protected override bool Change(LguestNetworkAdapter device) => device.Guest.TryReplaceDevice(device, NewSettings(device));

    TunNetSettings NewSettings(LguestNetworkAdapter device) => WithHost(device, () =>
    {
        string? mac = Choose(MacAddress, device.MacAddress), tap = Choose(TapName, device.TapName);
        string? bridge = Bridge ?? (IPAddress is null ? device.Bridge : null);
        return bridge is not null ? TunNetSettings.ForBridge(bridge, mac, tap) : TunNetSettings.ForAddress(IPAddress ?? device.IPAddress!, mac, tap);
    });

    static string? Choose(string? wanted, string? present) => wanted is null ? present : wanted.Length == 0 ? null : wanted;
}
