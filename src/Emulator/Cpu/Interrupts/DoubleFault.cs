using LguestPS.Emulator.Cpu.Segmentation;

namespace LguestPS.Emulator.Cpu.Interrupts;

/// <summary>What becomes of a fault that meets the delivery of another event.</summary>
public enum FaultCombination : byte
{
    /// <summary>It is delivered in its place.</summary>
    Serial,
    /// <summary>A double fault.</summary>
    DoubleFault,
    /// <summary>The processor shuts down (the triple fault).</summary>
    Shutdown,
}

/// <summary>Which two faults make a double fault (Intel SDM vol. 3, tables 6-4 and 6-5).</summary>
public static class DoubleFault
{
    enum FaultClass
    {
        Benign,
        Contributory,
        Page,
        DoubleFault,
    }

    /// <summary>Combines an event with the fault that its delivery met.</summary>
    public static FaultCombination Combine(in CpuEvent first, in CpuEvent second) => (ClassOf(first), ClassOf(second)) switch
    {
        (_, FaultClass.Benign) => FaultCombination.Serial,
        (FaultClass.DoubleFault, _) => FaultCombination.Shutdown,
        (FaultClass.Contributory, FaultClass.Contributory) => FaultCombination.DoubleFault,
        (FaultClass.Page, _) => FaultCombination.DoubleFault,
        _ => FaultCombination.Serial,
    };

    static FaultClass ClassOf(in CpuEvent e)
    {
        if (e.Kind != CpuEventKind.Exception)
            return FaultClass.Benign;
        return e.Vector switch
        {
            FaultVector.Divide or FaultVector.InvalidTss or FaultVector.NotPresent or FaultVector.Stack or FaultVector.GeneralProtection => FaultClass.Contributory,
            FaultVector.Page => FaultClass.Page,
            FaultVector.DoubleFault => FaultClass.DoubleFault,
            _ => FaultClass.Benign,
        };
    }
}
