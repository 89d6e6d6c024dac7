using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>The processor under test in the same surroundings as the native process: ring 3, flat segments, the same pages at the same linear addresses.</summary>
sealed unsafe class EmulatedProcessor : IProcessorOwner, IDisposable
{
    /// <summary>No case runs as many instructions, a repeated string instruction counted as one.</summary>
    const int InstructionLimit = 5_000_000;

    // Less than a batch needs, so that the cache is emptied at times.
    const int CodeMemoryBytes = 1 << 20;

    readonly OracleSelectors selectors;
    readonly GuestMemory memory;
    readonly Processor cpu;
    readonly byte[] content;
    CpuEvent? ended;
    bool usedForeignSelector;

    /// <summary>Makes a processor whose selectors are those of the native process.</summary>
    public EmulatedProcessor(OracleSelectors selectors, TestedEngine engine)
    {
        this.selectors = selectors;
        content = [.. OracleLayout.Regions.SelectMany(OracleLayout.Content)];
        memory = TestEngine.CreateMemory((uint)content.Length);
        content.CopyTo(memory.Slice(0, memory.Size));
        cpu = new Processor(memory, this, engine == TestedEngine.Interpreter ? null : new CodeMemoryFile(CodeMemoryBytes));
        if (cpu.Hot is { } hot)
            hot.TakesAll = engine == TestedEngine.DirectTranslator;
    }

    /// <summary>Runs a case to its first exception.</summary>
    public OracleResult Run(OracleCase c)
    {
        CpuState* s = cpu.State;
        foreach (OraclePatch patch in c.Patches)
            Write(patch.Address, patch.Bytes);
        for (int i = 0; i < 8; i++)
            s->R[i] = c.Registers[i];
        s->Eip = c.Eip;
        s->Eflags = c.Eflags | EflagsBits.Interrupt;
        s->Cr0 = 0x80050033;   // PG, AM, WP, NE, ET, MP, PE: as Linux has it
        s->Cr2 = 0;
        s->InterruptShadow = 0;
        cpu.SetCodeSegment(selectors.Code, FlatDescriptors.Code);
        foreach (var segment in (ReadOnlySpan<SegmentRegister>)[SegmentRegister.Es, SegmentRegister.Ss, SegmentRegister.Ds, SegmentRegister.Fs, SegmentRegister.Gs])
            cpu.SetSegment(segment, c.Selectors[(int)segment], selectors.Descriptor(c.Selectors[(int)segment])!.Value);
        s->Ldtr = Segment.Null(0);
        s->Tr = Segment.Null(0);

        ended = null;
        usedForeignSelector = false;
        cpu.Run(InstructionLimit);
        return Result(s);
    }

    public void Dispose()
    {
        cpu.Dispose();
        memory.Dispose();
    }

    OracleResult Result(CpuState* s)
    {
        var registers = new uint[8];
        for (int i = 0; i < 8; i++)
            registers[i] = s->R[i];
        var segments = new ushort[6];
        for (int i = 0; i < 6; i++)
            segments[i] = CpuState.SegmentAt(s, i)->Selector;

        // Linux lets ring 3 use the gates of int3 and into only; any other int n is a general protection fault on its gate.
        (int vector, uint error, uint eip) = ended switch
        {
            null => (-1, 0u, s->Eip),
            { Kind: CpuEventKind.SoftwareInterrupt, Vector: 3 or 4 } e => (e.Vector, 0u, s->Eip),
            { Kind: CpuEventKind.SoftwareInterrupt } e => (13, e.Vector * 8u + 2, e.InstructionEip),
            { } e => (e.Vector, e.ErrorCode, s->Eip),
        };
        var result = new OracleResult
        {
            Vector = vector,
            ErrorCode = error,
            Cr2 = vector == 14 ? ended!.Value.LinearAddress : 0,
            UsedForeignSelector = usedForeignSelector,
            Eip = eip,
            Eflags = s->Eflags,
            Registers = registers,
            Selectors = segments,
        };
        CollectChanges(result);
        return result;
    }

    /// <summary>Lists the words that differ from the content, and puts them back.</summary>
    void CollectChanges(OracleResult result)
    {
        const int chunk = 256;
        uint physical = 0;
        foreach (OracleRegion region in OracleLayout.Regions)
        {
            for (uint offset = 0; offset < region.Size; offset += chunk)
            {
                Span<byte> now = memory.Slice(physical + offset, chunk);
                ReadOnlySpan<byte> expected = content.AsSpan((int)(physical + offset), chunk);
                if (now.SequenceEqual(expected))
                    continue;
                Span<uint> words = MemoryMarshal.Cast<byte, uint>(now);
                ReadOnlySpan<uint> expectedWords = MemoryMarshal.Cast<byte, uint>(expected);
                for (int i = 0; i < words.Length; i++)
                    if (words[i] != expectedWords[i])
                        result.Changes.Add(region.Address + offset + (uint)i * 4, words[i]);
                expected.CopyTo(now);
                memory.NoteDeviceWrite(physical + offset, chunk);
            }

            physical += region.Size;
        }
    }

    void Write(uint linear, byte[] bytes)
    {
        TryFind(linear, out uint physical);
        bytes.CopyTo(memory.Slice(physical, (uint)bytes.Length));
        memory.NoteDeviceWrite(physical, (uint)bytes.Length);
    }

    static OracleRegion? TryFind(uint linear, out uint physical)
    {
        physical = 0;
        foreach (OracleRegion region in OracleLayout.Regions)
        {
            if (region.Contains(linear))
            {
                physical += linear - region.Address;
                return region;
            }

            physical += region.Size;
        }

        return null;
    }

    WalkResult IProcessorOwner.Translate(Processor cpu, uint linear, MemoryAccess access, out PageTranslation page)
    {
        const uint present = 1, write = 2, user = 4, fetch = 16;
        OracleRegion? region = TryFind(linear & ~0xFFFu, out uint physical);
        bool wantsWrite = access.HasFlag(MemoryAccess.Write), wantsFetch = access.HasFlag(MemoryAccess.Execute);
        page = new PageTranslation { PhysicalPage = physical, Writable = region is { Writable: true } };
        if (region is not null && (region.Writable || !wantsWrite) && (region.Executable || !wantsFetch))
            return WalkResult.Ok;
        page.ErrorCode = user | (region is null ? 0 : present) | (wantsWrite ? write : 0) | (wantsFetch ? fetch : 0);
        return WalkResult.Fault;
    }

    bool IProcessorOwner.TryReadDescriptor(Processor cpu, ushort selector, out ulong descriptor)
    {
        ulong? found = selectors.Descriptor(selector);
        descriptor = found ?? 0;
        usedForeignSelector |= found is null;
        return found is not null;
    }

    void IProcessorOwner.WriteDescriptorHigh(Processor cpu, ushort selector, uint high)
    {
    }

    void IProcessorOwner.Deliver(Processor cpu, in CpuEvent e)
    {
        ended = e;
        cpu.RequestExit();
    }

    void IProcessorOwner.AtBoundary(Processor cpu)
    {
    }

    void IProcessorOwner.Halt(Processor cpu) => throw new InvalidOperationException("hlt was executed in ring 3");

    uint IProcessorOwner.ReadPort(Processor cpu, ushort port, int size) => throw new InvalidOperationException("in was executed in ring 3");

    void IProcessorOwner.WritePort(Processor cpu, ushort port, int size, uint value) => throw new InvalidOperationException("out was executed in ring 3");

    uint IProcessorOwner.ReadDevice(Processor cpu, uint physical, int size) => throw new InvalidOperationException("no device is mapped");

    void IProcessorOwner.WriteDevice(Processor cpu, uint physical, int size, uint value) => throw new InvalidOperationException("no device is mapped");

    ulong IProcessorOwner.ReadTimeStamp(Processor cpu) => 0;
}
