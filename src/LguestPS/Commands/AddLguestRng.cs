using System.Management.Automation;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>Adds an entropy source to guests that are off.</summary>
[Cmdlet(VerbsCommon.Add, "LguestRng", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class AddLguestRng : AddDeviceCmdlet
{
    private protected override DeviceSettings CreateSettings(LguestGuest guest) => new RngSettings();
}
