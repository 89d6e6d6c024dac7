using System.Diagnostics;

namespace LguestPS.Emulator.Time;

/// <summary>The host's own clocks.</summary>
public sealed class HostClock : IClock
{
    static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    /// <inheritdoc/>
    public long MonotonicNanoseconds => (long)(Stopwatch.GetTimestamp() * NanosecondsPerTick);

    /// <inheritdoc/>
    public long WallNanoseconds => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
