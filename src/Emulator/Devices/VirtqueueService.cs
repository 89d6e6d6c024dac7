namespace LguestPS.Emulator.Devices;

/// <summary>How a device serves one of its queues.</summary>
/// <param name="Name">The queue's name, for messages.</param>
/// <param name="Serve">Serves one request, on the queue's own thread; it must complete the chain. The chain object is the queue's, used again for the next request.</param>
/// <param name="Waits">Whether a request may wait for something that comes from outside, as input does.</param>
public sealed record VirtqueueService(string Name, Action<DescriptorChain> Serve, bool Waits = false);
