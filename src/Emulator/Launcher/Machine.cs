using LguestPS.Emulator.Devices;

namespace LguestPS.Emulator.Launcher;

/// <summary>One run of a guest, from its loaded memory to its end; restarts included.</summary>
public sealed class Machine : IDisposable
{
    /// <summary>Opens everything a guest needs and loads its memory. On failure nothing stays open.</summary>
    /// <exception cref="HostResourceException">Something can't be had: a file, an interface; or a kernel or initrd that can't be loaded.</exception>
    public Machine(GuestDefinition definition, IConsoleBackend console, IMachineLog log) => throw new NotImplementedException();

    /// <summary>Runs the guest on the calling thread until it ends. Called once.</summary>
    public GuestExit Run() => throw new NotImplementedException();

    /// <summary>Ends the run from any thread, as a power switch would: disks are flushed, everything is closed.</summary>
    public void Stop() => throw new NotImplementedException();

    /// <summary>Counters so far.</summary>
    public MachineCounters Counters => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>Numbers that a running machine keeps.</summary>
/// <param name="Instructions">Instructions retired.</param>
/// <param name="Restarts">Restarts by the guest.</param>
public readonly record struct MachineCounters(long Instructions, int Restarts);

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
public sealed record GuestExit(GuestExitKind Kind, string Message, DriverViolation? Violation = null, Exception? Error = null);

/// <summary>Where a machine's messages go.</summary>
public interface IMachineLog
{
    /// <summary>Whether verbose lines are wanted.</summary>
    bool IsVerbose { get; }

    /// <summary>A verbose line. From any thread.</summary>
    void Verbose(string line);

    /// <summary>A warning. From any thread.</summary>
    void Warn(string line);

    /// <summary>The guest is about to start anew. From the running thread.</summary>
    void Restarting();
}
