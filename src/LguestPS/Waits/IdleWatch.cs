using System.Diagnostics;
using LguestPS.Emulator.Launcher;

namespace LguestPS;

/// <summary>Looks at a guest from time to time and tells how long it has been idle.</summary>
/// <remarks>
/// A guest is idle while its processor is halted and its devices have nothing to do: no request is served, nothing is printed. Kernels let their timer wake them
/// to look around; so it may be awake for a tenth of the time.
/// </remarks>
sealed class IdleWatch(LguestGuest guest)
{
    const double HaltedShare = 0.9;

    // Shorter spans say nothing: a single tick would fill them.
    static readonly TimeSpan ShortestSpan = TimeSpan.FromMilliseconds(5);

    GuestRun? run;
    MachineIdleness first;
    long printed, since;

    /// <summary>How long the guest has been idle, as far as this object has watched; zero while it is not running.</summary>
    public TimeSpan Look()
    {
        GuestRun? present = guest.State == GuestState.Running ? guest.Run : null;
        if (present is null || present != run)
            return Begin(present);
        MachineIdleness now = present.Idleness;
        TimeSpan watched = Stopwatch.GetElapsedTime(since);
        if (now.Requests != first.Requests || guest.Console.Buffer.End != printed)
            return Begin(present);
        if (watched < ShortestSpan)
            return TimeSpan.Zero;
        return now.Halted - first.Halted >= watched * HaltedShare ? watched : Begin(present);
    }

    TimeSpan Begin(GuestRun? present)
    {
        run = present;
        since = Stopwatch.GetTimestamp();
        first = present?.Idleness ?? default;
        printed = guest.Console.Buffer.End;
        return TimeSpan.Zero;
    }
}
