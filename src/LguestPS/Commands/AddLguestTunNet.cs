using System.Management.Automation;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>Adds a network card, whose other end is a TAP interface of the host, to guests that are off.</summary>
[Cmdlet(VerbsCommon.Add, "LguestTunNet", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class AddLguestTunNet : AddDeviceCmdlet
{
    /// <summary>The IPv4 address of the host's end.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), ValidateNotNullOrEmpty]
    public string? IPAddress { get; set; }

    /// <summary>The bridge of the host that the interface is put on, instead of having an address.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), ValidateNotNullOrEmpty]
    public string? Bridge { get; set; }

    /// <summary>The guest's hardware address, as six hexadecimal numbers; the guest's driver makes one up without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), ValidateNotNullOrEmpty]
    public string? MacAddress { get; set; }

    /// <summary>The TAP interface, made or existing; the host names one without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), ValidateNotNullOrEmpty]
    public string? TapName { get; set; }

    private protected override DeviceSettings CreateSettings()
    {
        if (IPAddress is null == Bridge is null)
            ThrowTerminatingError(Errors.AddressOrBridge());
        return IPAddress is not null ? TunNetSettings.ForAddress(IPAddress, MacAddress, TapName) : TunNetSettings.ForBridge(Bridge!, MacAddress, TapName);
    }
}
