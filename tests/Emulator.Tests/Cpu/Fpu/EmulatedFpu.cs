using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.Fpu;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>Runs records on the emulated processor: flat segments, paging off, in ring 0.</summary>
sealed unsafe class EmulatedFpu : IProcessorOwner, IDisposable
{
    /// <summary>Where instructions run, and where their memory operand is.</summary>
    public const uint CodeAddress = 0x1000, MemoryAddress = 0x4000;

    readonly GuestMemory memory = TestEngine.CreateMemory(0x10000);
    byte[] code = [];

    public EmulatedFpu()
    {
        Cpu = new Processor(memory, this, TestEngine.CreateCodeMemory());
        // MP, NE; OSFXSR, OSXMMEXCPT.
        Cpu.State->Cr0 |= 0x22;
        Cpu.State->Cr4 = 0x600;
    }

    public Processor Cpu { get; }

    /// <summary>The exception that the last instruction ended in, -1 for none.</summary>
    public int Vector { get; private set; }

    /// <summary>FERR# was asserted during the last instruction.</summary>
    public bool ErrorPin { get; private set; }

    /// <summary>Executes a record's instruction and returns the state after it.</summary>
    public FpuRecord Run(FpuRecord record)
    {
        CpuState* s = Cpu.State;
        Fxsave.ReadImage(&s->Fpu, record.Image);
        new ReadOnlySpan<byte>(record.Memory, 128).CopyTo(memory.Slice(MemoryAddress, 128));
        s->R[Reg.Eax] = record.Eax;
        s->R[Reg.Esi] = s->R[Reg.Edi] = MemoryAddress;
        s->Eflags = record.Eflags;
        Execute(new ReadOnlySpan<byte>(record.Code, record.Length));

        FpuRecord result = record;
        Fxsave.WriteImage(&s->Fpu, result.Image);
        memory.Slice(MemoryAddress, 128).CopyTo(new Span<byte>(result.Memory, 128));
        result.Eax = s->R[Reg.Eax];
        result.Eflags = s->Eflags;
        result.Signal = Vector switch
        {
            -1 => 0,
            6 => FpuRecord.Sigill,
            16 or 19 => FpuRecord.Sigfpe,
            _ => FpuRecord.Sigsegv,
        };
        return result;
    }

    /// <summary>Executes one instruction on the state as it is.</summary>
    public void Execute(ReadOnlySpan<byte> instruction)
    {
        CpuState* s = Cpu.State;
        if (!instruction.SequenceEqual(code))
        {
            code = instruction.ToArray();
            Span<byte> target = memory.Slice(CodeAddress, 32);
            code.CopyTo(target);
            // jmp to itself: the block ends here.
            target[code.Length] = 0xEB;
            target[code.Length + 1] = 0xFE;
            memory.NoteDeviceWrite(CodeAddress, 32);
        }
        s->Eip = CodeAddress;
        Vector = -1;
        ErrorPin = false;
        Cpu.Run(1);
    }

    public void Dispose()
    {
        Cpu.Dispose();
        memory.Dispose();
    }

    void IProcessorOwner.Deliver(Processor cpu, in CpuEvent e)
    {
        Vector = e.Vector;
        cpu.RequestExit();
    }

    WalkResult IProcessorOwner.Translate(Processor cpu, uint linear, MemoryAccess access, out PageTranslation page)
    {
        page = new PageTranslation { PhysicalPage = linear & ~0xFFFu, Writable = true };
        return WalkResult.Ok;
    }

    void IProcessorOwner.FloatingPointError(Processor cpu) => ErrorPin = true;

    bool IProcessorOwner.TryReadDescriptor(Processor cpu, ushort selector, out ulong descriptor)
    {
        descriptor = 0;
        return false;
    }

    void IProcessorOwner.WriteDescriptorHigh(Processor cpu, ushort selector, uint high) => throw new InvalidOperationException();

    void IProcessorOwner.AtBoundary(Processor cpu)
    {
    }

    void IProcessorOwner.Halt(Processor cpu) => throw new InvalidOperationException();

    uint IProcessorOwner.ReadPort(Processor cpu, ushort port, int size) => throw new InvalidOperationException();

    void IProcessorOwner.WritePort(Processor cpu, ushort port, int size, uint value) => throw new InvalidOperationException();

    uint IProcessorOwner.ReadDevice(Processor cpu, uint physical, int size) => throw new InvalidOperationException();

    void IProcessorOwner.WriteDevice(Processor cpu, uint physical, int size, uint value) => throw new InvalidOperationException();

    ulong IProcessorOwner.ReadTimeStamp(Processor cpu) => 0;
}
