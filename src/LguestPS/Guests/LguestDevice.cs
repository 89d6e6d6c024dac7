using System.Net.NetworkInformation;
using LguestPS.Emulator.Devices;

namespace LguestPS;

/// <summary>A device of a guest as its owner sees it: which slot of the bus, what kind, and what it was made of. The object is live: it follows what is changed.</summary>
public class LguestDevice
{
    readonly LguestGuest guest;

    private protected LguestDevice(LguestGuest guest) => this.guest = guest;

    /// <summary>The guest it belongs to.</summary>
    public string GuestName => guest.Name;

    /// <summary>Its slot on PCI bus 0: 1 for the console, then upwards in the order in which devices were added; 0 once it was removed.</summary>
    public int Slot => guest.SlotOf(this);

    /// <summary>console, block, net or rng.</summary>
    public string Kind => Settings?.Kind ?? "console";

    /// <summary>What was asked for; null for the console, which every guest has and nothing sets up.</summary>
    public DeviceSettings? Settings { get; internal set; }

    /// <summary>What was asked for, in a line.</summary>
    public override string ToString() => Settings?.ToString() ?? Kind;

    /// <summary>A device as questions and what-ifs name it.</summary>
    internal static string Describe(DeviceSettings settings) => settings switch
    {
        BlockDeviceSettings => string.Format(Messages.BlockDevice, settings),
        TunNetSettings => string.Format(Messages.NetworkAdapter, settings),
        RngSettings => Messages.EntropySource,
        _ => settings.ToString()!,
    };

    /// <summary>The guest it belongs to.</summary>
    internal LguestGuest Guest => guest;

    /// <summary>The console, which each guest has.</summary>
    internal static LguestDevice CreateConsole(LguestGuest guest) => new(guest);

    /// <summary>The object for a device, of the type that suits its kind.</summary>
    internal static LguestDevice Create(LguestGuest guest, DeviceSettings settings) => settings switch
    {
        BlockDeviceSettings => new LguestBlockDevice(guest) { Settings = settings },
        TunNetSettings => new LguestNetworkAdapter(guest) { Settings = settings },
        RngSettings => new LguestRng(guest) { Settings = settings },
        _ => new LguestDevice(guest) { Settings = settings },
    };
}

/// <summary>A disk of a guest.</summary>
public sealed class LguestBlockDevice : LguestDevice
{
    internal LguestBlockDevice(LguestGuest guest) : base(guest)
    {
    }

    /// <summary>Full path of the image: a file or a block device.</summary>
    public string Path => Disk.Path;

    /// <summary>The guest may not write.</summary>
    public bool ReadOnly => Disk.ReadOnly;

    /// <summary>What the guest writes is thrown away when it ends.</summary>
    public bool Snapshot => Disk.Snapshot;

    /// <summary>The image's size in bytes, which is the disk's; null while it can't be opened.</summary>
    public long? Size => Disk.TryGetSize();

    /// <summary>The disk's capacity in sectors of 512 bytes, as the guest is told; null while the image can't be opened.</summary>
    public long? Sectors => Size / BlockDevice.SectorSize;

    BlockDeviceSettings Disk => (BlockDeviceSettings)Settings!;
}

/// <summary>A network card of a guest.</summary>
public sealed class LguestNetworkAdapter : LguestDevice
{
    internal LguestNetworkAdapter(LguestGuest guest) : base(guest)
    {
    }

    /// <summary>The IPv4 address of the host's end; null when it is on a bridge.</summary>
    public string? IPAddress => Card.IPAddress?.ToString();

    /// <summary>The bridge that the host's end is on; null when it has an address.</summary>
    public string? Bridge => Card.Bridge;

    /// <summary>The guest's hardware address, as six hexadecimal numbers with colons; null when the guest's driver chooses.</summary>
    public string? MacAddress => Format(Card.MacAddress);

    /// <summary>The host's interface; null when the host names it.</summary>
    public string? TapName => Card.TapName;

    /// <summary>A hardware address as it is given to the cmdlets.</summary>
    internal static string? Format(PhysicalAddress? address) => address is null ? null : string.Join(':', address.GetAddressBytes().Select(part => $"{part:x2}"));

    TunNetSettings Card => (TunNetSettings)Settings!;
}

/// <summary>An entropy source of a guest.</summary>
public sealed class LguestRng : LguestDevice
{
    internal LguestRng(LguestGuest guest) : base(guest)
    {
    }
}
