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
        Samples = [.. Pieces(guestName, deviceNames, points)];
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

    // Two samples may be next to each other in time, where rates mean little: such pieces become one. The last sample ends the last piece, so that nothing that was done is missing.
    internal static IEnumerable<TimelineSample> Pieces(string guestName, IReadOnlyList<string> deviceNames, TimelineRecorder.Point[] points)
    {
        List<TimelineRecorder.Point> bounds = [];
        foreach (TimelineRecorder.Point point in points)
        {
            if (bounds.Count == 0 || point.Time - bounds[^1].Time >= ShortestSample)
                bounds.Add(point);
        }
        if (bounds.Count > 1)
            bounds[^1] = points[^1];
        return bounds.Zip(bounds.Skip(1), (from, to) => new TimelineSample(guestName, deviceNames, from, to));
    }
}
