using LguestPS.Emulator.Cpu.Interrupts;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.Paging;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu;

/// <summary>A processor's owner that leaves everything as the hardware has it: descriptor tables and page tables in guest memory, events through the IDT. A platform adds ports, devices, interrupts and time.</summary>
public abstract unsafe class HardwareOwner : IProcessorOwner
{
    /// <summary>An external interrupt waits to be acknowledged.</summary>
    protected abstract bool InterruptWaits { get; }

    /// <summary>Takes the waiting interrupt: its vector.</summary>
    protected abstract byte AcknowledgeInterrupt(Processor cpu);

    /// <summary>The processor has met a fault while it delivered a double fault: it stops until it is reset.</summary>
    protected abstract void Shutdown(Processor cpu);

    /// <inheritdoc/>
    public abstract void Halt(Processor cpu);

    /// <inheritdoc/>
    public abstract uint ReadPort(Processor cpu, ushort port, int size);

    /// <inheritdoc/>
    public abstract void WritePort(Processor cpu, ushort port, int size, uint value);

    /// <inheritdoc/>
    public abstract uint ReadDevice(Processor cpu, uint physical, int size);

    /// <inheritdoc/>
    public abstract void WriteDevice(Processor cpu, uint physical, int size, uint value);

    /// <inheritdoc/>
    public abstract ulong ReadTimeStamp(Processor cpu);

    /// <inheritdoc/>
    public WalkResult Translate(Processor cpu, uint linear, MemoryAccess access, out PageTranslation page) =>
        PageWalker.Walk(cpu.State, cpu.Memory, linear, access, out page);

    /// <inheritdoc/>
    public bool TryReadDescriptor(Processor cpu, ushort selector, out ulong descriptor)
    {
        descriptor = 0;
        if (!TryLocate(cpu.State, selector, out uint address))
            return false;
        descriptor = LinearMemory.ReadSystem<ulong>(cpu.State, address);
        return true;
    }

    /// <inheritdoc/>
    public void WriteDescriptorHigh(Processor cpu, ushort selector, uint high)
    {
        if (TryLocate(cpu.State, selector, out uint address))
            LinearMemory.WriteSystem(cpu.State, address + 4, high);
    }

    static bool TryLocate(CpuState* s, ushort selector, out uint address)
    {
        bool local = (selector & 4) != 0;
        uint limit = local ? s->Ldtr.Limit : s->GdtLimit;
        address = (local ? s->Ldtr.Base : s->GdtBase) + (selector & 0xFFF8u);
        return (!local || s->Ldtr.Present) && (selector | 7u) <= limit;
    }

    /// <summary>Exceptions and software interrupts by vector. Counted on the guest's thread; others may read at any time.</summary>
    public long[] Traps { get; } = new long[256];

    /// <inheritdoc/>
    public void Deliver(Processor cpu, in CpuEvent e)
    {
        if (e.Kind != CpuEventKind.ExternalInterrupt)
            Traps[e.Vector]++;
        if (!InterruptDelivery.Deliver(cpu.State, e))
            Shutdown(cpu);
    }

    /// <inheritdoc/>
    public virtual void AtBoundary(Processor cpu)
    {
        CpuState* s = cpu.State;
        if (!InterruptWaits || (s->OtherFlags & EflagsBits.Interrupt) == 0)
            return;   // the instruction that sets IF calls Notify again
        if (s->InterruptShadow != 0)
        {
            cpu.Notify();
            return;
        }
        Deliver(cpu, new(CpuEventKind.ExternalInterrupt, AcknowledgeInterrupt(cpu), false, 0, 0, s->Eip));
        if (InterruptWaits && (s->OtherFlags & EflagsBits.Interrupt) != 0)
            cpu.Notify();   // a trap gate lets the next one in
    }
}
