using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace LguestPS.Emulator.Devices;

/// <summary>A virtio 1.0 PCI device: who it is, what it offers and how its queues are served. Registers, features and rings are the transport's work.</summary>
/// <param name="type">Its virtio type.</param>
/// <param name="pciClass">Its PCI class.</param>
public abstract class VirtioDevice(DeviceType type, PciClass pciClass) : IDisposable
{
    VirtioTransport? transport;
    IDeviceHost? host;
    bool disposed;

    /// <summary>Its virtio type.</summary>
    public DeviceType Type { get; } = type;

    /// <summary>Its PCI class.</summary>
    public PciClass PciClass { get; } = pciClass;

    /// <summary>console, block, net or rng: the name that messages have.</summary>
    public string Name { get; } = type switch
    {
        DeviceType.Network => "net",
        DeviceType.Block => "block",
        DeviceType.Console => "console",
        DeviceType.Entropy => "rng",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>What it is, as the launcher's verbose line says it.</summary>
    public virtual string Description => Name;

    /// <summary>Its PCI slot, 1 to 31; 0 before it is on a bus.</summary>
    public int Slot { get; private set; }

    /// <summary>Its interrupt line, 1 to 31; 0 before it is on a bus.</summary>
    public byte Line { get; private set; }

    /// <summary>The guest-physical address of its registers.</summary>
    public uint WindowAddress { get; private set; }

    /// <summary>Bytes of its registers: the common part and its configuration.</summary>
    public uint WindowSize => VirtioTransport.ConfigurationOffset + (uint)Configuration.Length;

    /// <summary>The features that the driver has accepted.</summary>
    public ulong AcceptedFeatures => transport?.AcceptedFeatures ?? 0;

    /// <summary>Where the driver is in setting the device up, and whether it has to begin anew.</summary>
    public DeviceStatus Status => transport?.Status ?? DeviceStatus.None;

    /// <summary>What the device has done since it was put on the bus. From any thread.</summary>
    public DeviceActivity Activity => new(Slot, Name, Line, [.. transport?.Activity ?? []]);

    /// <summary>Adds what the device has done to sums of requests and of bytes in both directions. From any thread; makes no garbage.</summary>
    public void AddActivity(ref long requests, ref long bytes) => transport?.AddActivity(ref requests, ref bytes);

    /// <summary>Its queues, in order of their numbers.</summary>
    protected internal abstract IEnumerable<VirtqueueService> Queues { get; }

    /// <summary>The feature bits that it offers besides VERSION_1.</summary>
    protected internal virtual ulong Features => 0;

    /// <summary>Features that need one of others: bit masks, the second alternatives of which one must be accepted with the first.</summary>
    protected internal virtual IReadOnlyList<(ulong Feature, ulong NeedsOneOf)> FeatureNeeds => [];

    /// <summary>Its configuration space as the driver reads it; empty if it has none. Its length never changes; its bytes change in <see cref="ChangeConfiguration"/>.</summary>
    protected internal virtual ReadOnlySpan<byte> Configuration => default;

    /// <summary>The machine around it.</summary>
    protected IDeviceHost Host => host ?? throw new InvalidOperationException($"Device {Name} is not on a bus.");

    /// <summary>Bits of the writable configuration field that begins at an offset; 0 where there is none.</summary>
    protected internal virtual uint WritableWidth(uint offset) => 0;

    /// <summary>The driver writes a field that <see cref="WritableWidth"/> allows.</summary>
    protected internal virtual void WriteConfiguration(uint offset, uint value)
    {
    }

    /// <summary>The device has got its place on the bus.</summary>
    protected virtual void OnAttached()
    {
    }

    /// <summary>The driver is ready (DRIVER_OK) and the queues are about to be served.</summary>
    protected internal virtual void OnReady()
    {
    }

    /// <summary>The driver has reset the device; its queue threads have ended.</summary>
    protected internal virtual void OnReset()
    {
    }

    /// <summary>Changes the configuration; the driver sees all of the change or nothing. From any thread.</summary>
    protected void ChangeConfiguration(Action change) => Transport.ChangeConfiguration(change);

    /// <summary>Interrupts a ready driver, so that it reads the configuration anew. From any thread.</summary>
    protected void RaiseConfigurationInterrupt() => Transport.RaiseConfigurationInterrupt();

    /// <summary>Gives back what the device holds of the host. Called once, after its queue threads have ended.</summary>
    protected virtual void Close()
    {
    }

    /// <summary>A read of its registers by the guest. Called on the guest's thread.</summary>
    /// <param name="offset">Bytes from <see cref="WindowAddress"/>.</param>
    /// <param name="mask">0xFF, 0xFFFF or 0xFFFFFFFF: the width of the access.</param>
    /// <exception cref="DriverViolationException">The driver may not do that.</exception>
    public uint ReadWindow(uint offset, uint mask)
    {
        try
        {
            return Transport.Read(offset, mask);
        }
        catch (DriverViolationException broken) when (GoesOn(broken.Violation))
        {
            Transport.Break();
            return 0;
        }
    }

    /// <summary>A write to its registers by the guest. Called on the guest's thread.</summary>
    /// <param name="offset">Bytes from <see cref="WindowAddress"/>.</param>
    /// <param name="value">The value; bits outside the mask are ignored.</param>
    /// <param name="mask">0xFF, 0xFFFF or 0xFFFFFFFF: the width of the access.</param>
    /// <exception cref="DriverViolationException">The driver may not do that.</exception>
    public void WriteWindow(uint offset, uint value, uint mask)
    {
        try
        {
            Transport.Write(offset, value & mask, mask);
        }
        catch (DriverViolationException broken) when (GoesOn(broken.Violation))
        {
            Transport.Break();
        }
    }

    /// <summary>Ends the queue threads and puts the device back to its first state.</summary>
    public void Reset() => transport?.Reset();

    /// <summary>Ends the queue threads and gives back what the device holds of the host.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No device has a finalizer.")]
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        transport?.StopQueues();
        Close();
    }

    VirtioTransport Transport => transport ?? throw new InvalidOperationException($"Device {Name} is not on a bus.");

    /// <summary>The bus gives the device its place.</summary>
    internal void Attach(IDeviceHost machine, int slot, byte line, uint windowAddress)
    {
        host = machine;
        Slot = slot;
        Line = line;
        WindowAddress = windowAddress;
        transport = new VirtioTransport(this, machine);
        OnAttached();
    }

    /// <summary>Makes the exception for a broken rule; the caller throws it.</summary>
    internal DriverViolationException Violate(DriverRule rule, string? queue, params ReadOnlySpan<(string Name, ulong Value)> values)
        => new(DriverRules.Violate(rule, Name, Slot, queue, Host.GuestEip, values));

    /// <summary>A rule is broken that does no lasting harm: returns when the guest may go on.</summary>
    /// <exception cref="DriverViolationException">It may not.</exception>
    internal void PassOver(DriverRule rule, string? queue, params ReadOnlySpan<(string Name, ulong Value)> values)
    {
        Debug.Assert(DriverRules.Describe(rule).Recoverable, "what is passed over is recoverable");
        DriverViolationException broken = Violate(rule, queue, values);
        if (!Host.TryGoOn(broken.Violation))
            throw broken;
    }

    /// <summary>Whether the guest goes on after a violation that the device has not passed over; the device then has to be broken off.</summary>
    internal bool GoesOn(DriverViolation violation) => !DriverRules.Describe(violation.Rule).Recoverable && Host.TryGoOn(violation);
}
