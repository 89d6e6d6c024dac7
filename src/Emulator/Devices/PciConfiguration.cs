namespace LguestPS.Emulator.Devices;

/// <summary>The configuration space of a PCI function: the 64 bytes of a type 0 header and, for a virtio device, its capabilities (virtio 1.0, section 4.1.4).</summary>
sealed class PciConfiguration
{
    /// <summary>32-bit words of configuration space; what lies above reads as absent.</summary>
    public const int Words = 0x98 / 4;

    // Registers: 32-bit words, numbered.
    public const int CommandRegister = 0x04 / 4, CacheLineRegister = 0x0C / 4, FirstBar = 0x10 / 4, CardbusRegister = 0x28 / 4, ExpansionRomRegister = 0x30 / 4,
        AccessBarRegister = AccessCapability / 4 + 1, AccessOffsetRegister = AccessBarRegister + 1, AccessLengthRegister = AccessBarRegister + 2, AccessDataRegister = AccessBarRegister + 3;

    // Where the capabilities lie. They are chained in this order, but for the device capability, which comes last and only if the device has configuration.
    const int CommonCapability = 0x40, NotifyCapability = 0x50, IsrCapability = 0x64, DeviceCapability = 0x74, AccessCapability = 0x84;

    const byte VendorCapability = 0x09;
    const byte CapabilityBytes = 16, LongCapabilityBytes = 20;

    readonly uint[] words = new uint[Words];

    PciConfiguration(PciClass pciClass) => words[2] = (uint)pciClass << 16;

    public uint this[int register]
    {
        get => words[register];
        set => words[register] = value;
    }

    /// <summary>A host bridge that says what it is and nothing else.</summary>
    public static PciConfiguration ForHostBridge() => new(PciClass.HostBridge);

    /// <summary>The configuration space of a virtio device.</summary>
    /// <param name="type">Its virtio type.</param>
    /// <param name="pciClass">Its class.</param>
    /// <param name="line">Its interrupt line.</param>
    /// <param name="pin">Its interrupt pin: 0 for none, 1 for INTA.</param>
    /// <param name="windowAddress">The address of its registers: BAR 0.</param>
    /// <param name="configurationBytes">Bytes of its own configuration.</param>
    public static PciConfiguration ForDevice(DeviceType type, PciClass pciClass, byte line, byte pin, uint windowAddress, uint configurationBytes)
    {
        var space = new PciConfiguration(pciClass);
        uint[] words = space.words;
        words[0] = 0x1AF4 | (uint)(0x1040 + (int)type) << 16;   // section 4.1.2.1
        words[CommandRegister] = 1 << 4 << 16;                  // status: there are capabilities
        words[2] |= 1;                                          // revision: not a transitional device (section 4.1.2.1)
        words[FirstBar] = windowAddress;
        words[0x2C / 4] = 0x40 << 16;                           // subsystem device id: the same says so (section 4.1.2.1)
        words[0x34 / 4] = CommonCapability;
        words[0x3C / 4] = line | (uint)pin << 8;

        space.Capability(CommonCapability, CapabilityBytes, type: 1, NotifyCapability, 0, VirtioTransport.CommonSize);
        space.Capability(NotifyCapability, LongCapabilityBytes, type: 2, IsrCapability, VirtioTransport.NotifyOffset, 2);
        space.Capability(IsrCapability, CapabilityBytes, type: 3, AccessCapability, VirtioTransport.IsrOffset, 1);
        space.Capability(DeviceCapability, CapabilityBytes, type: 4, next: 0, VirtioTransport.ConfigurationOffset, configurationBytes);
        space.Capability(AccessCapability, LongCapabilityBytes, type: 5, configurationBytes > 0 ? DeviceCapability : 0, 0, 0);
        return space;
    }

    void Capability(int at, byte bytes, byte type, int next, uint offset, uint length)
    {
        words[at / 4] = VendorCapability | (uint)next << 8 | (uint)bytes << 16 | (uint)type << 24;
        words[at / 4 + 2] = offset;   // the word between is BAR 0 and padding
        words[at / 4 + 3] = length;
    }
}
