using LguestPS.Emulator.Devices;

namespace LguestPS;

/// <summary>A device of a guest as its owner sees it: which slot of the bus, what kind, and what it was made of.</summary>
public sealed class LguestDevice
{
    internal LguestDevice(string guestName, int slot, DeviceSettings? settings)
    {
        GuestName = guestName;
        Slot = slot;
        Settings = settings;
    }

    /// <summary>The guest it belongs to.</summary>
    public string GuestName { get; }

    /// <summary>Its slot on PCI bus 0: 1 for the console, then upwards in the order in which devices were added.</summary>
    public int Slot { get; }

    /// <summary>console, block, net or rng.</summary>
    public string Kind => Settings?.Kind ?? "console";

    /// <summary>What was asked for; null for the console, which every guest has and nothing sets up.</summary>
    public DeviceSettings? Settings { get; }

    /// <summary>What was asked for, in a line.</summary>
    public override string ToString() => Settings?.ToString() ?? Kind;
}
