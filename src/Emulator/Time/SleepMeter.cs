using System.Diagnostics;

namespace LguestPS.Emulator.Time;

/// <summary>Adds up how long a guest's processor has slept, in the host's time.</summary>
public sealed class SleepMeter
{
    readonly Lock gate = new();
    TimeSpan slept;
    long asleepSince;
    bool asleep;

    /// <summary>The time slept so far, a sleep under way included. From any thread.</summary>
    public TimeSpan Total
    {
        get
        {
            lock (gate)
                return asleep ? slept + Stopwatch.GetElapsedTime(asleepSince) : slept;
        }
    }

    /// <summary>Sleeps until the event is set or a time is up.</summary>
    /// <param name="wake">What ends the sleep.</param>
    /// <param name="milliseconds">The longest sleep, or <see cref="Timeout.Infinite"/>.</param>
    public void Sleep(AutoResetEvent wake, int milliseconds)
    {
        lock (gate)
        {
            asleepSince = Stopwatch.GetTimestamp();
            asleep = true;
        }
        wake.WaitOne(milliseconds);
        lock (gate)
        {
            slept += Stopwatch.GetElapsedTime(asleepSince);
            asleep = false;
        }
    }
}
