namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>What a segment selector says, and the faults that name one (Intel SDM vol. 3, 3.4.2 and 6.13).</summary>
public static class Selector
{
    /// <summary>Index 0 of the GDT, whatever the privilege bits.</summary>
    public static bool IsNull(ushort selector) => (selector & 0xFFFC) == 0;

    /// <summary>Requested privilege level.</summary>
    public static int Rpl(ushort selector) => selector & 3;

    /// <summary>Refers to the local descriptor table.</summary>
    public static bool IsLocal(ushort selector) => (selector & 4) != 0;

    /// <summary>The same descriptor with another requested privilege.</summary>
    public static ushort WithRpl(ushort selector, int rpl) => (ushort)((selector & 0xFFFC) | rpl);

    /// <summary>#GP, #TS, #NP or #SS with the selector as error code.</summary>
    /// <param name="vector">10 to 13.</param>
    /// <param name="selector">Its privilege bits are dropped.</param>
    /// <param name="external">1 when the event that led here came from outside the program, else 0 (the EXT bit).</param>
    public static CpuFault Fault(byte vector, ushort selector, uint external = 0)
    {
        uint code = (selector & 0xFFFCu) | external;
        return vector switch
        {
            FaultVector.InvalidTss => CpuFault.InvalidTss(code),
            FaultVector.NotPresent => CpuFault.NotPresent(code),
            FaultVector.Stack => CpuFault.Stack(code),
            _ => CpuFault.GeneralProtection(code),
        };
    }
}

/// <summary>Vectors of the exceptions that the processor raises for itself (Intel SDM vol. 3, table 6-1).</summary>
public static class FaultVector
{
    /// <summary>#DE.</summary>
    public const byte Divide = 0;
    /// <summary>#DB.</summary>
    public const byte Debug = 1;
    /// <summary>#BP.</summary>
    public const byte Breakpoint = 3;
    /// <summary>#OF.</summary>
    public const byte Overflow = 4;
    /// <summary>#DF.</summary>
    public const byte DoubleFault = 8;
    /// <summary>#TS.</summary>
    public const byte InvalidTss = 10;
    /// <summary>#NP.</summary>
    public const byte NotPresent = 11;
    /// <summary>#SS.</summary>
    public const byte Stack = 12;
    /// <summary>#GP.</summary>
    public const byte GeneralProtection = 13;
    /// <summary>#PF.</summary>
    public const byte Page = 14;
}
