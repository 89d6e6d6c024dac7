using LguestPS.Emulator.Devices;

namespace LguestPS.Emulator.Launcher;

/// <summary>On what machine a guest runs, and why.</summary>
/// <param name="Platform">Lguest or Pc.</param>
/// <param name="Reason">A sentence for the user.</param>
public readonly record struct PlatformChoice(GuestPlatform Platform, string Reason)
{
    /// <summary>Decides for a definition: by its wish, else by what its kernel says of itself.</summary>
    /// <exception cref="HostResourceException">The kernel can't be read, or is for another processor.</exception>
    public static PlatformChoice Make(GuestDefinition definition)
    {
        if (definition.Platform != GuestPlatform.Auto)
            return new(definition.Platform, "as the definition says");
        using GuestFile file = GuestFile.Open("Kernel", definition.KernelPath);
        return ForKernel(KernelDescription.Read(file));
    }

    /// <summary>Decides for a kernel.</summary>
    public static PlatformChoice ForKernel(KernelDescription kernel) =>
        kernel.KnowsLguest switch
        {
            true => new(GuestPlatform.Lguest, "the kernel has an lguest entry"),
            false => new(GuestPlatform.Pc, $"the kernel{(kernel.Version is { } version ? $" ({version})" : "")} has no lguest entry"),
            // What can't be looked into is taken for what the launcher always took it for.
            null => new(GuestPlatform.Lguest, "the kernel does not show whether it has an lguest entry"),
        };
}
