namespace LguestPS.Emulator.Devices;

/// <summary>A rule of virtio that a driver broke.</summary>
/// <param name="Device">The device's name: console, block, net, rng.</param>
/// <param name="Slot">Its PCI slot.</param>
/// <param name="Queue">The queue's name, null where no queue is involved.</param>
/// <param name="Rule">The rule's id, an enumerator of <see cref="DriverRule"/>.</param>
/// <param name="Section">The section of virtio 1.0 that states the rule; null where none does.</param>
/// <param name="Message">The launcher's text: <c>NAME vq QUEUE: bad driver: TEXT</c>.</param>
/// <param name="Values">The offending values by name.</param>
/// <param name="GuestEip">The guest's instruction pointer when it was found out.</param>
public sealed record DriverViolation(
    string Device, int Slot, string? Queue, DriverRule Rule, string? Section, string Message,
    IReadOnlyDictionary<string, ulong> Values, uint GuestEip)
{
    /// <summary>The launcher's text.</summary>
    public override string ToString() => Message;
}

/// <summary>Carries a violation to where the guest is ended.</summary>
public sealed class DriverViolationException(DriverViolation violation) : Exception(violation.Message)
{
    /// <summary>What the driver did.</summary>
    public DriverViolation Violation { get; } = violation;
}
