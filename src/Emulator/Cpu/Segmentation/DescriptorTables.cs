using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>Descriptors as the processor's own microcode reads and marks them; where the tables are is the owner's business.</summary>
public static unsafe class DescriptorTables
{
    /// <summary>Reads a descriptor, or faults with the selector when it lies beyond its table.</summary>
    /// <param name="s">The processor.</param>
    /// <param name="selector">Not null.</param>
    /// <param name="vector">#GP, or #TS where a task state named the selector.</param>
    /// <param name="external">The EXT bit of the error code.</param>
    public static Descriptor Read(CpuState* s, ushort selector, byte vector = FaultVector.GeneralProtection, uint external = 0)
    {
        Processor cpu = s->Processor;
        if (!cpu.Owner.TryReadDescriptor(cpu, selector, out ulong descriptor))
            throw Selector.Fault(vector, selector, external);
        return new(descriptor);
    }

    /// <summary>Reads a descriptor for an instruction that asks instead of faulting.</summary>
    public static bool TryRead(CpuState* s, ushort selector, out Descriptor descriptor)
    {
        Processor cpu = s->Processor;
        bool found = cpu.Owner.TryReadDescriptor(cpu, selector, out ulong value);
        descriptor = new(value);
        return found;
    }

    /// <summary>Sets the accessed bit of a code or data descriptor in its table, unless it is set, and returns the descriptor with it.</summary>
    public static Descriptor MarkAccessed(CpuState* s, ushort selector, Descriptor descriptor)
    {
        if (descriptor.IsAccessed)
            return descriptor;
        WriteHigh(s, selector, descriptor.Accessed);
        return descriptor.Accessed;
    }

    /// <summary>Writes type bits back to the table.</summary>
    public static void WriteHigh(CpuState* s, ushort selector, Descriptor descriptor)
    {
        Processor cpu = s->Processor;
        cpu.Owner.WriteDescriptorHigh(cpu, selector, descriptor.High);
    }
}
