namespace LguestPS;

/// <summary>Tells those who listen what happens to a guest: in order, and on a thread of the pool, so that no listener holds the guest up.</summary>
sealed class GuestEvents
{
    /// <summary>Source identifiers of the engine events, raised in every session that has the module imported and listens to them.</summary>
    public const string StateChanged = "LguestPS.StateChanged", ConsoleLine = "LguestPS.ConsoleLine", Violation = "LguestPS.Violation";

    readonly Queue<GuestEventArgs> waiting = new();   // also the lock; few wait: lines of consoles are not kept here
    readonly Action<GuestEventArgs> tell;
    bool telling;

    /// <param name="tell">Tells an event to all who listen.</param>
    public GuestEvents(Action<GuestEventArgs> tell) => this.tell = tell;

    /// <summary>Something has happened. Returns at once.</summary>
    public void Post(GuestEventArgs happened)
    {
        lock (waiting)
        {
            waiting.Enqueue(happened);
            if (telling)
                return;
            telling = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(static events => events.TellAll(), this, preferLocal: false);
    }

    void TellAll()
    {
        while (true)
        {
            GuestEventArgs next;
            lock (waiting)
            {
                if (!waiting.TryDequeue(out next!))
                {
                    telling = false;
                    return;
                }
            }
            tell(next);
        }
    }
}
