using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Gets the entropy sources of guests.</summary>
[Cmdlet(VerbsCommon.Get, "LguestRng", DefaultParameterSetName = ByName), OutputType(typeof(LguestRng))]
public sealed class GetLguestRng : GetDeviceCmdlet<LguestRng>;
