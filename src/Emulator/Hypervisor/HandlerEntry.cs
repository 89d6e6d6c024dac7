using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Hypervisor;

/// <summary>The way into the guest's handlers: builds the stack frame that a processor would build and goes on at the gate's address in ring 1.</summary>
sealed unsafe class HandlerEntry(Processor cpu, GuestPageTables tables, SegmentTable segments, Action<string> kill)
{
    const uint ClearedFlags = EflagsBits.Trap | EflagsBits.NestedTask | EflagsBits.Resume | EflagsBits.Virtual8086;
    const uint GuestMayNotSet = EflagsBits.IoPrivilege | EflagsBits.VirtualInterrupt;

    ushort innerStackSegment;
    uint innerStackPointer;

    /// <summary>Sets the stack on which traps from ring 3 enter ring 1.</summary>
    public void SetInnerStack(ushort selector, uint pointer) => (innerStackSegment, innerStackPointer) = (selector, pointer);

    /// <summary>Pushes a frame and enters a handler.</summary>
    /// <param name="handler">The handler's address.</param>
    /// <param name="errorCode">Pushed last, unless null.</param>
    /// <param name="flags">The flags to save.</param>
    public void Push(uint handler, uint? errorCode, uint flags)
    {
        CpuState* s = cpu.State;
        Span<uint> frame = stackalloc uint[6];   // lowest address first, as it will lie on the stack
        int words = 0;
        if (errorCode is uint code)
            frame[words++] = code;
        frame[words++] = s->Eip;
        frame[words++] = s->Cs.Selector;
        frame[words++] = flags;

        uint pointer = s->R[Reg.Esp], stackBase = s->Ss.Base;
        bool switches = s->Cpl != 1;
        ulong stackDescriptor = 0;
        if (switches)
        {
            frame[words++] = pointer;
            frame[words++] = s->Ss.Selector;
            pointer = innerStackPointer;
            segments.TryRead(innerStackSegment, out stackDescriptor);
            stackBase = Segment.FromDescriptor(innerStackSegment, stackDescriptor).Base;
        }

        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(frame[..words]);
        pointer -= (uint)bytes.Length;
        int written = tables.Write(stackBase + pointer, bytes);
        if (written != bytes.Length)
        {
            kill($"Bad address 0x{stackBase + pointer + (uint)written:x}");
            return;
        }
        s->R[Reg.Esp] = pointer;
        if (switches)
            cpu.SetSegment(SegmentRegister.Ss, innerStackSegment, stackDescriptor);
        Enter(handler);
    }

    /// <summary>Enters a handler on the frame that the present instruction, an <c>iret</c>, was about to take, with the flags from it.</summary>
    public void TakeOverFrame(uint handler)
    {
        CpuState* s = cpu.State;
        Span<byte> flags = stackalloc byte[sizeof(uint)];
        uint address = s->Ss.Base + s->R[Reg.Esp] + 8;
        if (tables.Read(address, flags) != flags.Length)
        {
            kill($"Bad address 0x{address:x}");
            return;
        }
        s->Eflags = (MemoryMarshal.Read<uint>(flags) & ~GuestMayNotSet) | EflagsBits.Interrupt;
        Enter(handler);
    }

    void Enter(uint handler)
    {
        CpuState* s = cpu.State;
        s->OtherFlags &= ~ClearedFlags;
        segments.TryRead(SegmentTable.KernelCode, out ulong code);
        cpu.SetCodeSegment(SegmentTable.KernelCode, code);
        s->Eip = handler;
    }
}
