using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;

namespace LguestPS;

/// <summary>A guest: its definition and, once it is started, its life. The object is live: its properties say what is the case when they are read.</summary>
public sealed class LguestGuest
{
    readonly object gate = new();
    readonly GuestDefinition definition;
    readonly GuestEvents events;
    readonly List<LguestDevice> devices;   // those of the definition behind the console
    readonly ViolationHistory violations;
    GuestRun? run, lastRun;   // the second is the present one too
    GuestState state;   // changed by ChangeState
    TimelineRecorder? timeline;
    ConsoleLines? lines;
    int runs;
    bool removed;
    PlatformChoice? platform;

    internal LguestGuest(GuestDefinition definition)
    {
        this.definition = definition;
        events = new(Tell);
        violations = new(this);
        devices = [LguestDevice.CreateConsole(this), .. definition.Devices.Select(settings => LguestDevice.Create(this, settings))];
        Console = new GuestConsole(definition.ConsoleSize);
    }

    /// <summary>The guest's state has changed. Raised on a thread of the pool, in order; so are the other events.</summary>
    public event EventHandler<GuestStateChangedEventArgs>? StateChanged;

    /// <summary>The guest's console has a new line.</summary>
    public event EventHandler<GuestConsoleLineEventArgs>? ConsoleLine;

    /// <summary>A driver of the guest broke a rule of virtio, at this place for the first time in this run.</summary>
    public event EventHandler<GuestViolationEventArgs>? ViolationFound;

    /// <summary>The guest's name, unlike any other's in this process without regard to case.</summary>
    public string Name => definition.Name;

    /// <summary>What it is doing.</summary>
    public GuestState State
    {
        get
        {
            lock (gate)
                return state;
        }
    }

    /// <summary>How long it has been running, without the time that it was paused; zero while it is off.</summary>
    public TimeSpan Uptime
    {
        get
        {
            lock (gate)
                return run is null ? TimeSpan.Zero : run.Uptime;
        }
    }

    /// <summary>RAM in megabytes.</summary>
    public int MemoryMB => definition.MemoryMB;

    /// <summary>Full path of its kernel.</summary>
    public string Kernel => definition.KernelPath;

    /// <summary>Full path of its initial RAM disk.</summary>
    public string? Initrd => definition.InitrdPath;

    /// <summary>Its kernel's command line.</summary>
    public string CommandLine => definition.CommandLine;

    /// <summary>The machine that it runs on, Lguest or Pc; Auto while that can't be told because the kernel can't be read.</summary>
    public GuestPlatform Platform => DecidePlatform().Platform;

    /// <summary>Why it runs on that machine.</summary>
    public string PlatformReason => DecidePlatform().Reason;

    /// <summary>How its processor runs.</summary>
    public ProcessorEngine Engine => definition.Engine;

    /// <summary>Full path of the file that gets what its console prints; null when there is none.</summary>
    public string? TranscriptPath => definition.TranscriptPath;

    /// <summary>The size of its console's window before a terminal says its own; null when nothing was said.</summary>
    public ConsoleSize? ConsoleSize => definition.ConsoleSize;

    /// <summary>What becomes of it when a driver breaks a rule of virtio.</summary>
    public ViolationAction OnViolation => definition.OnViolation;

    /// <summary>Its devices in slot order, the console first.</summary>
    public IReadOnlyList<LguestDevice> Devices
    {
        get
        {
            // An array, and not what the compiler would choose: scripts index it.
            lock (gate)
                return devices.ToArray();
        }
    }

    /// <summary>The console of the present run, or of the last one.</summary>
    public GuestConsole Console { get; private set; }

    /// <summary>How the last run ended; null before the first end and while the guest runs.</summary>
    public GuestExit? ExitReason { get; private set; }

    /// <summary>The rule of virtio whose breach ended the last run, where one did.</summary>
    public DriverViolation? Violation => ExitReason?.Violation;

    /// <summary>All rules of virtio that its drivers have broken, in all its runs, the oldest first.</summary>
    public IReadOnlyList<LguestViolation> Violations => violations.All;

    /// <summary>How many times the guest has restarted itself in this run, or in the last one.</summary>
    public int Restarts => Counters.Restarts;

    /// <summary>Instructions that this run, or the last one, has retired.</summary>
    public long Instructions => Counters.Instructions;

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>The columns of the table row that it was made from, and which say nothing of the guest itself; null when it was made otherwise.</summary>
    internal IReadOnlySet<string>? RowColumns { get; set; }

    MachineCounters Counters
    {
        get
        {
            lock (gate)
                return lastRun?.Counters ?? default;
        }
    }

    /// <summary>The run of a guest that is not off.</summary>
    internal GuestRun? Run
    {
        get
        {
            lock (gate)
                return run;
        }
    }

    /// <summary>What the guest has done in its present or last run, and what that costs; null when it was never started.</summary>
    internal GuestMeasurement? Measure()
    {
        GuestRun? measured;
        lock (gate)
            measured = lastRun;
        return measured?.Measure(this, Platform);
    }

    /// <summary>The course of its present or last run; null when it was never started.</summary>
    internal GuestTimeline? ReadTimeline()
    {
        GuestRun? told;
        lock (gate)
            told = lastRun;
        return told?.ReadTimeline(Name);
    }

    /// <summary>Adds a device in the next slot. False: the guest is not off.</summary>
    internal bool TryAddDevice(DeviceSettings settings)
    {
        lock (gate)
        {
            if (state != GuestState.Off)
                return false;
            definition.Devices.Add(settings);
            devices.Add(LguestDevice.Create(this, settings));
            return true;
        }
    }

    /// <summary>The slot of a device of this guest; 0 for one that was removed.</summary>
    internal int SlotOf(LguestDevice device)
    {
        lock (gate)
            return devices.IndexOf(device) + 1;
    }

    /// <summary>Makes a device anew of other settings. False: the guest is not off, or no longer has the device.</summary>
    internal bool TryReplaceDevice(LguestDevice device, DeviceSettings settings)
    {
        lock (gate)
        {
            int index = devices.IndexOf(device) - 1;
            if (state != GuestState.Off || index < 0)
                return false;
            definition.Devices[index] = settings;
            device.Settings = settings;
            return true;
        }
    }

    /// <summary>Takes a device out; those behind it move up a slot. False: the guest is not off, or no longer has the device.</summary>
    internal bool TryRemoveDevice(LguestDevice device)
    {
        lock (gate)
        {
            int index = devices.IndexOf(device) - 1;
            if (state != GuestState.Off || index < 0)
                return false;
            definition.Devices.RemoveAt(index);
            return devices.Remove(device);
        }
    }

    /// <summary>Changes what the guest is made of. False: it is not off.</summary>
    internal bool TryChange(Action<GuestDefinition> change)
    {
        lock (gate)
        {
            if (state != GuestState.Off)
                return false;
            change(definition);
            platform = null;   // another kernel may want another
            return true;
        }
    }

    /// <summary>What the guest is made of at present, in a copy.</summary>
    internal GuestDefinition CopyDefinition()
    {
        lock (gate)
            return definition.Copy();
    }

    /// <summary>Gives the guest another name; only for its table, which knows whether it is free.</summary>
    internal void Rename(string name)
    {
        lock (gate)
        {
            definition.Name = name;
            run?.Rename(name);
        }
    }

    /// <summary>Halts the guest between two instructions. False: it does not run, or ended before that.</summary>
    /// <exception cref="OperationCanceledException">The wait for it was given up; the guest runs on.</exception>
    internal bool Suspend(CancellationToken cancellation)
    {
        GuestRun pausing;
        lock (gate)
        {
            if (state != GuestState.Running || run is null)
                return false;
            pausing = run;
        }
        try
        {
            if (!pausing.Pause(cancellation))
                return false;
        }
        catch (OperationCanceledException)
        {
            pausing.Resume();
            throw;
        }
        lock (gate)
        {
            if (run != pausing || state != GuestState.Running)
                return false;
            ChangeState(GuestState.Paused);
            return true;
        }
    }

    /// <summary>Lets a halted guest go on. False: it is not halted.</summary>
    internal bool Resume()
    {
        lock (gate)
        {
            if (state != GuestState.Paused)
                return false;
            ChangeState(GuestState.Running);
            run!.Resume();
            return true;
        }
    }

    /// <summary>Takes the guest out of use for good. False: it is not off.</summary>
    internal bool TryRetire()
    {
        lock (gate)
        {
            if (state != GuestState.Off)
                return false;
            return removed = true;
        }
    }

    /// <summary>Opens all that the guest needs and lets it run. The run is over when its <see cref="GuestRun.Completion"/> is.</summary>
    /// <param name="verbose">Whether the launcher's verbose lines are to be made.</param>
    /// <param name="loading">Told of each file before it is loaded, on the calling thread.</param>
    /// <returns>The new run; null when the guest is not off, or was removed.</returns>
    /// <exception cref="HostResourceException">The host does not have what the guest needs. Nothing stays open.</exception>
    internal GuestRun? Start(bool verbose, Action<string>? loading = null)
    {
        GuestConsole console = new(definition.ConsoleSize);
        lock (gate)
        {
            if (state != GuestState.Off || removed)
                return null;
            timeline = new(console.Buffer);
            ChangeState(GuestState.Starting);
            ExitReason = null;
            Console = console;
            platform = null;   // the machine looks at the kernel file as it is now
        }
        GuestRun? started = null;
        try
        {
            int number = ++runs;   // one thread at a time starts a guest
            started = new GuestRun(definition, console.Buffer, timeline, violation => NoteViolation(number, violation, ended: false), verbose, loading);
            lines = new(console.Buffer, timeline.AddLine, () => ConsoleLine is not null || GuestTable.Process.Listens(GuestEvents.ConsoleLine),
                line => events.Post(new GuestConsoleLineEventArgs(this, line)));
            lock (gate)
            {
                run = lastRun = started;
                ChangeState(GuestState.Running);
            }
            started.Begin(Ended);
            return started;
        }
        finally
        {
            if (started is null)
                lock (gate)
                    ChangeState(GuestState.Off);
        }
    }

    /// <summary>Turns the guest off, if it is on, without waiting for the end.</summary>
    internal GuestRun? RequestStop()
    {
        GuestRun? stopping;
        lock (gate)
        {
            stopping = run;
            if (stopping is not null)
                ChangeState(GuestState.Stopping);
        }
        stopping?.Stop();
        return stopping;
    }

    // Under the gate: so events come in the order of the changes.
    void ChangeState(GuestState next)
    {
        if (state == next)
            return;
        events.Post(new GuestStateChangedEventArgs(this, state, next));
        timeline?.Add(TimelineMarkKind.State, next.ToString());
        state = next;
    }

    // On a thread of the pool, for one event after the other. What a listener throws would end the process there.
    void Tell(GuestEventArgs happened)
    {
        try
        {
            RaiseEvent(happened);
            GuestTable.Process.Tell(happened);
        }
        catch (Exception failure)
        {
            Run?.Warning.Add(new(string.Format(Messages.ListenerFailed, happened.SourceIdentifier, failure.Message)));
        }
    }

    void RaiseEvent(GuestEventArgs happened)
    {
        switch (happened)
        {
            case GuestStateChangedEventArgs change:
                StateChanged?.Invoke(this, change);
                break;
            case GuestConsoleLineEventArgs line:
                ConsoleLine?.Invoke(this, line);
                break;
            case GuestViolationEventArgs violation:
                ViolationFound?.Invoke(this, violation);
                break;
        }
    }

    // Looked for when it is first asked for: kernels are large, and most guests are only listed.
    PlatformChoice DecidePlatform()
    {
        lock (gate)
            if (platform is PlatformChoice known)
                return known;
        try
        {
            PlatformChoice choice = PlatformChoice.Make(definition);
            lock (gate)
                platform = choice;
            return choice;
        }
        catch (HostResourceException unreadable)
        {
            return new(GuestPlatform.Auto, unreadable.Message);
        }
    }

    void Ended(GuestExit exit)
    {
        lock (gate)
        {
            ExitReason = exit;
            if (exit.Violation is { } violation)
                NoteViolation(runs, violation, ended: true);
            run = null;
            ChangeState(GuestState.Off);
            timeline?.Dispose();
        }
        lines?.Dispose();
        Console.Buffer.Close();
    }

    // True: it is the first time in this run.
    bool NoteViolation(int number, DriverViolation violation, bool ended)
    {
        if (violations.Add(number, violation, ended) is not { } entry)
            return false;
        events.Post(new GuestViolationEventArgs(this, entry));
        timeline?.Add(TimelineMarkKind.Violation, violation.Message);
        return true;
    }
}
