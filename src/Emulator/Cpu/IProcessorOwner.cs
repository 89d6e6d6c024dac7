namespace LguestPS.Emulator.Cpu;

/// <summary>What a processor can't do by itself. Hypervisor and Platform are the two owners.</summary>
/// <remarks>Every call comes on the thread that is in <see cref="Processor.Run"/>, with the processor's state exact.</remarks>
public interface IProcessorOwner
{
    /// <summary>Finds the page behind a linear address, for an access that the processor's TLB does not know. Sets accessed and dirty bits.</summary>
    WalkResult Translate(Processor cpu, uint linear, MemoryAccess access, out PageTranslation page);

    /// <summary>Reads a descriptor by selector. False: the selector lies beyond its table.</summary>
    bool TryReadDescriptor(Processor cpu, ushort selector, out ulong descriptor);

    /// <summary>Writes a descriptor's high word back (accessed and busy bits).</summary>
    void WriteDescriptorHigh(Processor cpu, ushort selector, uint high);

    /// <summary>An exception, or an <c>int</c> instruction: the owner changes the state to what comes next. It may call <see cref="Processor.RequestExit"/>.</summary>
    void Deliver(Processor cpu, in CpuEvent e);

    /// <summary>Something was requested by <see cref="Processor.Notify"/> and the processor is between two instructions, outside an interrupt shadow or in it.</summary>
    void AtBoundary(Processor cpu);

    /// <summary><c>hlt</c> in ring 0; eip is past it.</summary>
    void Halt(Processor cpu);

    /// <summary><c>in</c>, privilege checked. Size 1, 2 or 4.</summary>
    uint ReadPort(Processor cpu, ushort port, int size);

    /// <summary><c>out</c>, privilege checked.</summary>
    void WritePort(Processor cpu, ushort port, int size, uint value);

    /// <summary>A read of physical memory that is not RAM. Size 1, 2 or 4.</summary>
    uint ReadDevice(Processor cpu, uint physical, int size);

    /// <summary>A write of physical memory that is not RAM.</summary>
    void WriteDevice(Processor cpu, uint physical, int size, uint value);

    /// <summary>The time-stamp counter before the guest's own offset. It counts nanoseconds, and goes on while the processor halts: cpuid says so.</summary>
    ulong ReadTimeStamp(Processor cpu);

    /// <summary>An x87 error is pending while CR0.NE is clear: the FERR# pin, which a PC's interrupt controller takes as IRQ 13. Called at each waiting instruction until the error is cleared.</summary>
    void FloatingPointError(Processor cpu)
    {
    }
}

/// <summary>What an access wants of a page.</summary>
[Flags]
public enum MemoryAccess : byte
{
    /// <summary>Read, by a supervisor.</summary>
    Read = 0,
    /// <summary>Write.</summary>
    Write = 1,
    /// <summary>By ring 3.</summary>
    User = 2,
    /// <summary>Instruction fetch.</summary>
    Execute = 4,
}

/// <summary>How a page walk ended.</summary>
public enum WalkResult
{
    /// <summary>The page was found and the access is allowed.</summary>
    Ok,
    /// <summary>Page fault, with <see cref="PageTranslation.ErrorCode"/>.</summary>
    Fault,
    /// <summary>The owner ends the run: the instruction is given up (<see cref="CpuStopped"/>).</summary>
    Stop,
}

/// <summary>A page walk's answer.</summary>
public struct PageTranslation
{
    /// <summary>Physical address of the 4 KB page.</summary>
    public uint PhysicalPage;

    /// <summary>May later writes of the same privilege go straight to the page? Only when its dirty bit is set.</summary>
    public bool Writable;

    /// <summary>Keep it when user translations are dropped by <see cref="Processor.FlushTlb"/>.</summary>
    public bool Global;

    /// <summary>The page-fault error code (Intel SDM vol. 3, 4.7).</summary>
    public uint ErrorCode;
}

/// <summary>What kind of event reaches an owner.</summary>
public enum CpuEventKind : byte
{
    /// <summary>A fault, or a trap such as single step: eip is where the handler returns to.</summary>
    Exception,
    /// <summary><c>int n</c>, <c>int3</c>, <c>into</c>: eip is past the instruction, <see cref="CpuEvent.InstructionEip"/> at it; gate privilege is to be checked.</summary>
    SoftwareInterrupt,
    /// <summary>An external interrupt.</summary>
    ExternalInterrupt,
}

/// <summary>An exception or interrupt to deliver.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Vector">0 to 255.</param>
/// <param name="HasErrorCode">Whether an error code is pushed.</param>
/// <param name="ErrorCode">The error code, else 0.</param>
/// <param name="LinearAddress">For a page fault, its address. Owners write CR2.</param>
/// <param name="InstructionEip">The eip of the instruction that caused it.</param>
public readonly record struct CpuEvent(CpuEventKind Kind, byte Vector, bool HasErrorCode, uint ErrorCode, uint LinearAddress, uint InstructionEip);
