using LguestPS.Emulator.Devices;

namespace LguestPS;

/// <summary>What came of a broken rule.</summary>
public enum ViolationOutcome
{
    /// <summary>The guest ended.</summary>
    GuestStopped,
    /// <summary>The device stopped until its driver resets it.</summary>
    DeviceStopped,
    /// <summary>Nothing: what the driver did was ignored, or answered as best it could be.</summary>
    PassedOver,
}

/// <summary>A rule of virtio that a guest's driver broke: when, where, how often, and what came of it.</summary>
public sealed class LguestViolation
{
    readonly LguestGuest guest;
    long occurrences = 1;

    internal LguestViolation(LguestGuest guest, int run, DriverViolation violation, ViolationOutcome outcome)
    {
        this.guest = guest;
        Run = run;
        Violation = violation;
        Outcome = outcome;
    }

    /// <summary>The guest's name.</summary>
    public string GuestName => guest.Name;

    /// <summary>In which of the guest's runs it was, the first being 1.</summary>
    public int Run { get; }

    /// <summary>When it happened first in that run.</summary>
    public DateTime Time { get; } = DateTime.Now;

    /// <summary>How often it has happened in that run: at the same place of the guest's code, on the same queue.</summary>
    public long Occurrences => Volatile.Read(ref occurrences);

    /// <summary>What came of it.</summary>
    public ViolationOutcome Outcome { get; }

    /// <summary>All that the device has to say about it, the offending values too.</summary>
    public DriverViolation Violation { get; }

    /// <summary>The device's kind.</summary>
    public string Device => Violation.Device;

    /// <summary>The device's slot.</summary>
    public int Slot => Violation.Slot;

    /// <summary>The queue's name; null where no queue is involved.</summary>
    public string? Queue => Violation.Queue;

    /// <summary>The rule.</summary>
    public DriverRule Rule => Violation.Rule;

    /// <summary>The section of virtio 1.0 that states it; null where none does.</summary>
    public string? Section => Violation.Section;

    /// <summary>The launcher's text.</summary>
    public string Message => Violation.Message;

    /// <summary>The offending values by name.</summary>
    public IReadOnlyDictionary<string, ulong> Values => Violation.Values;

    /// <summary>The guest's instruction pointer when it was found out.</summary>
    public uint GuestEip => Violation.GuestEip;

    /// <summary>The text.</summary>
    public override string ToString() => Message;

    internal void CountOneMore() => Interlocked.Increment(ref occurrences);

    internal bool IsSame(int run, DriverViolation other) =>
        Run == run && Rule == other.Rule && Slot == other.Slot && Queue == other.Queue && GuestEip == other.GuestEip;
}
