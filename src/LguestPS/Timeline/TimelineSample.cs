namespace LguestPS;

/// <summary>What a guest did in a piece of time, as rates.</summary>
public sealed class TimelineSample
{
    internal TimelineSample(string guestName, IReadOnlyList<string> deviceNames, TimelineRecorder.Point from, TimelineRecorder.Point to)
    {
        GuestName = guestName;
        Time = from.Time;
        Duration = to.Time - from.Time;
        double seconds = Duration.TotalSeconds;
        var done = to.Sums - from.Sums;
        Instructions = done.Instructions;
        Mips = done.Instructions / seconds / 1e6;
        TrapsPerSecond = done.Traps / seconds;
        InterruptsPerSecond = done.Interrupts / seconds;
        HypercallsPerSecond = done.Hypercalls / seconds;
        DeviceRequestsPerSecond = done.Requests / seconds;
        Devices = deviceNames.Select((name, index) => new TimelineDeviceRate(name, index + 1, (to.DeviceBytes[index] - from.DeviceBytes[index]) / seconds)).ToArray();
    }

    /// <summary>The guest's name.</summary>
    public string GuestName { get; }

    /// <summary>When the piece begins, since the start of the run.</summary>
    public TimeSpan Time { get; }

    /// <summary>How long it is.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Instructions retired in it.</summary>
    public long Instructions { get; }

    /// <summary>Million instructions a second.</summary>
    public double Mips { get; }

    /// <summary>Exceptions and software interrupts a second.</summary>
    public double TrapsPerSecond { get; }

    /// <summary>Interrupts taken a second.</summary>
    public double InterruptsPerSecond { get; }

    /// <summary>Hypercalls a second.</summary>
    public double HypercallsPerSecond { get; }

    /// <summary>Requests that devices completed, a second.</summary>
    public double DeviceRequestsPerSecond { get; }

    /// <summary>Bytes a second that all devices moved, in both directions.</summary>
    public double DeviceBytesPerSecond => Devices.Sum(device => device.BytesPerSecond);

    /// <summary>The same for each device.</summary>
    public IReadOnlyList<TimelineDeviceRate> Devices { get; }
}

/// <summary>How much a device moved.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Slot">Its slot.</param>
/// <param name="BytesPerSecond">Bytes a second, in both directions.</param>
public sealed record TimelineDeviceRate(string Kind, int Slot, double BytesPerSecond)
{
    /// <summary>The device and its rate.</summary>
    public override string ToString() => $"{Kind}: {BytesPerSecond:f0} bytes/s";
}
