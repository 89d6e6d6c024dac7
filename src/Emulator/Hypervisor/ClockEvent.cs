using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Hypervisor;

/// <summary>The guest's timer: comes once, at a time that the guest has set.</summary>
sealed class ClockEvent(IClock clock)
{
    long deadline = long.MaxValue;

    /// <summary>Sets it to come after some nanoseconds; 0 cancels it.</summary>
    public void Set(uint nanoseconds) => deadline = nanoseconds == 0 ? long.MaxValue : clock.MonotonicNanoseconds + nanoseconds;

    /// <summary>Whether its time has come. It is over then.</summary>
    public bool TryTake()
    {
        if (deadline == long.MaxValue || clock.MonotonicNanoseconds < deadline)
            return false;
        deadline = long.MaxValue;
        return true;
    }

    /// <summary>Milliseconds until it comes, rounded up; -1 when it is not set.</summary>
    public int MillisecondsLeft
    {
        get
        {
            if (deadline == long.MaxValue)
                return Timeout.Infinite;
            long nanoseconds = deadline - clock.MonotonicNanoseconds;
            return nanoseconds <= 0 ? 0 : (int)((nanoseconds + 999_999) / 1_000_000);
        }
    }
}
