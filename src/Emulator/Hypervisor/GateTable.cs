namespace LguestPS.Emulator.Hypervisor;

/// <summary>A gate of the guest: where one of its handlers is. The handler's segment is always the kernel's code.</summary>
readonly record struct Gate(uint Address, byte Type, byte Dpl, bool Present)
{
    /// <summary>Type of an interrupt gate: interrupts are disabled on the way in.</summary>
    public const byte Interrupt = 0xE;

    /// <summary>Type of a trap gate.</summary>
    public const byte Trap = 0xF;
}

/// <summary>The guest's gates, by vector.</summary>
sealed class GateTable
{
    /// <summary>Vectors.</summary>
    public const int Length = 256;

    /// <summary>The vector of hypercalls.</summary>
    public const byte HypercallVector = 0x1F;

    /// <summary>The vector of interrupt 0.</summary>
    public const int FirstInterruptVector = 32;

    /// <summary>The highest ring that may execute the hypercall instruction.</summary>
    public const int HypercallDpl = 1;

    readonly Gate[] gates = new Gate[Length];

    /// <summary>The gate of a vector.</summary>
    public ref readonly Gate this[int vector] => ref gates[vector];

    /// <summary>Whether the vector is the hypervisor's (non-maskable interrupt, double fault, spurious interrupt, hypercalls): loads of its gate are ignored.</summary>
    public static bool IsHostVector(uint vector) => vector is 2 or 8 or 15 or HypercallVector;

    /// <summary>Loads a gate from the two words of its descriptor (Intel SDM vol. 3, figure 6-2). Null, or why the guest dies of it.</summary>
    public string? Load(uint vector, uint low, uint high)
    {
        if (IsHostVector(vector))
            return null;
        if (vector >= Length)
            return $"Setting idt entry {(int)vector}";
        bool present = (high & 0x8000) != 0;
        byte type = (byte)(high >> 8 & 0xF);
        if (present && type is not (Gate.Interrupt or Gate.Trap))
            return $"bad IDT type {type}";
        gates[vector] = present ? new((high & 0xFFFF0000) | (low & 0xFFFF), type, (byte)(high >> 13 & 3), true) : default;
        return null;
    }

    /// <summary>Whether the processor itself takes a trap to the guest: a trap gate of a vector that the hypervisor has no need to see.</summary>
    public bool IsDirect(int vector, uint syscallVector) =>
        gates[vector].Type == Gate.Trap
        && vector is not (7 or 13 or 14 or HypercallVector)
        && (vector < FirstInterruptVector || vector == syscallVector);
}
