using System.Management.Automation;

namespace LguestPS.Loading;

/// <summary>
/// The module's first nested module, there only to be loaded before the cmdlets' assembly: PowerShell runs it before it looks at their types,
/// which can't be loaded without the assemblies of <c>dependencies</c>.
/// </summary>
public sealed class ModuleDependencies : IModuleAssemblyInitializer
{
    /// <inheritdoc/>
    public void OnImport() => DependencyContext.Register();
}
