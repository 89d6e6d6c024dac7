namespace LguestPS.Emulator.Hypervisor;

/// <summary>What a guest has asked for and what has happened to it. Counted on the guest's thread; others may read at any time.</summary>
public sealed class HypervisorCounters
{
    /// <summary>Hypercalls by number, those from the ring included.</summary>
    public long[] Hypercalls { get; } = new long[Hypervisor.Hypercalls.Count];

    /// <summary>Traps and software interrupts by vector.</summary>
    public long[] Traps { get; } = new long[GateTable.Length];

    /// <summary>Interrupts delivered, by number.</summary>
    public long[] Interrupts { get; } = new long[LguestDevice.InterruptCount];

    /// <summary>The name of a hypercall number; null where there is none.</summary>
    public static string? NameOf(int hypercall) => Hypervisor.Hypercalls.NameOf(hypercall);
}
