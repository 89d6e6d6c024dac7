using System.Diagnostics;
using System.Text.RegularExpressions;

namespace LguestPS;

/// <summary>How far a wait has come.</summary>
enum WaitProgress
{
    /// <summary>It has not come yet.</summary>
    Pending,

    /// <summary>It has come.</summary>
    Done,

    /// <summary>It will not come: the guest has ended.</summary>
    Missed,
}

/// <summary>Something that a guest is waited for to do. One object waits once.</summary>
abstract class GuestWait(LguestGuest guest)
{
    /// <summary>The guest.</summary>
    public LguestGuest Guest { get; } = guest;

    /// <summary>What is waited for, for messages.</summary>
    public abstract string Awaited { get; }

    /// <summary>Waits for a while.</summary>
    /// <param name="longest">How long; zero only looks.</param>
    /// <param name="stopping">Gives the wait up.</param>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public abstract WaitProgress Continue(TimeSpan longest, CancellationToken stopping);
}

/// <summary>Waits until the console has printed something.</summary>
sealed class ConsoleWait(LguestGuest guest, Regex pattern, string asTyped) : GuestWait(guest)
{
    /// <inheritdoc/>
    public override string Awaited => $"'{asTyped}'";

    /// <inheritdoc/>
    public override WaitProgress Continue(TimeSpan longest, CancellationToken stopping)
    {
        if (Guest.Console.WaitFor(pattern, longest, stopping))
            return WaitProgress.Done;
        if (Guest.Run is not null)
            return WaitProgress.Pending;
        // It may have printed its last words since.
        return Guest.Console.WaitFor(pattern, TimeSpan.Zero, stopping) ? WaitProgress.Done : WaitProgress.Missed;
    }
}

/// <summary>Waits until the run that is under way now has ended.</summary>
sealed class ExitWait(LguestGuest guest) : GuestWait(guest)
{
    readonly GuestRun? run = guest.Run;

    /// <inheritdoc/>
    public override string Awaited => Messages.AwaitedEnd;

    /// <inheritdoc/>
    public override WaitProgress Continue(TimeSpan longest, CancellationToken stopping) =>
        run is null || run.Completion.Wait((int)longest.TotalMilliseconds, stopping) ? WaitProgress.Done : WaitProgress.Pending;
}

/// <summary>Waits until the guest has been idle for some time.</summary>
sealed class IdleWait(LguestGuest guest, TimeSpan idle) : GuestWait(guest)
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    readonly IdleWatch watch = new(guest);

    /// <inheritdoc/>
    public override string Awaited => Messages.AwaitedIdle;

    /// <inheritdoc/>
    public override WaitProgress Continue(TimeSpan longest, CancellationToken stopping)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (watch.Look() >= idle)
                return WaitProgress.Done;
            if (Guest.Run is not { } run)
                return WaitProgress.Missed;
            TimeSpan left = longest - Stopwatch.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                return WaitProgress.Pending;
            run.Completion.Wait((int)Math.Ceiling((left < Interval ? left : Interval).TotalMilliseconds), stopping);
        }
    }
}
