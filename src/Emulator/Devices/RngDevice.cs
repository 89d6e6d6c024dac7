namespace LguestPS.Emulator.Devices;

/// <summary>Entropy for the guest: fills every buffer of its one queue with random bytes (virtio 1.0, section 5.4).</summary>
public sealed class RngDevice(IEntropySource entropy) : VirtioDevice(DeviceType.Entropy, PciClass.Unassigned)
{
    /// <inheritdoc/>
    protected internal override IEnumerable<VirtqueueService> Queues => [new("input", Fill)];

    void Fill(DescriptorChain chain)
    {
        chain.RequireNoReadable(DriverRule.EntropyBuffersAreWritable);
        foreach (Span<byte> buffer in chain.Writable)
            entropy.Fill(buffer);
        chain.Complete(chain.WritableLength);
    }
}

/// <summary>An entropy device to be made when the guest starts.</summary>
public sealed record RngSettings : DeviceSettings
{
    /// <inheritdoc/>
    public override string Kind => "rng";

    /// <inheritdoc/>
    public override VirtioDevice Create(IDeviceHost host) => new RngDevice(new HostEntropy());

    /// <inheritdoc/>
    public override string ToString() => Kind;
}
