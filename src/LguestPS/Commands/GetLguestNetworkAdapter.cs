using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Gets the network cards of guests.</summary>
[Cmdlet(VerbsCommon.Get, "LguestNetworkAdapter", DefaultParameterSetName = ByName), OutputType(typeof(LguestNetworkAdapter))]
public sealed class GetLguestNetworkAdapter : GetDeviceCmdlet<LguestNetworkAdapter>;
