using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interrupts;

/// <summary>Single step and the four breakpoints (Intel SDM vol. 3, 17.2 and 17.3). The run loop calls <see cref="Before"/> and <see cref="After"/> around each instruction that it steps.</summary>
public static unsafe class DebugEvents
{
    /// <summary>DR6.BT.</summary>
    public const uint TaskSwitchBit = 1 << 15;

    /// <summary>DR6.BS.</summary>
    public const uint SingleStepBit = 1 << 14;

    const uint GeneralDetectBit = 1 << 13;
    const uint StatusDefined = 0xE00F, StatusFixed = 0xFFFF0FF0;
    const uint ControlDefined = 0xFFFF23FF, ControlFixed = 0x400;
    const uint GeneralDetectEnable = 1 << 13, AllEnables = 0xFF;

    enum Condition : uint
    {
        Execute = 0,
        Write = 1,
        Port = 2,
        Access = 3,
    }

    /// <summary>DR6 as it reads back after a write.</summary>
    public static uint StatusBits(uint value) => (value & StatusDefined) | StatusFixed;

    /// <summary>DR7 as it reads back after a write.</summary>
    public static uint ControlBits(uint value) => (value & ControlDefined) | ControlFixed;

    /// <summary>Whether any breakpoint is enabled: memory accesses then need <see cref="NoteAccess"/>.</summary>
    public static bool HasBreakpoints(CpuState* s) => (s->Dr[7] & AllEnables) != 0;

    /// <summary>Before an instruction. True: a breakpoint on it was delivered, it must not run.</summary>
    /// <param name="cpu">The processor.</param>
    /// <param name="watched">Whether breakpoints count: not right after a load of SS.</param>
    public static bool Before(Processor cpu, bool watched)
    {
        CpuState* s = cpu.State;
        if ((s->OtherFlags & EflagsBits.Trap) != 0)
            s->PendingDebug |= SingleStepBit;
        // RF holds for one instruction; a fault of it sets RF again in the flags that it pushes.
        bool resumed = (s->OtherFlags & EflagsBits.Resume) != 0;
        s->OtherFlags &= ~EflagsBits.Resume;
        if (resumed || !watched)
            return false;
        uint hits = Match(s, s->Cs.Base + s->Eip, 1, Condition.Execute, Condition.Execute);
        if (hits == 0)
            return false;
        Deliver(cpu, hits);
        return true;
    }

    /// <summary>After an instruction that did not fault: delivers the traps that are due.</summary>
    public static void After(Processor cpu)
    {
        CpuState* s = cpu.State;
        uint due = s->PendingDebug;
        if (s->InterruptShadow == CpuState.AfterStackSegment)
        {
            s->PendingDebug &= ~SingleStepBit;   // after a load of SS traps wait for the next instruction, single step is lost
            return;
        }
        s->PendingDebug = 0;
        if (due != 0)
            Deliver(cpu, due);
    }

    static void Deliver(Processor cpu, uint statusBits)
    {
        CpuState* s = cpu.State;
        s->PendingDebug = 0;
        s->Dr[6] |= statusBits;
        cpu.Owner.Deliver(cpu, new(CpuEventKind.Exception, FaultVector.Debug, false, 0, 0, s->Eip));
    }

    /// <summary>Notes a data access for the breakpoints that watch it; they trap after the instruction.</summary>
    public static void NoteAccess(CpuState* s, uint linear, uint length, bool write) =>
        s->PendingDebug |= Match(s, linear, length, write ? Condition.Write : Condition.Access, Condition.Access);

    /// <summary>The DR6 bits of I/O breakpoints on a port access.</summary>
    public static uint MatchPort(CpuState* s, ushort port, int size) =>
        (s->Cr4 & Control.Cr4.DebuggingExtensions) != 0 ? Match(s, port, (uint)size, Condition.Port, Condition.Port) : 0;

    // Enabled breakpoints of one of two conditions that overlap a range. A breakpoint's range is aligned to its own length.
    static uint Match(CpuState* s, uint start, uint length, Condition first, Condition second)
    {
        uint control = s->Dr[7], hits = 0;
        if ((control & AllEnables) == 0)
            return 0;
        for (int i = 0; i < 4; i++)
        {
            if (((control >> (i * 2)) & 3) == 0)
                continue;
            uint field = control >> (16 + (i * 4));
            var condition = (Condition)(field & 3);
            if (condition != first && condition != second)
                continue;
            uint size = ((field >> 2) & 3) switch { 0 => 1u, 1 => 2u, 2 => 8u, _ => 4u };
            uint watched = s->Dr[i] & ~(size - 1);
            if (start - watched < size || watched - start < length)
                hits |= 1u << i;
        }
        return hits;
    }

    /// <summary>#DB for a use of the debug registers while DR7.GD guards them.</summary>
    public static void CheckGeneralDetect(CpuState* s)
    {
        if ((s->Dr[7] & GeneralDetectEnable) == 0)
            return;
        s->Dr[6] |= GeneralDetectBit;
        throw CpuFault.Debug();
    }

    /// <summary>What entering the debug handler does to DR7: the handler may use the registers.</summary>
    public static void Entered(CpuState* s) => s->Dr[7] &= ~GeneralDetectEnable;
}
