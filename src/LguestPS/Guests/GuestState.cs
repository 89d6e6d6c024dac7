namespace LguestPS;

/// <summary>What a guest is doing.</summary>
public enum GuestState
{
    /// <summary>Defined, not running: never started, or ended.</summary>
    Off,

    /// <summary>Its files and devices are being opened and its memory loaded.</summary>
    Starting,

    /// <summary>Its loop runs.</summary>
    Running,

    /// <summary>Halted between two instructions: its time stands still until it is resumed.</summary>
    Paused,

    /// <summary>It has been told to end, and is flushing and closing what it holds.</summary>
    Stopping,
}
