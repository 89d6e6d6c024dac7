namespace LguestPS.Emulator.Devices;

/// <summary>Virtio device types (virtio 1.0, section 5). A PCI device id is 0x1040 more.</summary>
public enum DeviceType : ushort
{
    /// <summary>Network card.</summary>
    Network = 1,
    /// <summary>Block device.</summary>
    Block = 2,
    /// <summary>Console.</summary>
    Console = 3,
    /// <summary>Entropy source.</summary>
    Entropy = 4,
}

/// <summary>PCI class (high byte) and subclass (low byte), a clue for who looks at the bus; drivers go by the device id.</summary>
public enum PciClass : ushort
{
    /// <summary>Mass storage, other.</summary>
    Storage = 0x0180,
    /// <summary>Network, Ethernet.</summary>
    Network = 0x0200,
    /// <summary>Bridge, host bridge.</summary>
    HostBridge = 0x0600,
    /// <summary>Simple communication, serial.</summary>
    Serial = 0x0700,
    /// <summary>None that fits.</summary>
    Unassigned = 0xFF00,
}

/// <summary>Feature bits that are not one device's own (virtio 1.0, section 6), as masks.</summary>
public static class VirtioFeature
{
    /// <summary>The driver may use indirect descriptor tables.</summary>
    public const ulong IndirectDescriptors = 1UL << 28;

    /// <summary>The device follows virtio 1.0.</summary>
    public const ulong Version1 = 1UL << 32;
}

/// <summary>Bits of device_status (virtio 1.0, section 2.1).</summary>
[Flags]
public enum DeviceStatus : byte
{
    /// <summary>Just reset.</summary>
    None = 0,
    /// <summary>The guest has noticed the device.</summary>
    Acknowledge = 1,
    /// <summary>The guest has a driver for it.</summary>
    Driver = 2,
    /// <summary>The driver is ready; queues are served.</summary>
    DriverOk = 4,
    /// <summary>Features are agreed.</summary>
    FeaturesOk = 8,
    /// <summary>The device has met an error that only a reset gets it out of.</summary>
    NeedsReset = 0x40,
    /// <summary>The driver has given up.</summary>
    Failed = 0x80,
}
