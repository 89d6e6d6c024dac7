namespace LguestPS.Emulator.Devices;

/// <summary>A virtio 1.0 PCI device.</summary>
public abstract class VirtioDevice : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => GC.SuppressFinalize(this);
}
