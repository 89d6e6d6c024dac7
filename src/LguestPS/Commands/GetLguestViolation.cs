using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Gets the rules of virtio that guests' drivers have broken, in all runs of the guests.</summary>
[Cmdlet(VerbsCommon.Get, "LguestViolation", DefaultParameterSetName = ByName), OutputType(typeof(LguestViolation))]
public sealed class GetLguestViolation : ObservingCmdlet
{
    private protected override void ProcessGuest(LguestGuest guest) => WriteObject(guest.Violations, enumerateCollection: true);
}
