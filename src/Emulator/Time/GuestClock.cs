namespace LguestPS.Emulator.Time;

/// <summary>A guest's time, and the gate where the guest's thread waits while the guest is paused: the time that it spends there does not pass for the guest.</summary>
/// <remarks>
/// Were time to go on, a kernel would find itself seconds later between two instructions, and its watchdogs would say so. The wall clock lags
/// behind the host's by what the pauses lasted, until the machine starts anew. Reading is for any thread, waiting for the guest's.
/// </remarks>
/// <param name="host">The time outside.</param>
public sealed class GuestClock(IClock host) : IClock
{
    const long Running = long.MinValue;

    readonly object gate = new();
    readonly ManualResetEventSlim standing = new(false);
    long lag;                   // nanoseconds that passed outside and not here
    long stoodStill = Running;  // the time inside while it stands; written under the gate, after the lag
    bool closed, released;  // under the gate

    /// <inheritdoc/>
    public long MonotonicNanoseconds => host.MonotonicNanoseconds - Lag;

    /// <inheritdoc/>
    public long WallNanoseconds => host.WallNanoseconds - Lag;

    /// <summary>Whether the guest has to wait at the gate.</summary>
    public bool IsClosed
    {
        get
        {
            lock (gate)
                return closed;
        }
    }

    /// <summary>Closes the gate, unless it was opened for good.</summary>
    public void Close()
    {
        lock (gate)
        {
            if (closed || released)
                return;
            closed = true;
            standing.Reset();
        }
    }

    /// <summary>Opens the gate: time goes on from where it stood.</summary>
    public void Open()
    {
        lock (gate)
        {
            Volatile.Write(ref lag, Lag);
            Volatile.Write(ref stoodStill, Running);
            closed = false;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Opens the gate for good: the guest is to end.</summary>
    public void Release()
    {
        lock (gate)
        {
            released = true;
            Open();
            standing.Set();
        }
    }

    /// <summary>Makes up for all pauses so far; for a machine that is about to start anew.</summary>
    public void CatchUp()
    {
        lock (gate)
            if (stoodStill == Running)
                Volatile.Write(ref lag, 0);
    }

    /// <summary>The guest's thread comes to the gate, and waits if it is closed.</summary>
    public void Pass()
    {
        lock (gate)
        {
            while (closed)
            {
                Volatile.Write(ref stoodStill, MonotonicNanoseconds);
                standing.Set();
                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Waits until the guest waits at the closed gate. False: it is open for good.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public bool WaitUntilStanding(CancellationToken cancellation)
    {
        standing.Wait(cancellation);
        lock (gate)
            return !released;
    }

    long Lag
    {
        get
        {
            long since = Volatile.Read(ref stoodStill);
            return since == Running ? Volatile.Read(ref lag) : host.MonotonicNanoseconds - since;
        }
    }
}
