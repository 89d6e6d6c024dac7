using Iced.Intel;
using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Cpu.Translate;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Tests.Hardware;

/// <summary>A processor with 8 MB and nothing else, set up as a small kernel would: a GDT, an IDT whose handlers all halt, a TSS, and room for code of rings 0 and 3.</summary>
sealed unsafe class HardwareRig : HardwareOwner, IDisposable
{
    public const uint Gdt = 0x1000, Idt = 0x2000, Tss = 0x3000, OtherTss = 0x3400, Ldt = 0x3800, FaultTss = 0x3C00;
    public const uint Handlers = 0x30000, Code0Start = 0x10000, Code3Start = 0x20000, Data = 0x40000;
    public const uint Stack0 = 0x80000, Stack1 = 0x88000, Stack3 = 0x90000, PageTables = 0x100000;

    // Selectors.
    public const ushort Code0 = 0x08, Data0 = 0x10, Code3 = 0x1B, Data3 = 0x23, TssSelector = 0x28, OtherTssSelector = 0x30, LdtSelector = 0x38,
        Conforming = 0x40, Gate = 0x48, Code1 = 0x51, Data1 = 0x59, Code16 = 0x60, Data16 = 0x68, Scratch = 0x70, FaultTssSelector = 0x78;

    // Access byte and flags, as bits 40 to 55 of a descriptor.
    public const ushort Ring0Code = 0xC09A, Ring0Data = 0xC092, Ring3Code = 0xC0FA, Ring3Data = 0xC0F2;


    /// <summary>Makes one with the engine under test, see <see cref="TestEngine"/>.</summary>
    public HardwareRig()
        : this(TestEngine.CreateCodeMemory())
    {
    }

    /// <summary>Makes one that translates into this memory, or interprets where it is null.</summary>
    public HardwareRig(ICodeMemory? codeMemory)
    {
        Memory = TestEngine.CreateMemory(8 << 20);
        Cpu = new Processor(Memory, this, codeMemory);
        S = Cpu.State;
        (S->GdtBase, S->GdtLimit) = (Gdt, 0xFF);
        (S->IdtBase, S->IdtLimit) = (Idt, 0x7FF);
        SetDescriptor(Code0, 0, uint.MaxValue, Ring0Code);
        SetDescriptor(Data0, 0, uint.MaxValue, Ring0Data);
        SetDescriptor(Code3, 0, uint.MaxValue, Ring3Code);
        SetDescriptor(Data3, 0, uint.MaxValue, Ring3Data);
        SetDescriptor(TssSelector, Tss, 0x67, 0x89);
        SetDescriptor(OtherTssSelector, OtherTss, 0x67, 0x89);
        SetDescriptor(FaultTssSelector, FaultTss, 0x67, 0x89);
        SetDescriptor(LdtSelector, Ldt, 0x3F, 0x82);
        SetDescriptor(Conforming, 0, uint.MaxValue, 0xC09E);
        SetDescriptor(Code1, 0, uint.MaxValue, 0xC0BA);
        SetDescriptor(Data1, 0, uint.MaxValue, 0xC0B2);
        SetDescriptor(Code16, 0, 0xFFFF, 0x9A);
        SetDescriptor(Data16, 0, 0xFFFF, 0x92);
        for (int vector = 0; vector < 256; vector++)
        {
            SetGate(vector, DescriptorType.InterruptGate32, Code0, HandlerOf(vector));
            Memory.Write<byte>(HandlerOf(vector), 0xF4);
        }
        Memory.Write(Tss + 4, Stack0);
        Memory.Write<uint>(Tss + 8, Data0);
        Memory.Write(Tss + 12, Stack1);
        Memory.Write<uint>(Tss + 16, Data1);
        Cpu.SetCodeSegment(Code0, Read<ulong>(Gdt + Code0));
        foreach (SegmentRegister register in (SegmentRegister[])[SegmentRegister.Es, SegmentRegister.Ss, SegmentRegister.Ds, SegmentRegister.Fs, SegmentRegister.Gs])
            Cpu.SetSegment(register, Data0, Read<ulong>(Gdt + Data0));
        SetDescriptor(TssSelector, Tss, 0x67, 0x8B);
        S->Tr = Segment.FromDescriptor(TssSelector, Read<ulong>(Gdt + TssSelector));
        S->R[Reg.Esp] = Stack0;
        S->Eip = Code0Start;
    }

    /// <summary>Makes one with an engine of these, whatever the others run on.</summary>
    public HardwareRig(TestedEngine engine)
        : this(engine == TestedEngine.Interpreter ? null : new CodeMemoryFile(1 << 20))
    {
        if (Cpu.Hot is { } hot)
            hot.TakesAll = engine == TestedEngine.DirectTranslator;
    }

    public GuestMemory Memory { get; }

    public Processor Cpu { get; }

    public CpuState* S { get; }

    /// <summary>Set when a double fault could not be delivered.</summary>
    public bool HasShutDown { get; private set; }

    /// <summary>Port accesses, in order.</summary>
    public List<(char Direction, ushort Port, int Size, uint Value)> Ports { get; } = [];

    /// <summary>What ports read as.</summary>
    public uint PortValue { get; set; } = 0x11223344;

    /// <summary>The vector of an interrupt that waits.</summary>
    public byte? Interrupt { get; set; }

    /// <summary>The vector of one that waits behind it.</summary>
    public byte? NextInterrupt { get; set; }

    /// <summary>The vector of an interrupt that any write of a port raises.</summary>
    public byte? InterruptAtPort { get; set; }

    /// <summary>What else happens at a write of a port.</summary>
    public Action? PortWritten { get; set; }

    public static uint HandlerOf(int vector) => Handlers + ((uint)vector * 16);

    public T Read<T>(uint address) where T : unmanaged => Memory.Read<T>(address);

    /// <summary>Enters a segment or system descriptor; limits above 1 MB are stored in pages.</summary>
    public void SetDescriptor(ushort selector, uint start, uint limit, ushort attributes)
    {
        uint table = (selector & 4) != 0 ? Ldt : Gdt;
        Memory.Write(table + (selector & 0xFFF8u), Descriptor.ForSegment(start, limit, attributes).Value);
    }

    public static ulong MakeGate(DescriptorType type, ushort selector, uint offset, int dpl = 0, bool present = true, int parameters = 0) =>
        (offset & 0xFFFF) | ((ulong)selector << 16)
        | ((ulong)((offset & 0xFFFF0000) | ((uint)type << 8) | ((uint)dpl << 13) | (present ? 0x8000u : 0) | (uint)parameters) << 32);

    public void SetGate(int vector, DescriptorType type, ushort selector, uint offset, int dpl = 0, bool present = true) =>
        Memory.Write(Idt + ((uint)vector * 8), MakeGate(type, selector, offset, dpl, present));

    /// <summary>Assembles code to an address.</summary>
    public void Load(uint address, Action<Assembler> code, int bitness = 32)
    {
        var assembler = new Assembler(bitness);
        code(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), address);
        stream.ToArray().CopyTo(Memory.Slice(address, (uint)stream.Length));
        Memory.NoteDeviceWrite(address, (uint)stream.Length);   // a test may load other code to the same place
    }

    /// <summary>Runs ring 0 code until something halts.</summary>
    public Stop Run0(Action<Assembler> code)
    {
        Load(Code0Start, code);
        S->Eip = Code0Start;
        return Run();
    }

    /// <summary>Runs ring 3 code until something halts.</summary>
    public Stop Run3(Action<Assembler> code)
    {
        Load(Code3Start, code);
        EnterRing3();
        return Run();
    }

    /// <summary>Puts the processor at the start of the ring 3 code.</summary>
    public void EnterRing3()
    {
        Cpu.SetCodeSegment(Code3, Read<ulong>(Gdt + (Code3 & ~7u)));
        foreach (SegmentRegister register in (SegmentRegister[])[SegmentRegister.Es, SegmentRegister.Ss, SegmentRegister.Ds, SegmentRegister.Fs, SegmentRegister.Gs])
            Cpu.SetSegment(register, Data3, Read<ulong>(Gdt + (Data3 & ~7u)));
        S->R[Reg.Esp] = Stack3;
        S->Eip = Code3Start;
    }

    /// <summary>Goes on until something halts, and says what.</summary>
    public Stop Run()
    {
        Cpu.Run(100_000);
        return Stop.Of(this);
    }

    /// <summary>32-bit paging with every page of RAM mapped to itself for all rings; the tables start at <see cref="PageTables"/>.</summary>
    public void MapIdentity()
    {
        for (uint table = 0; table < 2; table++)
        {
            uint address = PageTables + ((table + 1) * 0x1000);
            Memory.Write(PageTables + (table * 4), address | 7);
            for (uint i = 0; i < 1024; i++)
                Memory.Write(address + (i * 4), (((table * 1024) + i) << 12) | 7);
        }
        S->Cr3 = PageTables;
    }

    /// <summary>The page-table entry that <see cref="MapIdentity"/> made for an address.</summary>
    public static uint EntryOf(uint linear) => PageTables + 0x1000 + ((linear >> 12) * 4);

    /// <summary>Turns 32-bit paging on, with supervisor write protection.</summary>
    public void EnablePaging()
    {
        MapIdentity();
        S->Cr0 |= 0x80010000;
        Cpu.FlushTlb(includeGlobal: true);
    }

    protected override bool InterruptWaits => Interrupt is not null;

    protected override byte AcknowledgeInterrupt(Processor cpu)
    {
        byte vector = Interrupt!.Value;
        (Interrupt, NextInterrupt) = (NextInterrupt, null);
        return vector;
    }

    protected override void Shutdown(Processor cpu)
    {
        HasShutDown = true;
        cpu.RequestExit();
    }

    /// <summary>Whether anything has executed hlt.</summary>
    public bool HasHalted { get; private set; }

    public override void Halt(Processor cpu)
    {
        HasHalted = true;
        cpu.RequestExit();
    }

    public override uint ReadPort(Processor cpu, ushort port, int size)
    {
        Ports.Add(('r', port, size, 0));
        return PortValue;
    }

    public override void WritePort(Processor cpu, ushort port, int size, uint value)
    {
        Ports.Add(('w', port, size, value));
        PortWritten?.Invoke();
        if (InterruptAtPort is null)
            return;
        Interrupt = InterruptAtPort;
        cpu.Notify();
    }

    public override uint ReadDevice(Processor cpu, uint physical, int size) => 0xFFFFFFFF;

    public override void WriteDevice(Processor cpu, uint physical, int size, uint value)
    {
    }

    public override ulong ReadTimeStamp(Processor cpu) => (ulong)S->Retired;

    public void Dispose()
    {
        Cpu.Dispose();
        Memory.Dispose();
    }
}

/// <summary>Where a run stopped, with the frame of the handler that did it.</summary>
/// <param name="Vector">The handler's vector; -1 when the program halted by itself.</param>
/// <param name="ErrorCode">The error code, 0 where the vector has none.</param>
/// <param name="Eip">The frame's, or the state's own.</param>
/// <param name="Cs">Likewise.</param>
/// <param name="Eflags">Likewise.</param>
/// <param name="Esp">The stack pointer of the interrupted program; of the frame's end when it was in the same ring.</param>
/// <param name="Ss">The stack of the interrupted program.</param>
sealed unsafe record Stop(int Vector, uint ErrorCode, uint Eip, ushort Cs, uint Eflags, uint Esp, ushort Ss)
{
    public static Stop Of(HardwareRig rig)
    {
        CpuState* s = rig.S;
        uint at = s->Eip - 1 - HardwareRig.Handlers;
        if (s->Cs.Base != 0 || at >= 0x1000 || at % 16 != 0)
            return new(-1, 0, s->Eip, s->Cs.Selector, s->Eflags, s->R[Reg.Esp], s->Ss.Selector);
        var vector = (int)(at / 16);
        uint frame = s->R[Reg.Esp], code = 0;
        if (vector is 8 or 10 or 11 or 12 or 13 or 14 or 17)
        {
            code = rig.Read<uint>(frame);
            frame += 4;
        }
        var cs = (ushort)rig.Read<uint>(frame + 4);
        uint eflags = rig.Read<uint>(frame + 8);
        bool outer = (cs & 3) != s->Cpl || (eflags & EflagsBits.Virtual8086) != 0;
        return new(vector, code, rig.Read<uint>(frame), cs, eflags, outer ? rig.Read<uint>(frame + 12) : frame + 12, outer ? (ushort)rig.Read<uint>(frame + 16) : s->Ss.Selector);
    }
}
