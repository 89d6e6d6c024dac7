using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace LguestPS;

/// <summary>What happens when a session imports the module, and when it removes it: guests do not outlive the last session that knows them.</summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnImport()
    {
        if (Runspace.DefaultRunspace is { } session)
            GuestTable.Process.EnterSession(session);
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        if (Runspace.DefaultRunspace is { } session)
            GuestTable.Process.LeaveSession(session);
    }
}
