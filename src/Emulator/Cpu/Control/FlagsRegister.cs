using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Control;

/// <summary>Loads of EFLAGS by popf, iret, sti and task switches: whoever sets IF lets waiting interrupts in.</summary>
public static unsafe class FlagsRegister
{
    /// <summary>Takes the bits of <paramref name="mask"/> from a value and keeps the others.</summary>
    public static void Load(CpuState* s, uint value, uint mask) => Replace(s, (s->Eflags & ~mask) | (value & mask));

    /// <summary>Takes all bits.</summary>
    public static void Replace(CpuState* s, uint value)
    {
        uint changed = value ^ s->OtherFlags;
        s->Eflags = value;
        if ((changed & EflagsBits.Interrupt & value) != 0)
            s->Processor.Notify();
        if ((changed & (EflagsBits.Virtual8086 | EflagsBits.AlignmentCheck)) != 0)
            s->Processor.UpdateMode();
    }
}
