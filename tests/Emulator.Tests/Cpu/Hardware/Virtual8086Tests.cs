using Iced.Intel;
using LguestPS.Emulator.Cpu.State;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Hardware;

/// <summary>Virtual-8086 mode, real mode, and the ways in and out (Intel SDM vol. 3, chapter 20).</summary>
public sealed unsafe class Virtual8086Tests : IDisposable
{
    const uint CodeStart = 0x50000;

    readonly HardwareRig rig = new();

    public void Dispose() => rig.Dispose();

    // Enters virtual-8086 code at 5000:0000 by iret.
    Stop RunVirtual(Action<Assembler> code, int ioPrivilege = 0)
    {
        rig.Load(CodeStart, code, bitness: 16);
        return rig.Run0(c =>
        {
            foreach (int selector in (int[])[0x1111, 0x2222, 0x3333, 0x4444])   // gs, fs, ds, es
                c.push(selector);
            c.push(0x6000);
            c.push(0x1000);
            c.push(0x20002 | (ioPrivilege << 12));
            c.push(0x5000);
            c.push(0);
            c.iretd();
        });
    }

    [Fact]
    public void Segments_are_paragraphs_and_a_fault_saves_them_all()
    {
        Stop stop = RunVirtual(c =>
        {
            c.mov(ax, 0x7000);
            c.mov(es, ax);
            c.mov(__word_ptr.es[di], ax);
            c.push(ax);
            c.hlt();
        });
        CpuState* s = rig.S;
        Assert.Equal((13, 0u, 9u, (ushort)0x5000), (stop.Vector, stop.ErrorCode, stop.Eip, stop.Cs));
        Assert.Equal(EflagsBits.Virtual8086, stop.Eflags & EflagsBits.Virtual8086);
        Assert.Equal((0xFFEu, 0x6000), (stop.Esp, stop.Ss));
        Assert.Equal((0x7000, 0x7000), (rig.Read<ushort>(0x70000), rig.Read<ushort>(0x60FFE)));
        uint frame = HardwareRig.Stack0 - 16;
        Assert.Equal((0x7000u, 0x3333u, 0x2222u, 0x1111u), (rig.Read<uint>(frame), rig.Read<uint>(frame + 4), rig.Read<uint>(frame + 8), rig.Read<uint>(frame + 12)));
        Assert.Equal((0, 0, 0, 0), (s->Ds.Selector, s->Es.Selector, s->Fs.Selector, s->Gs.Selector));
        Assert.Equal((0, 0u), (s->Cpl, s->OtherFlags & EflagsBits.Virtual8086));
    }

    [Fact]
    public void Interrupt_instructions_need_IOPL_3()
    {
        foreach (Action<Assembler> code in (Action<Assembler>[])[c => c.cli(), c => c.sti(), c => c.pushf(), c => c.popf(), c => c.@int(0x21), c => c.iret()])
        {
            rig.S->R[Reg.Esp] = HardwareRig.Stack0;
            Stop stop = RunVirtual(code);
            Assert.Equal((13, 0u, 0u), (stop.Vector, stop.ErrorCode, stop.Eip));
        }
    }

    [Fact]
    public void With_IOPL_3_they_work_but_leave_IOPL_and_VM()
    {
        rig.SetGate(0x21, Emulator.Cpu.Segmentation.DescriptorType.InterruptGate32, HardwareRig.Code0, HardwareRig.HandlerOf(0x21), dpl: 3);
        Stop stop = RunVirtual(c =>
        {
            c.pushf();
            c.pop(bx);
            c.xor(ax, ax);
            c.push(ax);
            c.popf();
            c.sti();
            c.nop();
            c.@int(0x21);
        }, ioPrivilege: 3);
        Assert.Equal((0x21, (ushort)0x5000), (stop.Vector, stop.Cs));
        Assert.Equal(0x3002u, rig.S->R[Reg.Ebx] & 0xFFFF);
        Assert.Equal(0x23202u, stop.Eflags);
    }

    [Fact]
    public void Ports_ask_the_bitmap_whatever_IOPL_says()
    {
        Stop stop = RunVirtual(c => c.@in(al, 0x60), ioPrivilege: 3);
        Assert.Equal((13, 0u), (stop.Vector, stop.ErrorCode));
    }

    [Fact]
    public void A_handler_goes_back_to_virtual_8086_mode()
    {
        rig.Load(HardwareRig.HandlerOf(3), c => { c.inc(__dword_ptr[esp]); c.iretd(); });
        rig.SetGate(3, Emulator.Cpu.Segmentation.DescriptorType.InterruptGate32, HardwareRig.Code0, HardwareRig.HandlerOf(3), dpl: 3);
        Stop stop = RunVirtual(c => { c.int3(); c.db(0xF4); c.mov(ax, ds); c.mov(bx, gs); c.hlt(); });
        Assert.Equal((13, 6u), (stop.Vector, stop.Eip));
        Assert.Equal((0x3333u, 0x1111u), (rig.S->R[Reg.Eax] & 0xFFFF, rig.S->R[Reg.Ebx] & 0xFFFF));
    }

    [Fact]
    public void Protected_mode_instructions_are_undefined()
    {
        Assert.Equal(6, RunVirtual(c => c.db(0x0F, 0x02, 0xC0)).Vector);   // lar ax, ax
        rig.S->R[Reg.Esp] = HardwareRig.Stack0;
        Assert.Equal(6, RunVirtual(c => c.db(0x0F, 0x00, 0xC8)).Vector);   // str ax
    }

    [Fact]
    public void An_offset_above_64_KB_faults()
    {
        Stop stop = RunVirtual(c => { c.mov(ebx, 0xFFFF); c.mov(ax, __word_ptr[ebx]); });
        Assert.Equal((13, 0u, 6u), (stop.Vector, stop.ErrorCode, stop.Eip));
    }

    // To real mode the way the manual prescribes (vol. 3, 9.9.2), the code going on at 5000:0000.
    Stop RunReal(Action<Assembler> code)
    {
        rig.Load(CodeStart, c =>
        {
            c.xor(ax, ax);
            c.mov(ds, ax);
            c.mov(ax, 0x6000);
            c.mov(ss, ax);
            c.mov(sp, 0x1000);
            code(c);
        }, bitness: 16);
        rig.Load(0x9000, c =>
        {
            c.mov(ax, HardwareRig.Data16);
            c.mov(ds, ax);
            c.mov(ss, ax);
            c.mov(eax, cr0);
            c.and(al, 0xFE);
            c.mov(cr0, eax);
            c.db(0xEA, 0x00, 0x00, 0x00, 0x50);
        }, bitness: 16);
        rig.S->IdtBase = 0;
        return rig.Run0(c => c.db(0xEA, 0x00, 0x90, 0x00, 0x00, (byte)HardwareRig.Code16, 0x00));
    }

    [Fact]
    public void Real_mode_delivers_through_the_vector_table_and_iret_returns()
    {
        rig.Memory.Write(0x21 * 4, 0x5000_0800u);
        rig.Load(CodeStart + 0x800, c => { c.pushf(); c.pop(bx); c.iret(); }, bitness: 16);
        RunReal(c =>
        {
            c.sti();
            c.@int(0x21);
            c.pushf();
            c.pop(cx);
            c.hlt();
        });
        CpuState* s = rig.S;
        Assert.Equal((0x5000, 0x50000u, 0), (s->Cs.Selector, s->Cs.Base, s->Cpl));
        Assert.Equal((0u, EflagsBits.Interrupt), (s->R[Reg.Ebx] & EflagsBits.Interrupt, s->R[Reg.Ecx] & EflagsBits.Interrupt));
        Assert.Equal(0x1000u, s->R[Reg.Esp] & 0xFFFF);
    }

    [Fact]
    public void A_far_call_in_real_mode_comes_back()
    {
        rig.Load(0x71230, c => { c.mov(bx, cs); c.retf(); }, bitness: 16);
        RunReal(c => { c.db(0x9A, 0x30, 0x02, 0x00, 0x71); c.mov(cx, cs); c.hlt(); });
        Assert.Equal((0x7100u, 0x5000u), (rig.S->R[Reg.Ebx] & 0xFFFF, rig.S->R[Reg.Ecx] & 0xFFFF));
    }

    [Fact]
    public void Back_to_protected_mode_from_real_mode()
    {
        rig.Memory.Write<byte>(0x7500, 0xF4);
        RunReal(c =>
        {
            c.mov(eax, cr0);
            c.or(al, 1);
            c.mov(cr0, eax);
            c.db(0x66, 0xEA, 0x00, 0x75, 0x00, 0x00, (byte)HardwareRig.Code0, 0x00);
        });
        Assert.Equal((0x7501u, HardwareRig.Code0), (rig.S->Eip, rig.S->Cs.Selector));
    }
}
