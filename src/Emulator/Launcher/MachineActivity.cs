using LguestPS.Emulator.Devices;

namespace LguestPS.Emulator.Launcher;

/// <summary>What a machine has done in its run, restarts included, at one moment.</summary>
public sealed record MachineActivity
{
    /// <summary>Nothing yet.</summary>
    public static MachineActivity None { get; } = new();

    /// <summary>Instructions retired.</summary>
    public long Instructions { get; init; }

    /// <summary>Exceptions and software interrupts by vector, as the processor reported them.</summary>
    public IReadOnlyList<long> Traps { get; init; } = [];

    /// <summary>Interrupts taken, by line.</summary>
    public IReadOnlyList<long> Interrupts { get; init; } = [];

    /// <summary>Hypercalls by number; empty on a machine that has none.</summary>
    public IReadOnlyList<long> Hypercalls { get; init; } = [];

    /// <summary>What its devices have done, in slot order.</summary>
    public IReadOnlyList<DeviceActivity> Devices { get; init; } = [];

    /// <summary>Time that the host's processors have worked for the guest: its own thread and those of its queues.</summary>
    public TimeSpan ProcessorTime { get; init; }

    /// <summary>Bytes of guest RAM, mapped into the process while the guest lives.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Bytes of it that the host has really given; what it came to when the guest has ended.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>Bytes of machine code made of the guest's; 0 when its processor interprets.</summary>
    public long CodeBytes { get; init; }

    /// <summary>What was done before a restart and after it: counts are added, sizes are the later ones.</summary>
    public MachineActivity Then(MachineActivity later) => later with
    {
        Instructions = Instructions + later.Instructions,
        Traps = Sum(Traps, later.Traps),
        Interrupts = Sum(Interrupts, later.Interrupts),
        Hypercalls = Sum(Hypercalls, later.Hypercalls),
        // A machine restarts with the devices that it had.
        Devices = Devices.Count == 0 ? later.Devices : [.. Devices.Zip(later.Devices, (one, other) => other with { Queues = [.. one.Queues.Zip(other.Queues, (first, second) => first.Add(second))] })],
        ProcessorTime = ProcessorTime + later.ProcessorTime,
    };

    static IReadOnlyList<long> Sum(IReadOnlyList<long> one, IReadOnlyList<long> other) =>
        one.Count == 0 ? other : other.Count == 0 ? one : [.. one.Zip(other, (first, second) => first + second)];
}

/// <summary>Sums of what a machine has done, cheap enough to be taken many times a second: no garbage is made.</summary>
/// <param name="Instructions">Instructions retired.</param>
/// <param name="Traps">Exceptions and software interrupts.</param>
/// <param name="Interrupts">Interrupts taken.</param>
/// <param name="Hypercalls">Hypercalls.</param>
/// <param name="Requests">Requests that devices have completed.</param>
public readonly record struct MachineSample(long Instructions, long Traps, long Interrupts, long Hypercalls, long Requests)
{
    /// <summary>What was done before and after a restart.</summary>
    public static MachineSample operator +(MachineSample one, MachineSample other) => new(
        one.Instructions + other.Instructions, one.Traps + other.Traps, one.Interrupts + other.Interrupts, one.Hypercalls + other.Hypercalls, one.Requests + other.Requests);

    /// <summary>What was done between two moments.</summary>
    public static MachineSample operator -(MachineSample one, MachineSample other) => new(
        one.Instructions - other.Instructions, one.Traps - other.Traps, one.Interrupts - other.Interrupts, one.Hypercalls - other.Hypercalls, one.Requests - other.Requests);
}
