using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu;

/// <summary>A 32-bit x86 processor.</summary>
public sealed unsafe class Processor : IDisposable
{
    /// <summary>Makes a processor as it is after reset, except that it starts in no particular place: the owner sets the state.</summary>
    public Processor(GuestMemory memory, IProcessorOwner owner) => throw new NotImplementedException();

    /// <summary>The registers.</summary>
    public CpuState* State => throw new NotImplementedException();

    /// <summary>Guest-physical memory.</summary>
    public GuestMemory Memory => throw new NotImplementedException();

    /// <summary>What the processor asks when it can't go on alone.</summary>
    public IProcessorOwner Owner => throw new NotImplementedException();

    /// <summary>Runs until about <paramref name="instructions"/> more have retired or an exit is requested. State is exact on return.</summary>
    public void Run(long instructions) => throw new NotImplementedException();

    /// <summary>Asks <see cref="Run"/> to return at the next instruction boundary. From the owner's callbacks or any thread; a request made while it is not running ends the next call at once.</summary>
    public void RequestExit() => throw new NotImplementedException();

    /// <summary>Asks for a call of <see cref="IProcessorOwner.AtBoundary"/> soon. From any thread.</summary>
    public void Notify() => throw new NotImplementedException();

    /// <summary>Loads CS with what the owner has decided on, without checks, and sets CPL (from the selector).</summary>
    public void SetCodeSegment(ushort selector, ulong descriptor) => throw new NotImplementedException();

    /// <summary>Loads a segment register from a descriptor, without checks.</summary>
    public void SetSegment(SegmentRegister register, ushort selector, ulong descriptor) => throw new NotImplementedException();

    /// <summary>Changes CPL: picks the TLB that goes with it.</summary>
    public void SetCpl(int cpl) => throw new NotImplementedException();

    /// <summary>Forgets translations; global ones too when asked.</summary>
    public void FlushTlb(bool includeGlobal) => throw new NotImplementedException();

    /// <summary>Forgets one linear page.</summary>
    public void FlushTlbPage(uint linear) => throw new NotImplementedException();

    /// <summary>Copies bytes out of linear memory with supervisor rights (or user rights), as an owner sees it: no fault reaches the guest. Returns how many bytes could be read.</summary>
    public int ReadLinear(uint linear, Span<byte> destination, bool user = false) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
