using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Interrupts;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>What leads to another task.</summary>
public enum TaskSwitchCause : byte
{
    /// <summary>A far jump.</summary>
    Jump,
    /// <summary>A far call: the new task is nested in the old one.</summary>
    Call,
    /// <summary>A task gate in the interrupt table: likewise nested.</summary>
    Event,
    /// <summary>iret with NT set: the nested task ends.</summary>
    Return,
}

/// <summary>Switches tasks in hardware (Intel SDM vol. 3, 7.3).</summary>
public static unsafe class TaskSwitch
{
    const int AllSelectors = 6;

    // DR7.L0 to L3 and LE: they end with the task.
    const uint LocalBreakpoints = 0x155;

    /// <summary>Checks a task-gate's target: an available TSS in the GDT, present.</summary>
    public static Descriptor CheckGateTarget(CpuState* s, ushort selector, uint external)
    {
        if (Selector.IsNull(selector) || Selector.IsLocal(selector))
            throw Selector.Fault(FaultVector.GeneralProtection, selector, external);
        Descriptor descriptor = DescriptorTables.Read(s, selector, FaultVector.GeneralProtection, external);
        if (!descriptor.IsAvailableTss)
            throw Selector.Fault(FaultVector.GeneralProtection, selector, external);
        if (!descriptor.Present)
            throw Selector.Fault(FaultVector.NotPresent, selector, external);
        return descriptor;
    }

    /// <summary>Checks the link of a nested task: a busy TSS in the GDT, present.</summary>
    public static Descriptor CheckReturnTarget(CpuState* s, ushort selector)
    {
        if (Selector.IsNull(selector) || Selector.IsLocal(selector))
            throw Selector.Fault(FaultVector.InvalidTss, selector);
        Descriptor descriptor = DescriptorTables.Read(s, selector, FaultVector.InvalidTss);
        if (!descriptor.IsBusyTss)
            throw Selector.Fault(FaultVector.InvalidTss, selector);
        if (!descriptor.Present)
            throw Selector.Fault(FaultVector.NotPresent, selector);
        return descriptor;
    }

    /// <summary>Changes to the task of a checked TSS descriptor.</summary>
    /// <param name="s">The processor.</param>
    /// <param name="selector">Of the new TSS.</param>
    /// <param name="descriptor">The new TSS.</param>
    /// <param name="cause">Decides about busy bits, the link and NT.</param>
    /// <param name="returnEip">Where the old task goes on.</param>
    /// <param name="savedEflags">The old task's flags.</param>
    /// <param name="external">The EXT bit.</param>
    /// <returns>A fault that belongs to the new task, because it was met while its segments were loaded; null if none.</returns>
    /// <exception cref="CpuFault">A fault of the old task; nothing has changed.</exception>
    public static CpuFault? Switch(CpuState* s, ushort selector, Descriptor descriptor, TaskSwitchCause cause, uint returnEip, uint savedEflags, uint external)
    {
        bool wide = descriptor.IsSystem32;
        Segment next = Segment.FromDescriptor(selector, descriptor.Busy.Value);
        if (next.Limit < (wide ? TaskImage.LeastLimit32 : TaskImage.LeastLimit16))
            throw Selector.Fault(FaultVector.InvalidTss, selector, external);
        bool oldWide = TaskState.Is32Bit(s->Tr);
        if (!s->Tr.Present || s->Tr.Limit < (oldWide ? TaskImage.LeastLimit32 : TaskImage.LeastLimit16))
            throw Selector.Fault(FaultVector.InvalidTss, s->Tr.Selector, external);
        TaskImage.Probe(s, s->Tr.Base, oldWide);
        TaskImage image = TaskImage.Read(s, next.Base, wide);

        bool nests = cause is TaskSwitchCause.Call or TaskSwitchCause.Event;
        if (nests)
            LinearMemory.WriteSystem(s, next.Base, s->Tr.Selector);
        else
            MarkNotBusy(s, s->Tr.Selector);
        if (cause == TaskSwitchCause.Return)
            savedEflags &= ~EflagsBits.NestedTask;
        TaskImage.Save(s, s->Tr.Base, oldWide, returnEip, savedEflags);
        if (cause != TaskSwitchCause.Return)
            DescriptorTables.WriteHigh(s, selector, descriptor.Busy);

        if (nests)
            image.Eflags |= EflagsBits.NestedTask;
        s->Tr = next;
        try
        {
            Enter(s, in image, wide);
        }
        catch (CpuFault fault)
        {
            return fault;
        }
        return null;
    }

    static void MarkNotBusy(CpuState* s, ushort selector)
    {
        if (DescriptorTables.TryRead(s, selector, out Descriptor descriptor))
            DescriptorTables.WriteHigh(s, selector, descriptor.NotBusy);
    }

    // From here on the processor is in the new task, and faults are the new task's.
    static void Enter(CpuState* s, in TaskImage image, bool wide)
    {
        s->Cr0 |= Cr0.TaskSwitched;
        s->Dr[7] &= ~LocalBreakpoints;
        if (wide && (s->Cr0 & Cr0.Paging) != 0)
            ControlRegisters.SetCr3(s, image.Cr3);
        FlagsRegister.Replace(s, image.Eflags);
        s->Eip = image.Eip;
        for (int i = 0; i < 8; i++)
            s->R[i] = image.Registers[i];
        for (int i = 0; i < AllSelectors; i++)
            *CpuState.SegmentAt(s, i) = Segment.Null(image.Selectors[i]);
        s->Ldtr = Segment.Null(image.Ldt);

        DescriptorTableInstructions.LoadLdt(s, image.Ldt, FaultVector.InvalidTss);
        if ((image.Eflags & EflagsBits.Virtual8086) != 0)
        {
            for (int i = 0; i < AllSelectors; i++)
                SegmentLoad.LoadVirtual8086(s, (SegmentRegister)i, image.Selectors[i]);
        }
        else
        {
            LoadSegments(s, in image);
        }
        if (s->Eip > s->Cs.Limit)
            throw CpuFault.GeneralProtection(0);
        if (image.Trap)
        {
            s->Dr[6] |= DebugEvents.TaskSwitchBit;
            throw CpuFault.Debug();
        }
    }

    static void LoadSegments(CpuState* s, in TaskImage image)
    {
        ushort code = image.Selectors[(int)SegmentRegister.Cs], stack = image.Selectors[(int)SegmentRegister.Ss];
        int cpl = Selector.Rpl(code);
        s->Processor.SetCpl(cpl);
        Descriptor stackDescriptor = SegmentLoad.CheckStack(s, stack, cpl, FaultVector.InvalidTss, FaultVector.InvalidTss, 0);
        SegmentLoad.LoadStack(s, stack, stackDescriptor);

        if (Selector.IsNull(code))
            throw CpuFault.InvalidTss(0);
        Descriptor descriptor = DescriptorTables.Read(s, code, FaultVector.InvalidTss);
        if (!descriptor.IsCode || (descriptor.IsConforming ? descriptor.Dpl > cpl : descriptor.Dpl != cpl))
            throw Selector.Fault(FaultVector.InvalidTss, code);
        if (!descriptor.Present)
            throw Selector.Fault(FaultVector.NotPresent, code);
        s->Processor.SetCodeSegment(code, DescriptorTables.MarkAccessed(s, code, descriptor).Value);

        foreach (SegmentRegister register in (ReadOnlySpan<SegmentRegister>)[SegmentRegister.Es, SegmentRegister.Ds, SegmentRegister.Fs, SegmentRegister.Gs])
            SegmentLoad.LoadData(s, register, image.Selectors[(int)register], cpl, FaultVector.InvalidTss);
    }
}
