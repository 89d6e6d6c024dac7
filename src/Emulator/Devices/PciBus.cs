namespace LguestPS.Emulator.Devices;

/// <summary>PCI bus 0: a host bridge in slot 0 and devices in slots 1 to 31, seen through ports 0xCF8 and 0xCFC and through the device window above RAM.</summary>
public sealed class PciBus
{
    /// <summary>An empty bus with a host bridge; its device window lies <see cref="WindowPages"/> pages above RAM (the launcher's get_mmio_region).</summary>
    public PciBus(IDeviceHost host) => throw new NotImplementedException();

    /// <summary>Pages of address space above RAM for device registers.</summary>
    public const int WindowPages = 256;

    /// <summary>Puts a device into the next slot and gives it its line and window.</summary>
    /// <exception cref="HostResourceException">TooManyDevices.</exception>
    public void Add(VirtioDevice device) => throw new NotImplementedException();

    /// <summary>The first address past the last device's registers (the launcher's guest_mmio).</summary>
    public uint WindowEnd => throw new NotImplementedException();

    /// <summary>Whether the port is one of 0xCF8-0xCFF.</summary>
    public static bool IsConfigurationPort(ushort port) => throw new NotImplementedException();

    /// <summary>A port read; mask is 0xFF, 0xFFFF or 0xFFFFFFFF. Returns the masked, shifted value in <paramref name="value"/> and the unmasked word, which verbose lines show, as the result.</summary>
    public uint ReadPort(ushort port, uint mask, out uint value) => throw new NotImplementedException();

    /// <summary>A port write. False: nothing of the bus takes it, and the guest gets its fault back.</summary>
    public bool WritePort(ushort port, uint mask, uint value) => throw new NotImplementedException();

    /// <summary>The device whose registers an address touches.</summary>
    public bool TryFindDevice(uint physical, out VirtioDevice device, out uint offset) => throw new NotImplementedException();

    /// <summary>Resets all devices, ends their threads and closes what they hold.</summary>
    public void Dispose() => throw new NotImplementedException();
}
