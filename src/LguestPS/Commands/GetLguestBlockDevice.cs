using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Gets the disks of guests.</summary>
[Cmdlet(VerbsCommon.Get, "LguestBlockDevice", DefaultParameterSetName = ByName), OutputType(typeof(LguestBlockDevice))]
public sealed class GetLguestBlockDevice : GetDeviceCmdlet<LguestBlockDevice>;
