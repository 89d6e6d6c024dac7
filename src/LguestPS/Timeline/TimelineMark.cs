namespace LguestPS;

/// <summary>What a mark of a timeline stands for.</summary>
public enum TimelineMarkKind
{
    /// <summary>The guest's state changed.</summary>
    State,
    /// <summary>A line began on the console.</summary>
    Console,
    /// <summary>A driver broke a rule of virtio.</summary>
    Violation,
    /// <summary>The guest began to restart itself.</summary>
    Restart,
}

/// <summary>Something that happened in a guest's run, and what was done from then until the next such thing.</summary>
public sealed class TimelineMark
{
    internal TimelineMark(string guestName, DateTime started, TimelineRecorder.Mark mark, TimelineRecorder.Mark next)
    {
        GuestName = guestName;
        Time = mark.Time;
        DateTime = started + mark.Time;
        Kind = mark.Kind;
        Text = mark.Text ?? "";
        Duration = next.Time - mark.Time;
        var done = next.Sums - mark.Sums;
        Instructions = done.Instructions;
        Traps = done.Traps;
        Interrupts = done.Interrupts;
        Hypercalls = done.Hypercalls;
        DeviceRequests = done.Requests;
        DeviceBytes = next.DeviceBytes - mark.DeviceBytes;
    }

    /// <summary>The guest's name.</summary>
    public string GuestName { get; }

    /// <summary>When it happened, since the start of the run.</summary>
    public TimeSpan Time { get; }

    /// <summary>When it happened, in local time.</summary>
    public DateTime DateTime { get; }

    /// <summary>What it was.</summary>
    public TimelineMarkKind Kind { get; }

    /// <summary>The console's line, the new state, the violation's text.</summary>
    public string Text { get; }

    /// <summary>Time until the next mark.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Instructions retired until the next mark.</summary>
    public long Instructions { get; }

    /// <summary>Million instructions a second until the next mark.</summary>
    public double Mips => Duration > TimeSpan.Zero ? Instructions / Duration.TotalSeconds / 1e6 : 0;

    /// <summary>Exceptions and software interrupts until the next mark.</summary>
    public long Traps { get; }

    /// <summary>Interrupts taken until the next mark.</summary>
    public long Interrupts { get; }

    /// <summary>Hypercalls until the next mark.</summary>
    public long Hypercalls { get; }

    /// <summary>Requests that devices completed until the next mark.</summary>
    public long DeviceRequests { get; }

    /// <summary>Bytes that devices moved, in both directions, until the next mark.</summary>
    public long DeviceBytes { get; }

    /// <summary>When and what.</summary>
    public override string ToString() => $"{Time.TotalSeconds:f3} {Text}";
}
