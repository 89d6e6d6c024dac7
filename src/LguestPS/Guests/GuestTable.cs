using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.InteropServices;

namespace LguestPS;

/// <summary>The guests of this process by name, and the promise that they all end before it does.</summary>
/// <remarks>
/// One table a process, as a Hyper-V host has one list of machines: a guest that one runspace starts can be named in another, in the
/// ones of <c>ForEach-Object -Parallel</c> for one. The guests end when no open runspace has the module imported any more.
/// </remarks>
sealed class GuestTable
{
    static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(10);

    readonly Dictionary<string, LguestGuest> guests = new(StringComparer.OrdinalIgnoreCase);   // under its own lock
    readonly Dictionary<Guid, Runspace> sessions = [];
    volatile Runspace[] openSessions = [];   // those of the dictionary, to be gone through without its lock
    readonly List<PosixSignalRegistration> signals = [];

    GuestTable()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll();
        // The runtime does not take these as an exit: without a handler the process is gone before a disk is flushed.
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGHUP])
            signals.Add(PosixSignalRegistration.Create(signal, _ => EndAll()));
    }

    /// <summary>The process's table.</summary>
    public static GuestTable Process { get; } = new();

    /// <summary>Enters a guest under its name. False: there is one of that name.</summary>
    public bool TryAdd(LguestGuest guest)
    {
        lock (guests)
            return guests.TryAdd(guest.Name, guest);
    }

    /// <summary>Gives a guest another name: nobody finds it under both, or under none. False: there is one of that name.</summary>
    public bool TryRename(LguestGuest guest, string name)
    {
        lock (guests)
        {
            if (guests.TryGetValue(name, out LguestGuest? other) && other != guest)
                return false;
            bool known = guests.TryGetValue(guest.Name, out other) && other == guest && guests.Remove(guest.Name);   // one that was removed has only its object
            guest.Rename(name);
            if (known)
                guests.Add(name, guest);
            return true;
        }
    }

    /// <summary>Takes a guest out.</summary>
    public void Remove(LguestGuest guest)
    {
        lock (guests)
            if (guests.TryGetValue(guest.Name, out LguestGuest? known) && known == guest)
                guests.Remove(guest.Name);
    }

    /// <summary>The guests whose names match a wildcard pattern, by name.</summary>
    public IEnumerable<LguestGuest> Find(string pattern)
    {
        WildcardPattern names = new(pattern, WildcardOptions.IgnoreCase);
        return All.Where(guest => names.IsMatch(guest.Name)).OrderBy(guest => guest.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>A runspace has imported the module.</summary>
    public void EnterSession(Runspace session)
    {
        lock (sessions)
        {
            if (!sessions.TryAdd(session.InstanceId, session))
                return;
            openSessions = [.. sessions.Values];
        }
        session.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken)
                LeaveSession(session);
        };
    }

    /// <summary>A runspace has removed the module, or is closing; with the last one all guests end.</summary>
    public void LeaveSession(Runspace session)
    {
        bool last;
        lock (sessions)
        {
            last = sessions.Remove(session.InstanceId) && sessions.Count == 0;
            openSessions = [.. sessions.Values];
        }
        if (!last)
            return;
        EndAll();
        lock (guests)
            guests.Clear();
    }

    /// <summary>Raises an event of a guest in each session that listens to it; others would keep it for ever.</summary>
    public void Tell(GuestEventArgs happened)
    {
        foreach (Runspace session in openSessions)
            if (Listens(session, happened.SourceIdentifier))
                session.Events.GenerateEvent(happened.SourceIdentifier, happened.Guest, [happened.Guest, happened], null, processInCurrentThread: true, waitForCompletionInCurrentThread: false);
    }

    /// <summary>Whether any session listens to an engine event.</summary>
    public bool Listens(string sourceIdentifier)
    {
        foreach (Runspace session in openSessions)
            if (Listens(session, sourceIdentifier))
                return true;
        return false;
    }

    /// <summary>Turns all guests off and waits until what they hold is flushed and closed.</summary>
    public void EndAll()
    {
        Task[] endings = [.. All.Select(guest => guest.RequestStop()).OfType<GuestRun>().Select(run => run.Completion)];
        Task.WaitAll(endings, LongestEnd);
    }

    static bool Listens(Runspace session, string sourceIdentifier) => session.Events is { } events && events.GetEventSubscribers(sourceIdentifier).Any();

    LguestGuest[] All
    {
        get
        {
            lock (guests)
                return [.. guests.Values];
        }
    }
}
