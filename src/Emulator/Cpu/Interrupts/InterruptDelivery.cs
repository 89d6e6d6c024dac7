using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interrupts;

/// <summary>Enters handlers as hardware does: through the IDT in protected and virtual-8086 mode, through the vector table in real mode (Intel SDM vol. 3, chapter 6 and 20.1.4).</summary>
public static unsafe class InterruptDelivery
{
    // Error code bits (Intel SDM vol. 3, figure 6-7).
    const uint External = 1, InIdt = 2;

    /// <summary>Delivers an event, and what goes wrong while that is done. False: a fault met the delivery of a double fault, the processor shuts down.</summary>
    public static bool Deliver(CpuState* s, CpuEvent e)
    {
        while (true)
        {
            if (e.Kind == CpuEventKind.Exception && e.Vector == FaultVector.Page)
                s->Cr2 = e.LinearAddress;
            uint faultEip = e.Kind == CpuEventKind.SoftwareInterrupt ? e.InstructionEip : s->Eip;
            CpuFault? fault;
            try
            {
                fault = Enter(s, e);
            }
            catch (CpuFault thrown)
            {
                s->Eip = faultEip;
                fault = thrown;
            }
            if (fault is null)
            {
                s->InterruptShadow = 0;
                s->PendingDebug = 0;
                return true;
            }

            CpuEvent second = EventDelivery.ToEvent(fault, s->Eip);
            switch (DoubleFault.Combine(e, second))
            {
                case FaultCombination.Serial:
                    e = second;
                    break;
                case FaultCombination.DoubleFault:
                    if (second.Vector == FaultVector.Page)
                        s->Cr2 = second.LinearAddress;
                    e = new(CpuEventKind.Exception, FaultVector.DoubleFault, true, 0, 0, s->Eip);
                    break;
                default:
                    return false;
            }
        }
    }

    // Returns a fault that belongs to the state entered; throws one that belongs to the state left.
    static CpuFault? Enter(CpuState* s, in CpuEvent e)
    {
        if (Mode.IsReal(s))
        {
            EnterReal(s, e.Vector);
            return null;
        }
        uint external = e.Kind == CpuEventKind.SoftwareInterrupt ? 0 : External;
        uint entryCode = ((uint)e.Vector * 8) | InIdt | external;
        if (((uint)e.Vector * 8) + 7 > s->IdtLimit)
            throw CpuFault.GeneralProtection(entryCode);
        Descriptor gate = new(LinearMemory.ReadSystem<ulong>(s, s->IdtBase + ((uint)e.Vector * 8)));
        bool isTask = gate.Type == DescriptorType.TaskGate;
        if (!isTask && gate.Type is not (DescriptorType.InterruptGate16 or DescriptorType.TrapGate16 or DescriptorType.InterruptGate32 or DescriptorType.TrapGate32))
            throw CpuFault.GeneralProtection(entryCode);
        if (e.Kind == CpuEventKind.SoftwareInterrupt && gate.Dpl < s->Cpl)
            throw CpuFault.GeneralProtection(entryCode);
        if (!gate.Present)
            throw CpuFault.NotPresent(entryCode);
        if (isTask)
            return EnterTask(s, gate, e, external);
        EnterGate(s, gate, e, external);
        return null;
    }

    // The flags that the handler's frame shows. A fault's handler shall come back with RF, so that a breakpoint on the instruction is not met twice.
    static uint FlagsImage(CpuState* s, in CpuEvent e)
    {
        bool isFault = e.Kind == CpuEventKind.Exception && e.Vector is not (FaultVector.Debug or FaultVector.DoubleFault);
        return isFault ? s->Eflags | EflagsBits.Resume : s->Eflags & ~EflagsBits.Resume;
    }

    static void EnterGate(CpuState* s, Descriptor gate, in CpuEvent e, uint external)
    {
        ushort selector = gate.GateSelector;
        if (Selector.IsNull(selector))
            throw CpuFault.GeneralProtection(external);
        Descriptor code = DescriptorTables.Read(s, selector, FaultVector.GeneralProtection, external);
        if (!code.IsCode || code.Dpl > s->Cpl)
            throw Selector.Fault(FaultVector.GeneralProtection, selector, external);
        if (!code.Present)
            throw Selector.Fault(FaultVector.NotPresent, selector, external);

        bool virtual8086 = Mode.IsVirtual8086(s);
        if (virtual8086 && (code.IsConforming || code.Dpl != 0))
            throw Selector.Fault(FaultVector.GeneralProtection, selector, external);
        if (!code.IsConforming && code.Dpl < s->Cpl)
            EnterInnerRing(s, gate, selector, code, e, external, virtual8086);
        else
            EnterSameRing(s, gate, selector, code, e, external);

        uint cleared = EflagsBits.Trap | EflagsBits.NestedTask | EflagsBits.Resume | EflagsBits.Virtual8086;
        if (gate.Type is DescriptorType.InterruptGate16 or DescriptorType.InterruptGate32)
            cleared |= EflagsBits.Interrupt;
        s->OtherFlags &= ~cleared;
        if (virtual8086)
            s->Processor.UpdateMode();
        if (e.Kind == CpuEventKind.Exception && e.Vector == FaultVector.Debug)
            DebugEvents.Entered(s);
    }

    static void EnterSameRing(CpuState* s, Descriptor gate, ushort selector, Descriptor code, in CpuEvent e, uint external)
    {
        bool word = !gate.IsSystem32;
        StackFrame stack = StackFrame.Current(s, external);
        PushReturn(s, ref stack, e, word);
        FarTransfer.CheckOffset(gate.GateOffset, code.Limit, external);
        FarTransfer.LoadCode(s, selector, code, s->Cpl);
        stack.Commit();
        s->Eip = gate.GateOffset;
    }

    static void EnterInnerRing(CpuState* s, Descriptor gate, ushort selector, Descriptor code, in CpuEvent e, uint external, bool virtual8086)
    {
        bool word = !gate.IsSystem32;
        int level = code.Dpl;
        (ushort ss, uint esp) = TaskState.ReadStack(s, level, external);
        Descriptor stackDescriptor = SegmentLoad.CheckStack(s, ss, level, FaultVector.InvalidTss, FaultVector.InvalidTss, external);
        StackFrame stack = StackFrame.Inner(s, ss, stackDescriptor, esp, external);
        if (virtual8086)
        {
            stack.Push(s->Gs.Selector, word);
            stack.Push(s->Fs.Selector, word);
            stack.Push(s->Ds.Selector, word);
            stack.Push(s->Es.Selector, word);
        }
        stack.Push(s->Ss.Selector, word);
        stack.Push(s->R[Reg.Esp], word);
        PushReturn(s, ref stack, e, word);
        FarTransfer.CheckOffset(gate.GateOffset, code.Limit, external);

        FarTransfer.LoadCode(s, selector, code, level);
        SegmentLoad.LoadStack(s, ss, stackDescriptor);
        stack.Commit();
        s->Eip = gate.GateOffset;
        if (virtual8086)
            s->Es = s->Ds = s->Fs = s->Gs = Segment.Null(0);
    }

    static void PushReturn(CpuState* s, ref StackFrame stack, in CpuEvent e, bool word)
    {
        stack.Push(FlagsImage(s, e), word);
        stack.Push(s->Cs.Selector, word);
        stack.Push(s->Eip, word);
        if (e.HasErrorCode)
            stack.Push(e.ErrorCode, word);
    }

    static CpuFault? EnterTask(CpuState* s, Descriptor gate, in CpuEvent e, uint external)
    {
        ushort selector = gate.GateSelector;
        Descriptor descriptor = TaskSwitch.CheckGateTarget(s, selector, external);
        CpuFault? fault = TaskSwitch.Switch(s, selector, descriptor, TaskSwitchCause.Event, s->Eip, FlagsImage(s, e), external);
        if (fault is not null || !e.HasErrorCode)
            return fault;
        try
        {
            StackFrame stack = StackFrame.Current(s, external);
            stack.Push(e.ErrorCode, word: !descriptor.IsSystem32);
            stack.Commit();
            return null;
        }
        catch (CpuFault late)
        {
            return late;
        }
    }

    static void EnterReal(CpuState* s, byte vector)
    {
        uint entry = (uint)vector * 4;
        if (entry + 3 > s->IdtLimit)
            throw CpuFault.GeneralProtection((entry * 2) | InIdt);
        uint pointer = LinearMemory.ReadSystem<uint>(s, s->IdtBase + entry);
        StackFrame stack = StackFrame.Current(s);
        stack.Push(s->Eflags, word: true);
        stack.Push(s->Cs.Selector, word: true);
        stack.Push(s->Eip, word: true);
        FarTransfer.CheckOffset(pointer & 0xFFFF, s->Cs.Limit);
        SegmentLoad.LoadReal(s, SegmentRegister.Cs, (ushort)(pointer >> 16));
        stack.Commit();
        s->Eip = pointer & 0xFFFF;
        s->OtherFlags &= ~(EflagsBits.Interrupt | EflagsBits.Trap | EflagsBits.AlignmentCheck | EflagsBits.Resume);
    }
}
