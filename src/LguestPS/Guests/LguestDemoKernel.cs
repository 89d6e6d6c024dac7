namespace LguestPS;

/// <summary>The module's own small guest kernel, to be handed to <c>New-LguestGuest</c> by pipeline or as its <c>-Kernel</c>.</summary>
public sealed class LguestDemoKernel
{
    internal LguestDemoKernel(string kernel) => Kernel = kernel;

    /// <summary>The full path of the kernel's ELF file; binds to <c>-Kernel</c> by property name.</summary>
    public string Kernel { get; }

    /// <summary>The path, so that the object also serves where a path is wanted.</summary>
    public override string ToString() => Kernel;
}
