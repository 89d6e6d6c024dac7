namespace LguestPS;

/// <summary>The course of a guest's present run, or of its last one, until now.</summary>
sealed class GuestTimeline
{
    static readonly TimeSpan ShortestSample = TimeSpan.FromMilliseconds(1);

    /// <param name="guestName">The guest.</param>
    /// <param name="deviceNames">The kinds of its devices, in slot order.</param>
    /// <param name="recorder">What was recorded.</param>
    public GuestTimeline(string guestName, IReadOnlyList<string> deviceNames, TimelineRecorder recorder)
    {
        GuestName = guestName;
        DeviceNames = deviceNames;
        Started = recorder.Started;
        TimelineRecorder.Point[] points = recorder.Samples();
        TimelineRecorder.Mark[] marks = recorder.Marks();
        TimelineRecorder.Mark now = points.Length == 0
            ? marks[^1]
            : new(points[^1].Time, default, points[^1].Sums, points[^1].DeviceBytes.Sum(), 0, null);
        if (marks.Length > 0 && marks[^1].Time > now.Time)
            now = marks[^1];
        Duration = now.Time;
        Marks = [.. marks.Select((mark, index) => new TimelineMark(guestName, Started, mark, index + 1 < marks.Length ? marks[index + 1] : now))];
        Samples = [.. Pieces(points, deviceNames)];
    }

    /// <summary>The guest's name.</summary>
    public string GuestName { get; }

    /// <summary>The kinds of its devices, in slot order.</summary>
    public IReadOnlyList<string> DeviceNames { get; }

    /// <summary>When the run began, in local time.</summary>
    public DateTime Started { get; }

    /// <summary>How long it has lasted; where it has ended, how long it did.</summary>
    public TimeSpan Duration { get; }

    /// <summary>What happened.</summary>
    public IReadOnlyList<TimelineMark> Marks { get; }

    /// <summary>What was done in each piece of it.</summary>
    public IReadOnlyList<TimelineSample> Samples { get; }

    // Two samples may be next to each other in time; rates of no time mean nothing.
    IEnumerable<TimelineSample> Pieces(TimelineRecorder.Point[] points, IReadOnlyList<string> deviceNames)
    {
        if (points.Length == 0)
            yield break;
        TimelineRecorder.Point from = points[0];
        foreach (TimelineRecorder.Point to in points.AsSpan(1).ToArray())
        {
            if (to.Time - from.Time < ShortestSample)
                continue;
            yield return new(GuestName, deviceNames, from, to);
            from = to;
        }
    }
}
