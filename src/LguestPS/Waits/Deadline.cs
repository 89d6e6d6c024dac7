using System.Diagnostics;

namespace LguestPS;

/// <summary>When the user's patience ends.</summary>
/// <param name="seconds">Seconds from now; null for never.</param>
sealed class Deadline(double? seconds)
{
    readonly long started = Stopwatch.GetTimestamp();

    /// <summary>Whether the time is up.</summary>
    public bool IsOver => Left is { } left && left <= TimeSpan.Zero;

    /// <summary>Time left, not below zero; null when there is no end.</summary>
    public TimeSpan? Left
    {
        get
        {
            if (seconds is not { } all)
                return null;
            TimeSpan left = TimeSpan.FromSeconds(all) - Stopwatch.GetElapsedTime(started);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>The part of the time that is gone, in percent; -1 when there is no end.</summary>
    public int Percent => Left is { } left && seconds > 0 ? (int)(100 - 100 * left.TotalSeconds / seconds.Value) : -1;

    /// <summary>A span, or what is left if that is less.</summary>
    public TimeSpan Limit(TimeSpan longest) => Left is { } left && left < longest ? left : longest;
}
