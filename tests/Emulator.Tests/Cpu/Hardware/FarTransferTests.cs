using Iced.Intel;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Hardware;

/// <summary>Far jumps, calls and returns, call gates, rings (Intel SDM vol. 3, 5.8).</summary>
public sealed unsafe class FarTransferTests : IDisposable
{
    const uint Target = 0x50000;

    readonly HardwareRig rig = new();

    public void Dispose() => rig.Dispose();

    // jmp and call selector:offset.
    static void FarJump(Assembler c, ushort selector, uint offset) => c.db([0xEA, .. BitConverter.GetBytes(offset), .. BitConverter.GetBytes(selector)]);
    static void FarCall(Assembler c, ushort selector, uint offset) => c.db([0x9A, .. BitConverter.GetBytes(offset), .. BitConverter.GetBytes(selector)]);

    void SetCallGate(ushort target, int dpl, int parameters = 0, DescriptorType type = DescriptorType.CallGate32, bool present = true) =>
        rig.Memory.Write(HardwareRig.Gdt + HardwareRig.Gate, HardwareRig.MakeGate(type, target, Target, dpl, present, parameters));

    [Fact]
    public void A_far_call_and_return_in_one_ring()
    {
        rig.Load(Target, c => { c.mov(ebx, __dword_ptr[esp + 4]); c.retf(8); });
        Stop stop = rig.Run0(c =>
        {
            c.push(1);
            c.push(2);
            FarCall(c, HardwareRig.Code0, Target);
            c.hlt();
        });
        Assert.Equal((-1, HardwareRig.Stack0, (uint)HardwareRig.Code0), (stop.Vector, stop.Esp, rig.S->R[Reg.Ebx]));
    }

    [Theory]
    [InlineData(0x0000, 13, 0x00)]   // null
    [InlineData(0x0010, 13, 0x10)]   // data
    [InlineData(0x0018, 13, 0x18)]   // outer ring
    [InlineData(0x02F8, 13, 0x2F8)]  // beyond the table
    [InlineData(0x0038, 13, 0x38)]   // an LDT
    [InlineData(0x0028, 13, 0x28)]   // a busy TSS
    public void A_far_jump_checks_its_target(ushort selector, int vector, uint errorCode)
    {
        Stop stop = rig.Run0(c => FarJump(c, selector, Target));
        Assert.Equal((vector, errorCode, HardwareRig.Code0Start), (stop.Vector, stop.ErrorCode, stop.Eip));
    }

    [Fact]
    public void A_far_jump_beyond_the_limit_faults_before_it_jumps()
    {
        rig.SetDescriptor(HardwareRig.Scratch, 0, 0xFFF, 0x409A);
        Stop stop = rig.Run0(c => FarJump(c, HardwareRig.Scratch, 0x1000));
        Assert.Equal((13, 0u, HardwareRig.Code0Start, HardwareRig.Code0), (stop.Vector, stop.ErrorCode, stop.Eip, stop.Cs));
    }

    [Fact]
    public void A_far_jump_to_an_absent_segment_is_not_present()
    {
        rig.SetDescriptor(HardwareRig.Scratch, 0, 0xFFF, 0x401A);
        Stop stop = rig.Run0(c => FarJump(c, HardwareRig.Scratch, 0));
        Assert.Equal((11, (uint)HardwareRig.Scratch), (stop.Vector, stop.ErrorCode));
    }

    [Fact]
    public void Conforming_code_runs_in_the_callers_ring()
    {
        rig.Load(Target, c => { c.mov(ebx, cs); c.hlt(); });
        Stop stop = rig.Run3(c => FarCall(c, HardwareRig.Conforming, Target));
        Assert.Equal((13, Target + 2, (ushort)(HardwareRig.Conforming | 3)), (stop.Vector, stop.Eip, stop.Cs));
        Assert.Equal(HardwareRig.Conforming | 3u, rig.S->R[Reg.Ebx]);
    }

    [Fact]
    public void A_call_gate_changes_ring_and_stack_and_copies_parameters_and_retf_undoes_it()
    {
        SetCallGate(HardwareRig.Code0, dpl: 3, parameters: 2);
        rig.Load(Target, c =>
        {
            c.mov(ebx, cs);
            c.mov(ecx, __dword_ptr[esp + 8]);    // second parameter
            c.mov(edx, __dword_ptr[esp + 12]);   // first
            c.mov(esi, __dword_ptr[esp + 16]);   // old esp
            c.mov(edi, __dword_ptr[esp + 20]);   // old ss
            c.mov(ebp, esp);
            c.retf(8);
        });
        Stop stop = rig.Run3(c =>
        {
            c.push(0x111);
            c.push(0x222);
            FarCall(c, HardwareRig.Gate | 3, 0xDEAD);
            c.hlt();
        });
        CpuState* s = rig.S;
        Assert.Equal((uint)HardwareRig.Code0, s->R[Reg.Ebx]);
        Assert.Equal((0x222u, 0x111u), (s->R[Reg.Ecx], s->R[Reg.Edx]));
        Assert.Equal((HardwareRig.Stack3 - 8, (uint)HardwareRig.Data3), (s->R[Reg.Esi], s->R[Reg.Edi]));
        Assert.Equal(HardwareRig.Stack0 - 24, s->R[Reg.Ebp]);
        // Back in ring 3, where hlt faults; the parameters are gone from the outer stack.
        Assert.Equal((13, HardwareRig.Code3, HardwareRig.Stack3, HardwareRig.Data3), (stop.Vector, stop.Cs, stop.Esp, stop.Ss));
    }

    [Fact]
    public void A_16_bit_call_gate_copies_words()
    {
        SetCallGate(HardwareRig.Code0, dpl: 3, parameters: 1, type: DescriptorType.CallGate16);
        rig.Memory.Write(HardwareRig.Gdt + HardwareRig.Gate, HardwareRig.MakeGate(DescriptorType.CallGate16, HardwareRig.Code0, 0x5000, 3, true, 1));
        rig.Load(0x5000, c => { c.mov(cx, __word_ptr[esp + 4]); c.mov(ebp, esp); c.hlt(); });
        Stop stop = rig.Run3(c => { c.push(0x12345678); FarCall(c, HardwareRig.Gate | 3, 0); });
        Assert.Equal((-1, 0x5678u, HardwareRig.Stack0 - 10), (stop.Vector, rig.S->R[Reg.Ecx] & 0xFFFF, rig.S->R[Reg.Ebp]));
    }

    [Theory]
    [InlineData(2, true, 13, 0x48)]    // gate privilege
    [InlineData(3, false, 11, 0x48)]   // gate not present
    public void A_call_gate_checks_itself(int dpl, bool present, int vector, uint errorCode)
    {
        SetCallGate(HardwareRig.Code0, dpl, present: present);
        Stop stop = rig.Run3(c => FarCall(c, HardwareRig.Gate | 3, 0));
        Assert.Equal((vector, errorCode, HardwareRig.Code3Start), (stop.Vector, stop.ErrorCode, stop.Eip));
    }

    [Fact]
    public void A_jump_through_a_gate_may_not_change_ring()
    {
        SetCallGate(HardwareRig.Code0, dpl: 3);
        Stop stop = rig.Run3(c => FarJump(c, HardwareRig.Gate | 3, 0));
        Assert.Equal((13, (uint)HardwareRig.Code0), (stop.Vector, stop.ErrorCode));
    }

    [Theory]
    [InlineData(0x0000, 10, 0)]      // null
    [InlineData(0x0013, 10, 0x10)]   // RPL is not the ring's
    [InlineData(0x0020, 10, 0x20)]   // DPL is not
    [InlineData(0x0008, 10, 0x08)]   // code
    [InlineData(0x02F8, 10, 0x2F8)]  // beyond the table
    public void An_inner_stack_that_is_wrong_is_an_invalid_tss(ushort stack, int vector, uint errorCode)
    {
        // Ring 1's stack: the fault's own handler, in ring 0, must not need the wrong one.
        SetCallGate(HardwareRig.Code1, dpl: 3);
        rig.Memory.Write(HardwareRig.Tss + 16, stack == 0 ? 0u : stack);
        Stop stop = rig.Run3(c => FarCall(c, HardwareRig.Gate | 3, 0));
        Assert.Equal((vector, errorCode, HardwareRig.Code3Start), (stop.Vector, stop.ErrorCode, stop.Eip));
    }

    [Fact]
    public void A_tss_too_short_for_the_stack_is_named_by_the_fault()
    {
        SetCallGate(HardwareRig.Code1, dpl: 3);
        rig.S->Tr.Limit = 0xC;   // ring 0's stack is within, ring 1's is not
        Stop stop = rig.Run3(c => FarCall(c, HardwareRig.Gate | 3, 0));
        Assert.Equal((10, (uint)HardwareRig.TssSelector), (stop.Vector, stop.ErrorCode));
    }

    [Fact]
    public void Returning_outward_drops_data_segments_that_are_too_privileged()
    {
        Stop stop = rig.Run0(c =>
        {
            c.mov(ax, HardwareRig.Data3);
            c.mov(es, ax);
            c.push((uint)HardwareRig.Data3);
            c.push(HardwareRig.Stack3);
            c.push((uint)HardwareRig.Code3);
            c.push(HardwareRig.Code3Start);
            c.retf();
        });
        Assert.Equal(13, stop.Vector);   // ring 3's memory is zero there: add [eax], al with a null ds
        Assert.Equal((HardwareRig.Code3Start, HardwareRig.Code3), (stop.Eip, stop.Cs));
        Assert.Equal((0, HardwareRig.Data3, 0), (rig.S->Ds.Selector, rig.S->Es.Selector, rig.S->Gs.Selector));
    }

    [Fact]
    public void A_return_inward_is_refused()
    {
        Stop stop = rig.Run3(c => { c.push((uint)HardwareRig.Code0); c.push(Target); c.retf(); });
        Assert.Equal((13, (uint)HardwareRig.Code0, HardwareRig.Stack3 - 8), (stop.Vector, stop.ErrorCode, stop.Esp));
    }

    [Fact]
    public void Iret_to_ring_3_loads_flags_by_privilege_and_back_again_keeps_them()
    {
        rig.Load(HardwareRig.Code3Start, c =>
        {
            c.push(0x3247);   // IF, IOPL 3, CF, PF, ZF
            c.popfd();
            c.hlt();
        });
        Stop stop = rig.Run0(c =>
        {
            c.push((uint)HardwareRig.Data3);
            c.push(HardwareRig.Stack3);
            c.push(0x202);
            c.push((uint)HardwareRig.Code3);
            c.push(HardwareRig.Code3Start);
            c.iretd();
        });
        Assert.Equal((13, HardwareRig.Code3, HardwareRig.Data3, HardwareRig.Stack3), (stop.Vector, stop.Cs, stop.Ss, stop.Esp));
        Assert.Equal(0x247u, stop.Eflags & 0xFFFF & ~EflagsBits.Resume);   // IOPL stays 0, IF stays 1
    }

    [Fact]
    public void Iret_with_a_wrong_stack_faults_in_the_inner_ring_with_nothing_changed()
    {
        Stop stop = rig.Run0(c =>
        {
            c.push((uint)HardwareRig.Data0);
            c.push(HardwareRig.Stack3);
            c.push(0x202);
            c.push((uint)HardwareRig.Code3);
            c.push(HardwareRig.Code3Start);
            c.iretd();
        });
        Assert.Equal((13, (uint)HardwareRig.Data0, HardwareRig.Code0), (stop.Vector, stop.ErrorCode, stop.Cs));
        Assert.Equal(HardwareRig.Stack0 - 20, stop.Esp);
    }

    [Fact]
    public void Ring_3_cannot_change_the_interrupt_flag_by_popf_or_iret()
    {
        rig.Load(HardwareRig.Code3Start + 0x100, c => c.hlt());
        Stop stop = rig.Run3(c =>
        {
            c.push(0x200);
            c.popfd();
            c.push(0x3200);
            c.push((uint)HardwareRig.Code3);
            c.push(HardwareRig.Code3Start + 0x100);
            c.iretd();
        });
        Assert.Equal((13, HardwareRig.Code3Start + 0x100), (stop.Vector, stop.Eip));
        Assert.Equal(0u, stop.Eflags & (EflagsBits.Interrupt | EflagsBits.IoPrivilege));
    }

    [Fact]
    public void Sysenter_and_sysexit_go_to_ring_0_and_back()
    {
        rig.S->SysenterCs = HardwareRig.Code0;
        rig.S->SysenterEsp = HardwareRig.Stack1;
        rig.S->SysenterEip = Target;
        rig.Load(Target, c =>
        {
            c.mov(ebx, cs);
            c.mov(esi, ss);
            c.mov(edi, esp);
            c.mov(edx, HardwareRig.Code3Start + 0x100);
            c.mov(ecx, HardwareRig.Stack3 - 64);
            c.sysexit();
        });
        rig.Load(HardwareRig.Code3Start + 0x100, c => c.hlt());
        Stop stop = rig.Run3(c => c.sysenter());
        CpuState* s = rig.S;
        Assert.Equal((0x08u, 0x10u, HardwareRig.Stack1), (s->R[Reg.Ebx], s->R[Reg.Esi], s->R[Reg.Edi]));
        Assert.Equal((13, HardwareRig.Code3Start + 0x100, 0x1B, 0x23), (stop.Vector, stop.Eip, stop.Cs, stop.Ss));
        Assert.Equal(HardwareRig.Stack3 - 64, stop.Esp);
    }

    [Fact]
    public void Sysenter_without_a_code_segment_is_a_protection_fault()
    {
        Stop stop = rig.Run3(c => c.sysenter());
        Assert.Equal((13, 0u), (stop.Vector, stop.ErrorCode));
    }
}
