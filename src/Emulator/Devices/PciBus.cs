using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Devices;

/// <summary>PCI bus 0: a host bridge in slot 0 and devices in slots 1 to 31, seen through ports 0xCF8 and 0xCFC and through the device window above RAM.</summary>
public sealed class PciBus : IDisposable
{
    /// <summary>Pages of address space above RAM for device registers.</summary>
    public const int WindowPages = 256;

    const int Slots = 32;
    const ushort AddressPort = 0xCF8, DataPort = 0xCFC;

    readonly IDeviceHost host;
    readonly PciInterruptRouting routing;
    readonly Function?[] functions = new Function?[Slots];
    readonly List<VirtioDevice> devices = [];

    /// <summary>What was last written to port 0xCF8: which register port 0xCFC is.</summary>
    uint address;

    /// <summary>A function on the bus: the host bridge, which has no device, or a device.</summary>
    sealed record Function(PciConfiguration Space, VirtioDevice? Device);

    /// <summary>An empty bus with a host bridge; its device window lies <see cref="WindowPages"/> pages above RAM.</summary>
    /// <param name="host">The machine around it.</param>
    /// <param name="routing">Which interrupt lines its devices get; lguest's when null.</param>
    public PciBus(IDeviceHost host, PciInterruptRouting? routing = null)
    {
        this.host = host;
        this.routing = routing ?? PciInterruptRouting.Lguest;
        functions[0] = new Function(PciConfiguration.ForHostBridge(), null);
        WindowEnd = host.Memory.Size + WindowPages * GuestMemory.PageSize;
    }

    /// <summary>The devices in order of their slots.</summary>
    public IReadOnlyList<VirtioDevice> Devices => devices;

    /// <summary>The first address past the last device's registers.</summary>
    public uint WindowEnd { get; private set; }

    /// <summary>Puts a device into the next slot and gives it its line and window. The bus disposes it from then on.</summary>
    /// <exception cref="HostResourceException">TooManyDevices: all 31 slots are taken. The device stays the caller's.</exception>
    public void Add(VirtioDevice device)
    {
        int slot = devices.Count + 1;
        if (slot >= Slots)
            throw new HostResourceException("TooManyDevices", "Can only handle 31 PCI devices", device.Name);
        byte line = routing.LineOf(slot);
        device.Attach(host, slot, line, WindowEnd);
        functions[slot] = new Function(PciConfiguration.ForDevice(device.Type, device.PciClass, line, routing.Pin, WindowEnd, (uint)device.Configuration.Length), device);
        WindowEnd += BitOperations.RoundUpToPowerOf2(device.WindowSize);
        devices.Add(device);
        if (host.IsVerbose)
            host.Verbose($"device {slot}: {device.Description}");
    }

    /// <summary>Whether the port is one of 0xCF8-0xCFF.</summary>
    public static bool IsConfigurationPort(ushort port) => port is >= AddressPort and < DataPort + 4;

    /// <summary>A port read: the register, shifted by the port's low bits, and masked with 0xFF, 0xFFFF or 0xFFFFFFFF. All-ones where nothing is.</summary>
    /// <exception cref="DriverViolationException">The register is pci_cfg_data, and its window is not valid or the driver may not read there.</exception>
    public uint ReadPort(ushort port, uint mask)
    {
        uint word = port < DataPort ? address : ReadRegister();
        return word >> (port & 3) * 8 & mask;
    }

    /// <summary>A port write. False: nothing of the bus takes it, and the guest gets its fault back.</summary>
    /// <exception cref="DriverViolationException">The register is pci_cfg_data, and the driver may not write there.</exception>
    public bool WritePort(ushort port, uint mask, uint value)
    {
        if (port >= DataPort)
            return WriteRegister(port & 3, mask, value);
        address = Merge(address, port & 3, mask, value);
        if (host.IsVerbose)
        {
            string state = Enabled ? "" : " DISABLED";
            host.Verbose($"PCI{state}: {CFormat.Hex(value)}/{mask:x}: bus {address >> 16 & 0xFF} dev {address >> 11 & 0x1F} func {address >> 8 & 7} reg {address >> 2 & 0x3F}");
        }
        return true;
    }

    /// <summary>The device whose registers an address touches.</summary>
    public bool TryFindDevice(uint physical, [NotNullWhen(true)] out VirtioDevice? device, out uint offset)
    {
        foreach (VirtioDevice candidate in devices)
        {
            offset = physical - candidate.WindowAddress;
            if (physical < candidate.WindowAddress || offset >= candidate.WindowSize)
                continue;
            device = candidate;
            return true;
        }
        device = null;
        offset = 0;
        return false;
    }

    /// <summary>Resets all devices, ends their threads and closes what they hold.</summary>
    public void Dispose()
    {
        foreach (VirtioDevice device in devices)
        {
            device.Reset();
            device.Dispose();
        }
    }

    bool Enabled => (address & 0x8000_0000) != 0;

    /// <summary>The function and register that the address port names.</summary>
    bool TrySelect([NotNullWhen(true)] out Function? function, out int register)
    {
        register = (int)(address >> 2 & 0x3F);
        bool busZeroFunctionZero = (address & 0x00FF_0700) == 0;
        function = Enabled && busZeroFunctionZero && register < PciConfiguration.Words ? functions[address >> 11 & 0x1F] : null;
        return function is not null;
    }

    uint ReadRegister()
    {
        if (!TrySelect(out Function? function, out int register))
            return uint.MaxValue;
        if (register == PciConfiguration.AccessDataRegister && function.Device is { } device)
            ReadThroughWindow(function.Space, device);
        return function.Space[register];
    }

    /// <summary>pci_cfg_data is read: fetches it from the registers that the capability names (section 4.1.4.7.1).</summary>
    void ReadThroughWindow(PciConfiguration space, VirtioDevice device)
    {
        var window = new ConfigurationWindow(space);
        if (!window.IsValid(device))
        {
            device.PassOver(DriverRule.WindowReadInRegion, null, ("bar", window.Bar), ("offset", window.Offset), ("length", window.Length));
            return;
        }
        uint data = device.ReadWindow(window.Offset, window.Mask);
        space[PciConfiguration.AccessDataRegister] = data;
        if (host.IsVerbose)
            host.Verbose($"Window read {CFormat.Hex(data)}/{CFormat.Hex(window.Mask)} from bar {window.Bar}, offset {window.Offset} len {window.Length}");
    }

    bool WriteRegister(int byteOffset, uint mask, uint value)
    {
        if (!TrySelect(out Function? function, out int register))
            return false;
        PciConfiguration space = function.Space;
        switch (register)
        {
            case PciConfiguration.FirstBar:
                // The guest finds the size by writing all ones: the bits of an address inside the region don't stick.
                uint size = function.Device is null ? 1 : BitOperations.RoundUpToPowerOf2(function.Device.WindowSize);
                space[register] = Merge(space[register], byteOffset, mask, value) & ~(size - 1);
                return true;

            case (> PciConfiguration.FirstBar and <= PciConfiguration.CardbusRegister) or PciConfiguration.ExpansionRomRegister:
                space[register] = Merge(space[register], byteOffset, mask, value);
                return true;

            case PciConfiguration.CacheLineRegister when mask != uint.MaxValue && byteOffset < 2:
                space[register] = Merge(space[register], byteOffset, mask, value);
                return true;

            case PciConfiguration.CommandRegister when mask == 0xFFFF:
                return true;   // nothing to switch on or off

            case PciConfiguration.AccessBarRegister or PciConfiguration.AccessOffsetRegister or PciConfiguration.AccessLengthRegister when function.Device is not null:
                space[register] = Merge(space[register], byteOffset, mask, value);
                return true;

            case PciConfiguration.AccessDataRegister when function.Device is { } device:
                return WriteThroughWindow(space, device, byteOffset, mask, value);

            default:
                return false;
        }
    }

    /// <summary>pci_cfg_data is written: passes it on to the registers that the capability names (section 4.1.4.7.1).</summary>
    bool WriteThroughWindow(PciConfiguration space, VirtioDevice device, int byteOffset, uint mask, uint value)
    {
        var window = new ConfigurationWindow(space);
        if (!window.IsValid(device))
            return false;
        uint data = Merge(space[PciConfiguration.AccessDataRegister], byteOffset, mask, value);
        space[PciConfiguration.AccessDataRegister] = data;
        if (host.IsVerbose)
            host.Verbose($"Window writing {CFormat.Hex(data)}/{CFormat.Hex(window.Mask)} to bar {window.Bar}, offset {window.Offset} len {window.Length}");
        device.WriteWindow(window.Offset, data, window.Mask);   // its width is the capability's length, not this access's
        return true;
    }

    /// <summary>Puts the bytes of a 1-, 2- or 4-byte write into a word.</summary>
    static uint Merge(uint word, int byteOffset, uint mask, uint value)
        => word & ~(mask << byteOffset * 8) | (value & mask) << byteOffset * 8;

    /// <summary>The region that the PCI configuration access capability names.</summary>
    readonly ref struct ConfigurationWindow(PciConfiguration space)
    {
        public uint Bar { get; } = space[PciConfiguration.AccessBarRegister] & 0xFF;

        public uint Offset { get; } = space[PciConfiguration.AccessOffsetRegister];

        public uint Length { get; } = space[PciConfiguration.AccessLengthRegister];

        public uint Mask => Length switch { 1 => 0xFF, 2 => 0xFFFF, _ => uint.MaxValue };

        /// <summary>It is 1, 2 or 4 aligned bytes within BAR 0 (section 4.1.4.7.2).</summary>
        public bool IsValid(VirtioDevice device)
            => Bar == 0 && Length is 1 or 2 or 4 && (ulong)Offset + Length <= device.WindowSize && Offset % Length == 0;
    }
}
