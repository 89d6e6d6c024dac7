namespace LguestPS.Emulator.Time;

/// <summary>What a guest knows of time.</summary>
public interface IClock
{
    /// <summary>Nanoseconds since some fixed point, never going back.</summary>
    long MonotonicNanoseconds { get; }

    /// <summary>Wall-clock time in nanoseconds since 1970-01-01 UTC.</summary>
    long WallNanoseconds { get; }
}
