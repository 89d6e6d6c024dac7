using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>A stack being pushed to or popped from by one instruction or event: ESP is only moved by <see cref="Commit"/>, so that a fault on the way leaves no trace.</summary>
/// <remarks>What was written below the old ESP when a later push faults is no part of the program's stack.</remarks>
public unsafe ref struct StackFrame
{
    readonly CpuState* s;
    readonly Segment segment;
    readonly uint mask;
    readonly uint faultCode;
    readonly bool system;
    readonly uint startingEsp;
    uint esp;

    StackFrame(CpuState* s, Segment segment, uint esp, bool system, uint faultCode)
    {
        this.s = s;
        this.segment = segment;
        this.esp = startingEsp = esp;
        this.system = system;
        this.faultCode = faultCode;
        mask = segment.Is32Bit ? uint.MaxValue : 0xFFFF;
    }

    /// <summary>The current stack. Overflow is #SS(<paramref name="external"/>).</summary>
    public static StackFrame Current(CpuState* s, uint external = 0) => new(s, s->Ss, s->R[Reg.Esp], system: false, external);

    /// <summary>A stack of an inner ring that is not loaded yet. Overflow is #SS(its selector).</summary>
    public static StackFrame Inner(CpuState* s, ushort selector, Descriptor descriptor, uint esp, uint external) =>
        new(s, Segment.FromDescriptor(selector, descriptor.Value), esp, system: true, (selector & 0xFFFCu) | external);

    /// <summary>Pushes a doubleword, or its low word.</summary>
    public void Push(uint value, bool word)
    {
        if (word)
            Push((ushort)value);
        else
            Push(value);
    }

    void Push<T>(T value) where T : unmanaged
    {
        uint size = (uint)sizeof(T);
        uint offset = (esp - size) & mask;
        if (!segment.Writable || !segment.Present || !segment.InLimit(offset, size))
            throw CpuFault.Stack(faultCode);
        uint linear = segment.Base + offset;
        if (system)
            LinearMemory.WriteSystem(s, linear, value);
        else
            LinearMemory.Write(s, linear, value);
        esp = Masked(esp - size);
    }

    /// <summary>Pops a doubleword, or a word.</summary>
    public uint Pop(bool word) => word ? Pop<ushort>() : Pop<uint>();

    T Pop<T>() where T : unmanaged
    {
        T value = Peek<T>(0);
        esp = Masked(esp + (uint)sizeof(T));
        return value;
    }

    /// <summary>Reads the stack some bytes above its top.</summary>
    public readonly uint PeekAt(uint distance, bool word) => word ? Peek<ushort>(distance) : Peek<uint>(distance);

    readonly T Peek<T>(uint distance) where T : unmanaged
    {
        uint offset = (esp + distance) & mask;
        if (!segment.Present || !segment.InLimit(offset, (uint)sizeof(T)))
            throw CpuFault.Stack(faultCode);
        return LinearMemory.Read<T>(s, segment.Base + offset);
    }

    /// <summary>Moves the top up over parameters.</summary>
    public void Skip(uint bytes) => esp = Masked(esp + bytes);

    /// <summary>Writes ESP, or SP when the stack segment is a 16-bit one. SS must be this frame's by now.</summary>
    public readonly void Commit() => s->R[Reg.Esp] = esp;

    // A 16-bit stack moves SP only.
    readonly uint Masked(uint value) => (startingEsp & ~mask) | (value & mask);
}
