using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>Loading of data and stack segment registers with all checks (Intel SDM vol. 3, 5.6 and 5.7), and of any segment register in real and virtual-8086 mode.</summary>
public static unsafe class SegmentLoad
{
    // Access bytes: present, writable data, accessed; ring 0 and ring 3.
    const ushort RealAttributes = 0x93, Virtual8086Attributes = 0xF3;

    /// <summary>Loads ES, SS, DS, FS or GS as mov, pop and lds do. Nothing changes when it faults.</summary>
    public static void Load(CpuState* s, SegmentRegister register, ushort selector)
    {
        if (Mode.IsReal(s))
            LoadReal(s, register, selector);
        else if (Mode.IsVirtual8086(s))
            LoadVirtual8086(s, register, selector);
        else if (register == SegmentRegister.Ss)
            LoadStack(s, selector, CheckStack(s, selector, s->Cpl, FaultVector.GeneralProtection, FaultVector.GeneralProtection, 0));
        else
            LoadData(s, register, selector, s->Cpl, FaultVector.GeneralProtection);
    }

    /// <summary>Checks a stack selector against a privilege level that is, or is about to be, current.</summary>
    /// <param name="s">The processor.</param>
    /// <param name="selector">The selector.</param>
    /// <param name="cpl">The level.</param>
    /// <param name="vector">What a wrong descriptor raises: #GP, or #TS for a stack that a task state names.</param>
    /// <param name="nullVector">What a null selector raises, with error code 0 but for EXT.</param>
    /// <param name="external">The EXT bit.</param>
    public static Descriptor CheckStack(CpuState* s, ushort selector, int cpl, byte vector, byte nullVector, uint external)
    {
        if (Selector.IsNull(selector))
            throw Selector.Fault(nullVector, 0, external);
        Descriptor descriptor = DescriptorTables.Read(s, selector, vector, external);
        if (Selector.Rpl(selector) != cpl || !descriptor.IsWritableData || descriptor.Dpl != cpl)
            throw Selector.Fault(vector, selector, external);
        if (!descriptor.Present)
            throw Selector.Fault(FaultVector.Stack, selector, external);
        return descriptor;
    }

    /// <summary>Loads SS with a descriptor that <see cref="CheckStack"/> has returned.</summary>
    public static void LoadStack(CpuState* s, ushort selector, Descriptor descriptor) =>
        s->Processor.SetSegment(SegmentRegister.Ss, selector, DescriptorTables.MarkAccessed(s, selector, descriptor).Value);

    /// <summary>Checks and loads ES, DS, FS or GS in protected mode.</summary>
    /// <param name="s">The processor.</param>
    /// <param name="register">The register.</param>
    /// <param name="selector">May be null: the register is then unusable.</param>
    /// <param name="cpl">The privilege to check against.</param>
    /// <param name="vector">#GP, or #TS while a task's registers are loaded.</param>
    public static void LoadData(CpuState* s, SegmentRegister register, ushort selector, int cpl, byte vector)
    {
        if (Selector.IsNull(selector))
        {
            *CpuState.SegmentAt(s, (int)register) = Segment.Null(selector);
            return;
        }
        Descriptor descriptor = DescriptorTables.Read(s, selector, vector);
        if (!descriptor.IsReadable)
            throw Selector.Fault(vector, selector);
        if (!descriptor.IsConforming && (Selector.Rpl(selector) > descriptor.Dpl || cpl > descriptor.Dpl))
            throw Selector.Fault(vector, selector);
        if (!descriptor.Present)
            throw Selector.Fault(FaultVector.NotPresent, selector);
        s->Processor.SetSegment(register, selector, DescriptorTables.MarkAccessed(s, selector, descriptor).Value);
    }

    /// <summary>Real mode: the selector is the base in paragraphs. Limit and size stay as they were, so that a limit set in protected mode lasts.</summary>
    public static void LoadReal(CpuState* s, SegmentRegister register, ushort selector)
    {
        Segment old = *CpuState.SegmentAt(s, (int)register);
        var descriptor = Descriptor.ForSegment((uint)selector << 4, old.Limit, (ushort)((old.Attributes & 0x7000) | RealAttributes));
        Set(s, register, selector, descriptor, 0);
    }

    /// <summary>Virtual-8086 mode: like real mode, with 64 KB and ring 3.</summary>
    public static void LoadVirtual8086(CpuState* s, SegmentRegister register, ushort selector) =>
        Set(s, register, selector, Descriptor.ForSegment((uint)selector << 4, 0xFFFF, Virtual8086Attributes), 3);

    static void Set(CpuState* s, SegmentRegister register, ushort selector, Descriptor descriptor, int cpl)
    {
        Processor cpu = s->Processor;
        if (register != SegmentRegister.Cs)
        {
            cpu.SetSegment(register, selector, descriptor.Value);
            return;
        }
        cpu.SetCodeSegment(selector, descriptor.Value);
        cpu.SetCpl(cpl);   // the low bits of such a selector are part of an address
    }

    /// <summary>After a return to an outer ring: data registers that the new ring may not have become null (Intel SDM vol. 3, 5.8.6).</summary>
    public static void DropInnerData(CpuState* s)
    {
        Drop(&s->Es, s->Cpl);
        Drop(&s->Ds, s->Cpl);
        Drop(&s->Fs, s->Cpl);
        Drop(&s->Gs, s->Cpl);
    }

    static void Drop(Segment* segment, int cpl)
    {
        bool conforming = (segment->Attributes & 0x1C) == 0x1C;
        if (segment->Present && !conforming && segment->Dpl < cpl)
            *segment = Segment.Null(0);
    }
}
