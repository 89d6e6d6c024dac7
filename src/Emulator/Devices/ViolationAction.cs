namespace LguestPS.Emulator.Devices;

/// <summary>What becomes of a guest whose driver breaks a rule of virtio.</summary>
public enum ViolationAction
{
    /// <summary>The guest ends, and says why.</summary>
    Stop,
    /// <summary>The guest goes on and there is a warning; the device stops until its driver resets it, unless the rule is one that can be passed over.</summary>
    Warn,
    /// <summary>The same without a warning.</summary>
    Ignore,
}
