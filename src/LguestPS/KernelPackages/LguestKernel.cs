namespace LguestPS;

/// <summary>A kernel that was taken out of a package, to be handed to <c>New-LguestGuest</c> by pipeline: its properties bind by name.</summary>
/// <param name="Kernel">Full path of the kernel's file.</param>
/// <param name="Version">Its version, as its modules' folder is named.</param>
/// <param name="Package">Full path of the package.</param>
/// <param name="Root">Full path of the folder that holds the modules as they lie in a guest's root directory, for <c>New-LguestInitrd -Directory</c>.</param>
/// <param name="Modules">The modules, each after those that it depends on.</param>
public sealed record LguestKernel(string Kernel, string Version, string Package, string Root, IReadOnlyList<LguestKernelModule> Modules)
{
    /// <summary>The kernel's path, so that the object also serves where a path is wanted.</summary>
    public override string ToString() => Kernel;
}

/// <summary>A module of such a kernel.</summary>
/// <param name="Name">Its name, with underscores.</param>
/// <param name="File">Full path of its file on the host.</param>
/// <param name="GuestPath">Its path in the guest, for insmod.</param>
/// <param name="DependsOn">The modules that must be there before it.</param>
public sealed record LguestKernelModule(string Name, string File, string GuestPath, IReadOnlyList<string> DependsOn)
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
