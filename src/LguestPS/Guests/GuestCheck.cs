using LguestPS.Emulator.Launcher;

namespace LguestPS;

/// <summary>Something of a guest that <c>Test-LguestGuest</c> has looked at.</summary>
public sealed class GuestCheck
{
    internal GuestCheck(string guestName, DefinitionCheck check)
    {
        GuestName = guestName;
        Passed = check.Passed;
        Check = check.Check;
        Message = check.Message;
        Target = check.Target;
    }

    /// <summary>The guest.</summary>
    public string GuestName { get; }

    /// <summary>Whether the guest could have it if it started now.</summary>
    public bool Passed { get; }

    /// <summary>What was looked at: Kernel, Platform, Initrd, Memory, CommandLine, Engine, Transcript, or the kind of a device.</summary>
    public string Check { get; }

    /// <summary>What was found.</summary>
    public string Message { get; }

    /// <summary>What it is about: a path, a size, a device's settings.</summary>
    public object? Target { get; }

    /// <summary>The message, after what was looked at.</summary>
    public override string ToString() => $"{Check}: {Message}";
}
