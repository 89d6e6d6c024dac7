using System.Reflection;
using System.Runtime.Loader;

namespace LguestPS.Loading;

/// <summary>The load context of what lies in the module's folder <c>dependencies</c>: libraries of others are in no other module's way there, whatever their versions.</summary>
/// <remarks>
/// The cmdlets, in the default context as of every module, reach into this one by the project's own assemblies only. Those find their libraries here.
/// A library is never handed to the default context: who asks for one there is another module, and ours need not be the version that it wants.
/// </remarks>
sealed class DependencyContext() : AssemblyLoadContext("LguestPS")
{
    static readonly string Folder = Path.Combine(Path.GetDirectoryName(typeof(DependencyContext).Assembly.Location)!, "dependencies");

    // One a process, however many sessions import the module, and never taken back: the objects of a removed module go on needing their code.
    static readonly DependencyContext Process = new();

    static DependencyContext() => Default.Resolving += (_, wanted) => wanted.Name is { } name && name.StartsWith("LguestPS.", StringComparison.Ordinal) ? Process.Load(wanted) : null;

    /// <summary>Lets the default context find the project's own assemblies in this one. Every call after the first changes nothing.</summary>
    public static void Register() => System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(DependencyContext).TypeHandle);

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName wanted)
    {
        string file = Path.Combine(Folder, wanted.Name + ".dll");
        // What is not there is the runtime's or PowerShell's: null sends the question on to the default context.
        return File.Exists(file) ? LoadFromAssemblyPath(file) : null;
    }
}
