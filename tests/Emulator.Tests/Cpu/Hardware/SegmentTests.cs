using Iced.Intel;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Hardware;

/// <summary>Loads of segment registers and questions about descriptors (Intel SDM vol. 3, chapter 5).</summary>
public sealed unsafe class SegmentTests : IDisposable
{
    readonly HardwareRig rig = new();

    public void Dispose() => rig.Dispose();

    [Theory]
    [InlineData(0x13, 13)]   // RPL is not CPL
    [InlineData(0x20, 13)]   // DPL is not CPL
    [InlineData(0x08, 13)]   // a code segment
    [InlineData(0x28, 13)]   // a TSS
    [InlineData(0x2F8, 13)]  // beyond the table
    public void A_stack_segment_must_be_writable_and_of_this_ring(ushort selector, int vector)
    {
        Stop stop = rig.Run0(c => { c.mov(ax, selector); c.mov(ss, ax); c.hlt(); });
        Assert.Equal((vector, selector & 0xFFFCu, HardwareRig.Code0Start + 4), (stop.Vector, stop.ErrorCode, stop.Eip));
    }

    [Fact]
    public void A_null_stack_segment_is_a_protection_fault_without_selector()
    {
        Stop stop = rig.Run0(c => { c.xor(eax, eax); c.mov(ss, ax); });
        Assert.Equal((13, 0u), (stop.Vector, stop.ErrorCode));
    }

    [Theory]
    [InlineData(0x92, true, 12)]
    [InlineData(0x92, false, 11)]
    public void A_segment_that_is_not_present_faults_by_register(int access, bool stack, int vector)
    {
        rig.SetDescriptor(HardwareRig.Scratch, 0, 0xFFFF, (ushort)(access & ~0x80));
        Stop stop = rig.Run0(c =>
        {
            c.mov(ax, HardwareRig.Scratch);
            if (stack)
                c.mov(ss, ax);
            else
                c.mov(ds, ax);
        });
        Assert.Equal((vector, (uint)HardwareRig.Scratch), (stop.Vector, stop.ErrorCode));
    }

    [Fact]
    public void Ring_3_may_not_load_ring_0_data_but_a_conforming_code_segment()
    {
        rig.SetDescriptor(HardwareRig.Conforming, 0, uint.MaxValue, 0xC09E);
        Stop stop = rig.Run3(c =>
        {
            c.mov(ax, HardwareRig.Conforming | 3);
            c.mov(es, ax);
            c.mov(ax, HardwareRig.Data0 | 3);
            c.mov(ds, ax);
        });
        Assert.Equal((13, (uint)HardwareRig.Data0), (stop.Vector, stop.ErrorCode));
        Assert.Equal(HardwareRig.Conforming | 3, rig.S->Es.Selector);
        Assert.Equal(HardwareRig.Data3, rig.S->Ds.Selector);
    }

    [Fact]
    public void Loading_sets_the_accessed_bit()
    {
        rig.SetDescriptor(HardwareRig.Scratch, 0x1234, 0xFFFF, 0x92);
        rig.Run0(c => { c.mov(ax, HardwareRig.Scratch); c.mov(fs, ax); c.hlt(); });
        Assert.Equal(0x93, rig.Read<byte>(HardwareRig.Gdt + HardwareRig.Scratch + 5));
        Assert.Equal(0x1234u, rig.S->Fs.Base);
    }

    [Fact]
    public void A_null_data_segment_loads_and_faults_when_used()
    {
        Stop stop = rig.Run0(c => { c.xor(eax, eax); c.mov(ds, ax); c.mov(eax, __dword_ptr[HardwareRig.Data]); });
        Assert.Equal((13, 0u, HardwareRig.Code0Start + 5), (stop.Vector, stop.ErrorCode, stop.Eip));
    }

    [Fact]
    public void Limits_hold_for_every_byte_of_an_access()
    {
        rig.SetDescriptor(HardwareRig.Scratch, HardwareRig.Data, 0xFF, 0x4092);
        Stop stop = rig.Run0(c =>
        {
            c.mov(ax, HardwareRig.Scratch);
            c.mov(ds, ax);
            c.mov(__dword_ptr[0xFC], 0x55);
            c.mov(__dword_ptr[0xFD], 0x66);
        });
        Assert.Equal((13, 0u), (stop.Vector, stop.ErrorCode));
        Assert.Equal(0x55u, rig.Read<uint>(HardwareRig.Data + 0xFC));
    }

    [Fact]
    public void An_expand_down_segment_is_valid_above_its_limit()
    {
        rig.SetDescriptor(HardwareRig.Scratch, HardwareRig.Data, 0xFF, 0x4096);
        Stop stop = rig.Run0(c =>
        {
            c.mov(ax, HardwareRig.Scratch);
            c.mov(ds, ax);
            c.mov(__byte_ptr[0x100], 0x55);
            c.mov(__byte_ptr[0xFF], 0x66);
        });
        Assert.Equal(13, stop.Vector);
        Assert.Equal(0x55, rig.Read<byte>(HardwareRig.Data + 0x100));
    }

    [Fact]
    public void Far_pointers_load_register_and_segment_together_or_not_at_all()
    {
        rig.Memory.Write(HardwareRig.Data, 0x11223344u);
        rig.Memory.Write(HardwareRig.Data + 4, HardwareRig.Data3);
        rig.Memory.Write(HardwareRig.Data + 8, 0x55667788u);
        rig.Memory.Write(HardwareRig.Data + 12, HardwareRig.TssSelector);
        Stop stop = rig.Run0(c =>
        {
            c.les(ebx, __fword_ptr[HardwareRig.Data]);
            c.lgs(ebx, __fword_ptr[HardwareRig.Data + 8]);
        });
        Assert.Equal((13, (uint)HardwareRig.TssSelector), (stop.Vector, stop.ErrorCode));
        Assert.Equal((0x11223344u, HardwareRig.Data3), (rig.S->R[Reg.Ebx], rig.S->Es.Selector));
    }

    [Fact]
    public void Mov_to_cs_is_undefined()
    {
        Stop stop = rig.Run0(c => c.db(0x8E, 0xC8));
        Assert.Equal((6, HardwareRig.Code0Start), (stop.Vector, stop.Eip));
    }

    [Fact]
    public void A_pop_that_faults_leaves_the_stack_pointer()
    {
        rig.Run0(c => { c.push(HardwareRig.Code1); c.pop(ss); });
        Assert.Equal(HardwareRig.Stack0 - 4 - 16, rig.S->R[Reg.Esp]);
    }

    [Fact]
    public void Lar_lsl_verr_verw_answer_by_privilege()
    {
        Stop stop = rig.Run3(c =>
        {
            c.mov(eax, HardwareRig.Data3);
            c.lar(ebx, eax);
            c.lsl(ecx, eax);
            c.verw(ax);
            c.setz(dl);
            c.mov(eax, HardwareRig.Data0);
            c.mov(esi, 77);
            c.lar(esi, eax);
            c.setz(dh);
            c.mov(eax, HardwareRig.Code3);
            c.verw(ax);
            c.setz(al);
            c.mov(edi, HardwareRig.Code3);
            c.verr(di);
            c.setz(ah);
            c.hlt();
        });
        Assert.Equal(13, stop.Vector);   // hlt in ring 3
        CpuState* s = rig.S;
        Assert.Equal((0x00CFF200u, uint.MaxValue), (s->R[Reg.Ebx], s->R[Reg.Ecx]));
        Assert.Equal((1u, 77u), (s->R[Reg.Edx] & 0xFFFF, s->R[Reg.Esi]));
        Assert.Equal(0x100u, s->R[Reg.Eax] & 0xFFFF);
    }

    [Fact]
    public void Arpl_raises_a_selectors_privilege()
    {
        rig.Run0(c =>
        {
            c.mov(eax, 0x10);
            c.mov(ecx, 3);
            c.arpl(ax, cx);
            c.setz(dl);
            c.arpl(ax, cx);
            c.setz(dh);
            c.hlt();
        });
        Assert.Equal((0x13u, 1u), (rig.S->R[Reg.Eax], rig.S->R[Reg.Edx] & 0xFFFF));
    }

    [Fact]
    public void Arpl_writes_memory_only_to_raise()
    {
        rig.SetDescriptor(HardwareRig.Scratch, HardwareRig.Data, 0xFFFF, 0x90);
        rig.Memory.Write<ushort>(HardwareRig.Data, 3);
        Stop stop = rig.Run0(c =>
        {
            c.mov(ax, HardwareRig.Scratch);
            c.mov(ds, ax);
            c.mov(ecx, 3);
            c.arpl(__word_ptr[0], cx);
            c.arpl(__word_ptr[4], cx);
        });
        Assert.Equal((13, 0u, HardwareRig.Code0Start + 19), (stop.Vector, stop.ErrorCode, stop.Eip));
    }

    [Fact]
    public void Table_registers_store_what_was_loaded()
    {
        rig.Memory.Write<ushort>(HardwareRig.Data, 0x123);
        rig.Memory.Write(HardwareRig.Data + 2, 0x89ABCDEFu);
        rig.Run0(c =>
        {
            c.lidt(__[HardwareRig.Data]);
            c.sidt(__[HardwareRig.Data + 8]);
            c.db(0x66);
            c.lidt(__[HardwareRig.Data]);
            c.sidt(__[HardwareRig.Data + 16]);
            c.sgdt(__[HardwareRig.Data + 24]);
            c.hlt();
        });
        Assert.Equal((0x123, 0x89ABCDEFu), (rig.Read<ushort>(HardwareRig.Data + 8), rig.Read<uint>(HardwareRig.Data + 10)));
        Assert.Equal((0x123, 0xABCDEFu), (rig.Read<ushort>(HardwareRig.Data + 16), rig.Read<uint>(HardwareRig.Data + 18)));
        Assert.Equal((0xFF, HardwareRig.Gdt), (rig.Read<ushort>(HardwareRig.Data + 24), rig.Read<uint>(HardwareRig.Data + 26)));
    }

    [Fact]
    public void Lldt_makes_local_descriptors_reachable()
    {
        rig.SetDescriptor(0x0C, 0x4000, 0xFFF, 0x92);
        Stop stop = rig.Run0(c =>
        {
            c.mov(ax, HardwareRig.LdtSelector);
            c.lldt(ax);
            c.sldt(ebx);
            c.mov(ax, 0x0C);
            c.mov(es, ax);
            c.mov(ax, 0x44);
            c.mov(fs, ax);
        });
        Assert.Equal((13, 0x44u), (stop.Vector, stop.ErrorCode));
        Assert.Equal((0x4000u, (uint)HardwareRig.LdtSelector), (rig.S->Es.Base, rig.S->R[Reg.Ebx]));
    }

    [Fact]
    public void Ltr_takes_an_available_tss_and_makes_it_busy()
    {
        Stop stop = rig.Run0(c =>
        {
            c.mov(ax, HardwareRig.OtherTssSelector);
            c.ltr(ax);
            c.str(ebx);
            c.ltr(ax);
        });
        Assert.Equal((13, (uint)HardwareRig.OtherTssSelector), (stop.Vector, stop.ErrorCode));
        Assert.Equal((uint)HardwareRig.OtherTssSelector, rig.S->R[Reg.Ebx]);
        Assert.Equal(0x8B, rig.Read<byte>(HardwareRig.Gdt + HardwareRig.OtherTssSelector + 5));
    }

    [Fact]
    public void Ring_3_may_not_load_table_registers()
    {
        foreach (Action<Assembler> code in (Action<Assembler>[])[c => c.lgdt(__[HardwareRig.Data]), c => c.lidt(__[HardwareRig.Data]), c => c.lldt(ax), c => c.ltr(ax)])
        {
            using var fresh = new HardwareRig();
            Stop stop = fresh.Run3(code);
            Assert.Equal((13, 0u, HardwareRig.Code3Start), (stop.Vector, stop.ErrorCode, stop.Eip));
        }
    }
}
