using Iced.Intel;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Hardware;

/// <summary>Delivery of exceptions and interrupts through the IDT (Intel SDM vol. 3, chapter 6).</summary>
public sealed unsafe class InterruptTests : IDisposable
{
    readonly HardwareRig rig = new();

    public void Dispose() => rig.Dispose();

    [Fact]
    public void A_software_interrupt_needs_the_gates_privilege()
    {
        Stop refused = rig.Run3(c => c.@int(0x80));
        Assert.Equal((13, (0x80u * 8) + 2, HardwareRig.Code3Start), (refused.Vector, refused.ErrorCode, refused.Eip));

        rig.SetGate(0x80, DescriptorType.TrapGate32, HardwareRig.Code0, HardwareRig.HandlerOf(0x80), dpl: 3);
        Stop taken = rig.Run3(c => c.@int(0x80));
        Assert.Equal((0x80, HardwareRig.Code3Start + 2, HardwareRig.Code3, HardwareRig.Data3, HardwareRig.Stack3), (taken.Vector, taken.Eip, taken.Cs, taken.Ss, taken.Esp));
        Assert.Equal((HardwareRig.Data0, HardwareRig.Stack0 - 20), (rig.S->Ss.Selector, rig.S->R[Reg.Esp]));
        Assert.Equal(0u, taken.Eflags & EflagsBits.Resume);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_interrupt_gate_clears_IF_and_a_trap_gate_does_not(bool interruptGate)
    {
        rig.SetGate(0x40, interruptGate ? DescriptorType.InterruptGate32 : DescriptorType.TrapGate32, HardwareRig.Code0, HardwareRig.HandlerOf(0x40));
        Stop stop = rig.Run0(c =>
        {
            c.push(0x4202 | (int)EflagsBits.AlignmentCheck);
            c.popfd();
            c.@int(0x40);
        });
        Assert.Equal(0x40, stop.Vector);
        Assert.Equal(0x4202u | EflagsBits.AlignmentCheck, stop.Eflags);
        Assert.Equal(!interruptGate, (rig.S->OtherFlags & EflagsBits.Interrupt) != 0);
        Assert.Equal(EflagsBits.AlignmentCheck, rig.S->OtherFlags & (EflagsBits.AlignmentCheck | EflagsBits.NestedTask));
    }

    [Fact]
    public void Faults_push_the_resume_flag_and_the_faulting_instruction()
    {
        Stop stop = rig.Run0(c => { c.xor(ecx, ecx); c.div(ecx); });
        Assert.Equal((0, HardwareRig.Code0Start + 2), (stop.Vector, stop.Eip));
        Assert.Equal(EflagsBits.Resume, stop.Eflags & EflagsBits.Resume);
    }

    [Fact]
    public void Int3_into_and_bound()
    {
        rig.SetGate(3, DescriptorType.TrapGate32, HardwareRig.Code0, HardwareRig.HandlerOf(3), dpl: 3);
        Stop breakpoint = rig.Run3(c => c.int3());
        Assert.Equal((3, HardwareRig.Code3Start + 1), (breakpoint.Vector, breakpoint.Eip));

        rig.SetGate(4, DescriptorType.TrapGate32, HardwareRig.Code0, HardwareRig.HandlerOf(4), dpl: 3);
        Stop overflow = rig.Run3(c => { c.xor(eax, eax); c.into(); c.mov(al, 0x7F); c.inc(al); c.into(); });
        Assert.Equal((4, HardwareRig.Code3Start + 8), (overflow.Vector, overflow.Eip));

        rig.Memory.Write(HardwareRig.Data, -2);
        rig.Memory.Write(HardwareRig.Data + 4, 5);
        Stop bound = rig.Run3(c =>
        {
            c.mov(eax, -2);
            c.bound(eax, __qword_ptr[HardwareRig.Data]);
            c.mov(eax, 6);
            c.bound(eax, __qword_ptr[HardwareRig.Data]);
        });
        Assert.Equal((5, HardwareRig.Code3Start + 16), (bound.Vector, bound.Eip));
    }

    [Fact]
    public void Gates_are_checked()
    {
        rig.SetGate(0x40, DescriptorType.InterruptGate32, HardwareRig.Code0, 0, present: false);
        Assert.Equal((11, (0x40u * 8) + 2), Outcome(0x40));
        rig.SetGate(0x41, DescriptorType.CallGate32, HardwareRig.Code0, 0);
        Assert.Equal((13, (0x41u * 8) + 2), Outcome(0x41));
        rig.SetGate(0x42, DescriptorType.InterruptGate32, 0, 0);
        Assert.Equal((13, 0u), Outcome(0x42));
        rig.SetGate(0x43, DescriptorType.InterruptGate32, HardwareRig.Data0, 0);
        Assert.Equal((13, (uint)HardwareRig.Data0), Outcome(0x43));
        rig.S->IdtLimit = (0x44 * 8) + 6;
        Assert.Equal((13, (0x44u * 8) + 2), Outcome(0x44));

        (int, uint) Outcome(int vector)
        {
            rig.S->R[Reg.Esp] = HardwareRig.Stack0;
            Stop stop = rig.Run0(c => c.@int((byte)vector));
            Assert.Equal(HardwareRig.Code0Start, stop.Eip);
            return (stop.Vector, stop.ErrorCode);
        }
    }

    [Fact]
    public void A_fault_on_the_way_to_a_handler_is_external_and_takes_its_place()
    {
        rig.SetGate(6, DescriptorType.InterruptGate32, HardwareRig.Code0, 0, present: false);
        Stop stop = rig.Run0(c => c.ud2());
        Assert.Equal((11, (6u * 8) + 3, HardwareRig.Code0Start), (stop.Vector, stop.ErrorCode, stop.Eip));
    }

    [Fact]
    public void Two_contributory_faults_are_a_double_fault()
    {
        rig.SetGate(13, DescriptorType.InterruptGate32, HardwareRig.Code0, 0, present: false);
        Stop stop = rig.Run3(c => c.hlt());
        Assert.Equal((8, 0u, HardwareRig.Code3Start, HardwareRig.Code3), (stop.Vector, stop.ErrorCode, stop.Eip, stop.Cs));
    }

    [Fact]
    public void A_third_fault_shuts_the_processor_down()
    {
        rig.S->IdtLimit = 0;
        rig.Run0(c => c.ud2());
        Assert.True(rig.HasShutDown);
    }

    [Fact]
    public void An_interrupt_waits_for_sti_and_the_instruction_after_it()
    {
        rig.Interrupt = 0x50;
        rig.Cpu.Notify();
        Stop stop = rig.Run0(c => { c.nop(); c.sti(); c.inc(ebx); c.inc(ebx); c.hlt(); });
        Assert.Equal((0x50, HardwareRig.Code0Start + 3, 1u), (stop.Vector, stop.Eip, rig.S->R[Reg.Ebx]));
    }

    [Theory]
    [InlineData(DescriptorType.TrapGate32, 0x41)]
    [InlineData(DescriptorType.InterruptGate32, 0x40)]
    public void Behind_a_trap_gate_the_next_interrupt_comes_soon(DescriptorType gate, int stoppedBy)
    {
        rig.SetGate(0x40, gate, HardwareRig.Code0, HardwareRig.Code3Start);
        rig.Load(HardwareRig.Code3Start, c => c.jmp(HardwareRig.HandlerOf(0x40)));
        (rig.Interrupt, rig.NextInterrupt) = (0x40, 0x41);
        rig.Cpu.Notify();
        Assert.Equal(stoppedBy, rig.Run0(c => { c.sti(); c.nop(); c.nop(); c.hlt(); }).Vector);
    }

    [Fact]
    public void An_interrupt_raised_at_a_load_of_ss_finds_the_new_stack()
    {
        rig.S->OtherFlags |= EflagsBits.Interrupt;
        rig.InterruptAtPort = 0x50;
        Stop stop = rig.Run0(c =>
        {
            c.mov(ax, HardwareRig.Data0);
            c.cli();
            c.@out(0x10, al);
            c.sti();
            c.mov(ss, ax);             // sti's shadow, and then that of ss itself
            c.mov(esp, HardwareRig.Stack0 - 64);
            c.hlt();
        });
        Assert.Equal((0x50, HardwareRig.Stack0 - 64), (stop.Vector, stop.Esp));
    }

    [Fact]
    public void A_stack_without_room_for_any_frame_ends_in_shutdown()
    {
        // Ring 0 with a stack segment of 256 bytes, at its start: no frame fits, the stack fault's own frame neither.
        rig.SetDescriptor(HardwareRig.Scratch, HardwareRig.Data, 0xFF, 0x4092);
        rig.Run0(c =>
        {
            c.mov(ax, HardwareRig.Scratch);
            c.mov(ss, ax);
            c.mov(esp, 4);
            c.ud2();
        });
        Assert.True(rig.HasShutDown);
    }

    [Fact]
    public void Sixteen_bit_gates_push_words()
    {
        rig.Memory.Write<byte>(0x5000, 0xF4);
        rig.SetGate(0x40, DescriptorType.TrapGate16, HardwareRig.Code0, 0x5000);
        rig.Run0(c => c.@int(0x40));
        Assert.Equal((HardwareRig.Stack0 - 6, 0x5001u), (rig.S->R[Reg.Esp], rig.S->Eip));
        Assert.Equal((2, HardwareRig.Code0), (rig.Read<ushort>(HardwareRig.Stack0 - 6), rig.Read<ushort>(HardwareRig.Stack0 - 4)));
    }

    [Fact]
    public void A_handler_returns_to_ring_3_by_iret()
    {
        rig.SetGate(0x80, DescriptorType.InterruptGate32, HardwareRig.Code0, HardwareRig.HandlerOf(0x80), dpl: 3);
        rig.Load(HardwareRig.HandlerOf(0x80), c => { c.inc(ebx); c.iretd(); });
        rig.S->OtherFlags |= EflagsBits.Interrupt;
        Stop stop = rig.Run3(c => { c.mov(ecx, 5); c.@int(0x80); c.@int(0x80); c.hlt(); });
        Assert.Equal((13, HardwareRig.Code3Start + 9, HardwareRig.Stack3, 2u), (stop.Vector, stop.Eip, stop.Esp, rig.S->R[Reg.Ebx]));
        Assert.Equal(EflagsBits.Interrupt, stop.Eflags & EflagsBits.Interrupt);
    }
}
