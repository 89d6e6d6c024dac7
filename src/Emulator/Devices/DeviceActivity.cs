namespace LguestPS.Emulator.Devices;

/// <summary>What a device has done.</summary>
/// <param name="Slot">Its PCI slot.</param>
/// <param name="Kind">Its name: console, block, net, rng.</param>
/// <param name="Line">Its interrupt line.</param>
/// <param name="Queues">What each of its queues has done.</param>
public sealed record DeviceActivity(int Slot, string Kind, byte Line, IReadOnlyList<QueueActivity> Queues);

/// <summary>What a virtqueue has done.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Requests">Requests that were completed.</param>
/// <param name="BytesFromGuest">Bytes in their readable buffers, headers included.</param>
/// <param name="BytesToGuest">Bytes that were written to their writable buffers, status bytes included.</param>
/// <param name="Notifications">Times that the driver has said that there was something new.</param>
/// <param name="Interrupts">Interrupts that told the driver of completed requests.</param>
public sealed record QueueActivity(string Name, long Requests, long BytesFromGuest, long BytesToGuest, long Notifications, long Interrupts)
{
    /// <summary>The queue and its requests.</summary>
    public override string ToString() => $"{Name}: {Requests} requests";

    /// <summary>The sum of two runs of the same queue.</summary>
    public QueueActivity Add(QueueActivity other) => this with
    {
        Requests = Requests + other.Requests,
        BytesFromGuest = BytesFromGuest + other.BytesFromGuest,
        BytesToGuest = BytesToGuest + other.BytesToGuest,
        Notifications = Notifications + other.Notifications,
        Interrupts = Interrupts + other.Interrupts,
    };
}
