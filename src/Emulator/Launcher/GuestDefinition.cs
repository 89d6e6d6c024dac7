using LguestPS.Emulator.Devices;

namespace LguestPS.Emulator.Launcher;

/// <summary>Everything the launcher must know to start a guest.</summary>
public sealed class GuestDefinition
{
    /// <summary>The guest's name.</summary>
    public required string Name { get; set; }

    /// <summary>RAM in megabytes.</summary>
    public required int MemoryMB { get; set; }

    /// <summary>Full path of a vmlinux or bzImage.</summary>
    public required string KernelPath { get; set; }

    /// <summary>What machine it runs on.</summary>
    public GuestPlatform Platform { get; set; } = GuestPlatform.Auto;

    /// <summary>How its processor runs code.</summary>
    public ProcessorEngine Engine { get; set; } = ProcessorEngine.Auto;

    /// <summary>Full path of an initial RAM disk.</summary>
    public string? InitrdPath { get; set; }

    /// <summary>The kernel's command line.</summary>
    public string CommandLine { get; set; } = "";

    /// <summary>Full path of a file that gets what the console prints, from the start of each run anew; none when null.</summary>
    public string? TranscriptPath { get; set; }

    /// <summary>The size of the console's window until a terminal says its own. Null: <see cref="Devices.ConsoleSize.Default"/> on a PC; on lguest the console has no size, as on the lguest launcher.</summary>
    public ConsoleSize? ConsoleSize { get; set; }

    /// <summary>What becomes of it when a driver breaks a rule of virtio.</summary>
    public ViolationAction OnViolation { get; set; } = ViolationAction.Stop;

    /// <summary>Devices beyond the console, in slot order.</summary>
    public IList<DeviceSettings> Devices { get; private set; } = [];

    /// <summary>A definition of its own that says the same.</summary>
    public GuestDefinition Copy()
    {
        var copy = (GuestDefinition)MemberwiseClone();
        copy.Devices = [.. Devices];
        return copy;
    }
}

/// <summary>The machine that a guest finds itself on.</summary>
public enum GuestPlatform
{
    /// <summary>What suits the kernel: see <see cref="PlatformChoice"/>.</summary>
    Auto,
    /// <summary>The lguest hypervisor, for kernels that know it.</summary>
    Lguest,
    /// <summary>A plain PC without firmware.</summary>
    Pc,
}
