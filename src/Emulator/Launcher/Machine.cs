using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Hypervisor;
using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Launcher;

/// <summary>One run of a guest, from its loaded memory to its end; restarts included.</summary>
public sealed class Machine : IDisposable
{
    readonly GuestDefinition definition;
    readonly IConsoleBackend console;
    readonly IMachineLog log;
    readonly GuestClock clock;
    readonly object gate = new();
    readonly ManualResetEventSlim ended = new(true);
    readonly long[] finishedBytes;
    GuestSession? session;   // this and what follows: under the gate
    MachineActivity finished = MachineActivity.None;   // what the sessions did that are over: in full, in sums, and above by device
    MachineSample finishedSums;
    int restarts;
    bool started, stopping;

    /// <summary>Opens everything a guest needs and loads its memory. On failure nothing stays open.</summary>
    /// <param name="definition">The guest.</param>
    /// <param name="console">The host's side of its console.</param>
    /// <param name="log">Where messages go.</param>
    /// <param name="clock">The guest's time; the host's when null.</param>
    /// <exception cref="HostResourceException">Something can't be had: a file, an interface; or a kernel or initrd that can't be loaded.</exception>
    public Machine(GuestDefinition definition, IConsoleBackend console, IMachineLog log, IClock? clock = null)
    {
        this.definition = definition;
        this.console = console;
        this.log = log;
        this.clock = new(clock ?? new HostClock());
        finishedBytes = new long[definition.Devices.Count + 1];
        session = OpenSession();
    }

    /// <summary>Runs the guest on the calling thread until it ends, and closes everything. Called once. Throws nothing that the guest or its devices cause: that becomes the answer.</summary>
    /// <exception cref="InvalidOperationException">Called before, or disposed.</exception>
    public GuestExit Run()
    {
        lock (gate)
        {
            if (started || session is null)
                throw new InvalidOperationException("a machine runs once");
            started = true;
            ended.Reset();
        }
        try
        {
            GuestExit? exit = session.Run();
            while (exit is null)
                exit = Restart() ?? session.Run();
            return exit;
        }
        finally
        {
            clock.Release();
            CloseSession();
            ended.Set();
        }
    }

    /// <summary>Ends the run from any thread, as a power switch would: disks are flushed, everything is closed. Returns before it has ended.</summary>
    public void Stop()
    {
        lock (gate)
        {
            stopping = true;
            session?.Stop();
            clock.Release();
        }
    }

    /// <summary>Halts the guest between two instructions, from any thread: its time stands still, while its devices finish what they have begun and take input. Returns when it has halted.</summary>
    /// <returns>False: it has ended, or was stopped, before that.</returns>
    /// <exception cref="OperationCanceledException">The wait was given up; the guest halts all the same.</exception>
    public bool Pause(CancellationToken cancellation)
    {
        lock (gate)
        {
            clock.Close();
            session?.Pause();
        }
        return clock.WaitUntilStanding(cancellation);
    }

    /// <summary>Lets a halted guest go on, from any thread. Its time goes on from where it stood.</summary>
    public void Resume() => clock.Open();

    /// <summary>Counters so far. From any thread.</summary>
    public MachineCounters Counters
    {
        get
        {
            lock (gate)
                return new(finished.Instructions + (session?.InstructionsRetired ?? 0), restarts);
        }
    }

    /// <summary>Devices on the bus, the console included.</summary>
    public int DeviceCount => finishedBytes.Length;

    /// <summary>All that the machine has done so far, at whatever stage of its life. From any thread; the guest is not held up.</summary>
    public MachineActivity Measure()
    {
        lock (gate)
            return session is null ? finished : finished.Then(session.Measure());
    }

    /// <summary>Sums of what the machine has done so far. From any thread; makes no garbage.</summary>
    /// <param name="deviceBytes">Gets the bytes of each device in both directions, in slot order, the console first.</param>
    public MachineSample Sample(Span<long> deviceBytes)
    {
        deviceBytes.Clear();
        lock (gate)
        {
            finishedBytes.AsSpan(0, Math.Min(finishedBytes.Length, deviceBytes.Length)).CopyTo(deviceBytes);
            return session is null ? finishedSums : finishedSums + session.Sample(deviceBytes);
        }
    }

    /// <summary>What tells a guest that is idle from one that works. From any thread.</summary>
    public MachineIdleness Idleness
    {
        get
        {
            lock (gate)
                return session?.Idleness ?? default;
        }
    }

    /// <summary>What the guest, since its last start, has asked of the hypervisor; of the last run when it has ended.</summary>
    public HypervisorCounters HypervisorCounters { get; private set; } = new();

    /// <summary>Stops the guest, waits for its end and frees everything. Not to be called by the thread that is in <see cref="Run"/>.</summary>
    public void Dispose()
    {
        Stop();
        ended.Wait();
        CloseSession();
    }

    GuestSession OpenSession()
    {
        GuestSession opened = GuestSession.Open(definition, console, log, clock);
        HypervisorCounters = (opened as LguestSession)?.Counters ?? new();
        return opened;
    }

    /// <summary>Starts the guest anew with zeroed memory and fresh devices. Null, or why that was not to be.</summary>
    GuestExit? Restart()
    {
        CloseSession();
        log.Restarting();
        clock.CatchUp();
        GuestSession opened;
        try
        {
            opened = OpenSession();
        }
        catch (Exception e)
        {
            return GuestExits.FromFailure(e);   // a file or an interface that was there at the first start has gone
        }
        lock (gate)
        {
            restarts++;
            session = opened;
            if (stopping)
                opened.Stop();
            if (clock.IsClosed)
                opened.Pause();
        }
        return null;
    }

    void CloseSession()
    {
        GuestSession? closing;
        lock (gate)
        {
            closing = session;
            session = null;
            if (closing is not null)
            {
                finished = finished.Then(closing.Measure());
                finishedSums += closing.Sample(finishedBytes);
            }
        }
        try
        {
            closing?.Dispose();
        }
        catch (Exception e)
        {
            log.Warn($"Closing the guest's devices: {e.Message}");
        }
    }
}

/// <summary>Numbers that a running machine keeps.</summary>
/// <param name="Instructions">Instructions retired.</param>
/// <param name="Restarts">Restarts by the guest.</param>
public readonly record struct MachineCounters(long Instructions, int Restarts);

/// <summary>How much a guest has done since its last start: while it is idle the first grows as fast as time does, and the second not at all.</summary>
/// <param name="Halted">How long its processor has been halted.</param>
/// <param name="Requests">Requests that its devices have served.</param>
public readonly record struct MachineIdleness(TimeSpan Halted, long Requests);

/// <summary>Why a guest ended.</summary>
public enum GuestExitKind
{
    /// <summary>It powered itself off (its death text is the launcher's "CRASH: Power down").</summary>
    PowerOff,
    /// <summary>It crashed, or broke a rule of the lguest interface.</summary>
    Crash,
    /// <summary>A driver broke a rule of virtio.</summary>
    DriverViolation,
    /// <summary>The user stopped it.</summary>
    Stopped,
    /// <summary>The host failed it.</summary>
    HostError,
}

/// <summary>How a guest ended.</summary>
/// <param name="Kind">In a word.</param>
/// <param name="Message">The launcher's text.</param>
/// <param name="Violation">The rule that was broken, where one was.</param>
/// <param name="Error">The host's error, where there was one.</param>
public sealed record GuestExit(GuestExitKind Kind, string Message, DriverViolation? Violation = null, Exception? Error = null)
{
    /// <summary>The kind where all is well, although the launcher's text says "CRASH" for a power-off too; else the text.</summary>
    public override string ToString() => Kind is GuestExitKind.PowerOff or GuestExitKind.Stopped ? Kind.ToString() : Message;
}

/// <summary>Where a machine's messages go.</summary>
public interface IMachineLog
{
    /// <summary>Whether verbose lines are wanted.</summary>
    bool IsVerbose { get; }

    /// <summary>A verbose line. From any thread.</summary>
    void Verbose(string line);

    /// <summary>A warning. From any thread.</summary>
    void Warn(string line);

    /// <summary>A driver broke a rule of virtio, and the guest goes on. From any thread.</summary>
    void Violation(DriverViolation violation)
    {
    }

    /// <summary>A file is about to be loaded into the guest's memory: from the thread that makes the machine, and when the guest restarts from the running one.</summary>
    /// <param name="path">Its full path.</param>
    void Loading(string path)
    {
    }

    /// <summary>The guest is about to start anew. From the running thread.</summary>
    void Restarting();
}
