using LguestPS.Emulator.Cpu.Interrupts;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>Far jumps and calls: to code segments, through call gates, to tasks (Intel SDM vol. 3, 5.8 and vol. 2, JMP and CALL).</summary>
public static unsafe class FarTransfer
{
    /// <summary>Jumps.</summary>
    /// <param name="s">The processor; EIP becomes the target.</param>
    /// <param name="selector">Code segment, call gate, task gate or TSS.</param>
    /// <param name="offset">Ignored unless the selector is a code segment's.</param>
    /// <param name="nextEip">Where a task that is left goes on.</param>
    public static void Jump(CpuState* s, ushort selector, uint offset, uint nextEip)
    {
        if (!Mode.IsProtected(s))
        {
            CheckOffset(offset, s->Cs.Limit);
            LoadFlatCode(s, selector);
            s->Eip = offset;
            return;
        }
        Descriptor descriptor = ReadTarget(s, selector);
        if (descriptor.IsCodeOrData)
        {
            CheckSameLevelCode(s, selector, descriptor);
            CheckOffset(offset, descriptor.Limit);
            LoadCode(s, selector, descriptor, s->Cpl);
            s->Eip = offset;
            return;
        }
        switch (descriptor.Type)
        {
            case DescriptorType.CallGate16 or DescriptorType.CallGate32:
                (ushort target, Descriptor code) = ReadGateTarget(s, selector, descriptor);
                if (!code.IsConforming && code.Dpl != s->Cpl)
                    throw Selector.Fault(FaultVector.GeneralProtection, target);
                if (!code.Present)
                    throw Selector.Fault(FaultVector.NotPresent, target);
                CheckOffset(descriptor.GateOffset, code.Limit);
                LoadCode(s, target, code, s->Cpl);
                s->Eip = descriptor.GateOffset;
                break;
            default:
                ToTask(s, selector, descriptor, TaskSwitchCause.Jump, nextEip);
                break;
        }
    }

    /// <summary>Calls.</summary>
    /// <param name="s">The processor; EIP becomes the target.</param>
    /// <param name="selector">Code segment, call gate, task gate or TSS.</param>
    /// <param name="offset">Ignored unless the selector is a code segment's.</param>
    /// <param name="nextEip">The return address.</param>
    /// <param name="word">16-bit operand size.</param>
    public static void Call(CpuState* s, ushort selector, uint offset, uint nextEip, bool word)
    {
        if (!Mode.IsProtected(s))
        {
            CheckOffset(offset, s->Cs.Limit);
            PushReturn(s, nextEip, word);
            LoadFlatCode(s, selector);
            s->Eip = offset;
            return;
        }
        Descriptor descriptor = ReadTarget(s, selector);
        if (descriptor.IsCodeOrData)
        {
            CheckSameLevelCode(s, selector, descriptor);
            CheckOffset(offset, descriptor.Limit);
            PushReturn(s, nextEip, word);
            LoadCode(s, selector, descriptor, s->Cpl);
            s->Eip = offset;
            return;
        }
        switch (descriptor.Type)
        {
            case DescriptorType.CallGate16 or DescriptorType.CallGate32:
                ThroughGate(s, selector, descriptor, nextEip);
                break;
            default:
                ToTask(s, selector, descriptor, TaskSwitchCause.Call, nextEip);
                break;
        }
    }

    static void ThroughGate(CpuState* s, ushort selector, Descriptor gate, uint nextEip)
    {
        (ushort target, Descriptor code) = ReadGateTarget(s, selector, gate);
        if (!code.Present)
            throw Selector.Fault(FaultVector.NotPresent, target);
        uint offset = gate.GateOffset;
        bool word = !gate.IsSystem32;
        if (code.IsConforming || code.Dpl == s->Cpl)
        {
            CheckOffset(offset, code.Limit);
            PushReturn(s, nextEip, word);
            LoadCode(s, target, code, s->Cpl);
            s->Eip = offset;
            return;
        }

        int level = code.Dpl;
        (ushort ss, uint esp) = TaskState.ReadStack(s, level, 0);
        Descriptor stackDescriptor = SegmentLoad.CheckStack(s, ss, level, FaultVector.InvalidTss, FaultVector.InvalidTss, 0);
        StackFrame inner = StackFrame.Inner(s, ss, stackDescriptor, esp, 0);
        StackFrame outer = StackFrame.Current(s);
        inner.Push(s->Ss.Selector, word);
        inner.Push(s->R[Reg.Esp], word);
        for (int i = gate.GateParameters - 1; i >= 0; i--)
            inner.Push(outer.PeekAt((uint)i * (word ? 2u : 4u), word), word);
        inner.Push(s->Cs.Selector, word);
        inner.Push(nextEip, word);
        CheckOffset(offset, code.Limit);

        LoadCode(s, target, code, level);
        SegmentLoad.LoadStack(s, ss, stackDescriptor);
        inner.Commit();
        s->Eip = offset;
    }

    static void ToTask(CpuState* s, ushort selector, Descriptor descriptor, TaskSwitchCause cause, uint nextEip)
    {
        bool isGate = descriptor.Type == DescriptorType.TaskGate;
        if (!isGate && !descriptor.IsAvailableTss)
            throw Selector.Fault(FaultVector.GeneralProtection, selector);
        if (descriptor.Dpl < s->Cpl || descriptor.Dpl < Selector.Rpl(selector) || (!isGate && Selector.IsLocal(selector)))
            throw Selector.Fault(FaultVector.GeneralProtection, selector);
        if (!descriptor.Present)
            throw Selector.Fault(FaultVector.NotPresent, selector);
        if (isGate)
        {
            selector = descriptor.GateSelector;
            descriptor = TaskSwitch.CheckGateTarget(s, selector, 0);
        }
        CpuFault? fault = TaskSwitch.Switch(s, selector, descriptor, cause, nextEip, s->Eflags, 0);
        if (fault is not null)
            EventDelivery.Raise(s, fault);
    }

    static Descriptor ReadTarget(CpuState* s, ushort selector)
    {
        if (Selector.IsNull(selector))
            throw CpuFault.GeneralProtection(0);
        return DescriptorTables.Read(s, selector);
    }

    static void CheckSameLevelCode(CpuState* s, ushort selector, Descriptor descriptor)
    {
        bool allowed = descriptor.IsConforming
            ? descriptor.Dpl <= s->Cpl
            : descriptor.IsCode && Selector.Rpl(selector) <= s->Cpl && descriptor.Dpl == s->Cpl;
        if (!allowed)
            throw Selector.Fault(FaultVector.GeneralProtection, selector);
        if (!descriptor.Present)
            throw Selector.Fault(FaultVector.NotPresent, selector);
    }

    // The checks that a jump and a call through a gate share.
    static (ushort Selector, Descriptor Code) ReadGateTarget(CpuState* s, ushort selector, Descriptor gate)
    {
        if (gate.Dpl < s->Cpl || gate.Dpl < Selector.Rpl(selector))
            throw Selector.Fault(FaultVector.GeneralProtection, selector);
        if (!gate.Present)
            throw Selector.Fault(FaultVector.NotPresent, selector);
        ushort target = gate.GateSelector;
        Descriptor code = ReadTarget(s, target);
        if (!code.IsCode || code.Dpl > s->Cpl)
            throw Selector.Fault(FaultVector.GeneralProtection, target);
        return (target, code);
    }

    static void PushReturn(CpuState* s, uint nextEip, bool word)
    {
        StackFrame stack = StackFrame.Current(s);
        stack.Push(s->Cs.Selector, word);
        stack.Push(nextEip, word);
        stack.Commit();
    }

    /// <summary>#GP(0) for a target beyond its segment.</summary>
    internal static void CheckOffset(uint offset, uint limit, uint external = 0)
    {
        if (offset > limit)
            throw CpuFault.GeneralProtection(external);
    }

    /// <summary>Loads CS with a checked descriptor; its RPL and the current privilege become <paramref name="cpl"/>.</summary>
    internal static void LoadCode(CpuState* s, ushort selector, Descriptor descriptor, int cpl) =>
        s->Processor.SetCodeSegment(Selector.WithRpl(selector, cpl), DescriptorTables.MarkAccessed(s, selector, descriptor).Value);

    /// <summary>Loads CS in real or virtual-8086 mode.</summary>
    internal static void LoadFlatCode(CpuState* s, ushort selector)
    {
        if (Mode.IsReal(s))
            SegmentLoad.LoadReal(s, SegmentRegister.Cs, selector);
        else
            SegmentLoad.LoadVirtual8086(s, SegmentRegister.Cs, selector);
    }
}
