namespace LguestPS;

/// <summary>Something that happened to a guest.</summary>
public abstract class GuestEventArgs : EventArgs
{
    private protected GuestEventArgs(LguestGuest guest) => Guest = guest;

    /// <summary>The guest.</summary>
    public LguestGuest Guest { get; }

    /// <summary>When it happened, in local time; the event may be told later.</summary>
    public DateTime Time { get; } = DateTime.Now;

    /// <summary>The source identifier of the engine event that tells the same.</summary>
    internal abstract string SourceIdentifier { get; }
}

/// <summary>A guest's state has changed.</summary>
public sealed class GuestStateChangedEventArgs : GuestEventArgs
{
    internal GuestStateChangedEventArgs(LguestGuest guest, GuestState oldState, GuestState newState) : base(guest) => (OldState, NewState) = (oldState, newState);

    /// <summary>What it was.</summary>
    public GuestState OldState { get; }

    /// <summary>What it is now.</summary>
    public GuestState NewState { get; }

    /// <inheritdoc/>
    internal override string SourceIdentifier => GuestEvents.StateChanged;

    /// <summary>Both.</summary>
    public override string ToString() => $"{Guest.Name}: {OldState} -> {NewState}";
}

/// <summary>A guest's console has a new line.</summary>
public sealed class GuestConsoleLineEventArgs : GuestEventArgs
{
    internal GuestConsoleLineEventArgs(LguestGuest guest, string line) : base(guest) => Line = line;

    /// <summary>The line without its end.</summary>
    public string Line { get; }

    /// <inheritdoc/>
    internal override string SourceIdentifier => GuestEvents.ConsoleLine;

    /// <summary>The line.</summary>
    public override string ToString() => Line;
}

/// <summary>A guest's driver broke a rule of virtio, for the first time in this run at this place.</summary>
public sealed class GuestViolationEventArgs : GuestEventArgs
{
    internal GuestViolationEventArgs(LguestGuest guest, LguestViolation violation) : base(guest) => Violation = violation;

    /// <summary>The violation; its count goes on.</summary>
    public LguestViolation Violation { get; }

    /// <inheritdoc/>
    internal override string SourceIdentifier => GuestEvents.Violation;

    /// <summary>The launcher's text.</summary>
    public override string ToString() => Violation.Message;
}
