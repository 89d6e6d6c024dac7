using System.Management.Automation;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>Adds a network card, whose other end is a TAP interface of the host, to guests that are off.</summary>
[Cmdlet(VerbsCommon.Add, "LguestTunNet", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
[Alias("Add-LguestNetworkAdapter")]
public sealed class AddLguestTunNet : AddDeviceCmdlet
{
    /// <summary>The IPv4 address of the host's end.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), Alias("Address"), AllowEmptyString]
    public string? IPAddress { get; set; }

    /// <summary>The bridge of the host that the interface is put on, instead of having an address.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), AllowEmptyString]
    public string? Bridge { get; set; }

    /// <summary>The guest's hardware address, as six hexadecimal numbers; the guest's driver makes one up without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), AllowEmptyString]
    public string? MacAddress { get; set; }

    /// <summary>The TAP interface, made or existing; the host names one without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), AllowEmptyString]
    public string? TapName { get; set; }

    private protected override string[] Decisive => [nameof(IPAddress), "Address", nameof(Bridge)];

    private protected override DeviceSettings? CreateSettings(LguestGuest guest)
    {
        string? address = Said(nameof(IPAddress), IPAddress), bridge = Said(nameof(Bridge), Bridge);
        if (address is null && bridge is null && RowLeavesOut(guest, IPAddress, Bridge))
            return null;
        if (address is null == bridge is null)
            ThrowTerminatingError(Errors.AddressOrBridge());
        string? mac = Said(nameof(MacAddress), MacAddress), tap = Said(nameof(TapName), TapName);
        return address is not null ? TunNetSettings.ForAddress(address, mac, tap) : TunNetSettings.ForBridge(bridge!, mac, tap);
    }

    string? Said(string parameter, string? bound) => OfThisDevice(parameter, bound) is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;
}
