namespace LguestPS.Emulator.Devices;

/// <summary>Which interrupt lines the devices on a PCI bus get, and what their headers say of it.</summary>
public sealed class PciInterruptRouting
{
    readonly byte[] lines;

    PciInterruptRouting(byte pin, byte[] lines) => (Pin, this.lines) = (pin, lines);

    /// <summary>lguest's: lines of its own interrupt controller, from 1 up in the order of the slots, 0 being the timer. Guests take the number from the header; no pin is named.</summary>
    public static PciInterruptRouting Lguest { get; } = new(0, [.. Enumerable.Range(1, 31).Select(slot => (byte)slot)]);

    /// <summary>A PC's: the four lines of its interrupt controllers that no fixed device has, shared by slots in turn, through pin INTA.</summary>
    public static PciInterruptRouting Pc { get; } = new(1, [10, 11, 9, 5]);

    /// <summary>The interrupt pin register: 0 for none, 1 for INTA.</summary>
    public byte Pin { get; }

    /// <summary>The line of a slot, 1 to 31.</summary>
    public byte LineOf(int slot) => lines[(slot - 1) % lines.Length];
}
