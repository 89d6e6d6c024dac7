using LguestPS.Emulator.Cpu.State;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Hardware;

/// <summary>Single step and breakpoints (Intel SDM vol. 3, chapter 17).</summary>
public sealed unsafe class DebugTests : IDisposable
{
    const uint SingleStep = 0x4000;

    readonly HardwareRig rig = new();

    public void Dispose() => rig.Dispose();

    uint Status => rig.S->Dr[6] & 0xE00F;

    void Watch(int number, uint address, uint condition, uint length)
    {
        rig.S->Dr[number] = address;
        rig.S->Dr[7] |= (1u << (number * 2)) | (condition << (16 + (number * 4))) | (length << (18 + (number * 4)));
        rig.Cpu.UpdateMode();
    }

    [Fact]
    public void The_trap_flag_stops_after_the_instruction_that_follows_popf()
    {
        Stop stop = rig.Run0(c => { c.push(0x102); c.popf(); c.add(esp, 2); c.inc(ebx); c.inc(ebx); });
        Assert.Equal((1, HardwareRig.Code0Start + 10, 0u), (stop.Vector, stop.Eip, rig.S->R[Reg.Ebx]));
        Assert.Equal((SingleStep, EflagsBits.Trap, 0u), (Status, stop.Eflags & EflagsBits.Trap, rig.S->OtherFlags & EflagsBits.Trap));
    }

    [Fact]
    public void A_handler_that_returns_steps_on()
    {
        rig.Load(HardwareRig.HandlerOf(1), c => { c.inc(__dword_ptr[HardwareRig.Data]); c.iretd(); });
        rig.S->OtherFlags |= EflagsBits.Trap;
        rig.Run0(c => { c.inc(ebx); c.inc(ebx); c.inc(ebx); c.hlt(); });
        Assert.Equal((3u, 3u), (rig.Read<uint>(HardwareRig.Data), rig.S->R[Reg.Ebx]));
    }

    [Fact]
    public void An_instruction_breakpoint_is_a_fault_that_RF_skips_once()
    {
        rig.Load(HardwareRig.HandlerOf(1), c => { c.inc(__dword_ptr[HardwareRig.Data]); c.bts(__dword_ptr[esp + 8], 16); c.iretd(); });
        Watch(0, HardwareRig.Code0Start + 1, 0, 0);
        rig.Run0(c => { c.inc(ebx); c.inc(ebx); c.hlt(); });
        Assert.Equal((1u, 2u, 1u), (rig.Read<uint>(HardwareRig.Data), rig.S->R[Reg.Ebx], Status));
    }

    [Fact]
    public void A_breakpoint_right_after_a_load_of_SS_is_passed_over()
    {
        Watch(0, HardwareRig.Code0Start + 4, 0, 0);
        Assert.Equal(-1, rig.Run0(c => { c.mov(eax, ss); c.mov(ss, eax); c.inc(ebx); c.hlt(); }).Vector);
        Watch(0, HardwareRig.Code0Start + 5, 0, 0);
        Assert.Equal(1, rig.Run0(c => { c.mov(eax, ss); c.mov(ss, eax); c.inc(ebx); c.hlt(); }).Vector);
    }

    [Fact]
    public void Sti_is_stepped_as_any_other()
    {
        rig.Load(HardwareRig.HandlerOf(1), c => { c.inc(__dword_ptr[HardwareRig.Data]); c.iretd(); });
        rig.S->OtherFlags |= EflagsBits.Trap;
        rig.Run0(c => { c.sti(); c.inc(ebx); c.hlt(); });
        Assert.Equal((2u, 1u), (rig.Read<uint>(HardwareRig.Data), rig.S->R[Reg.Ebx]));
    }

    [Theory]
    [InlineData(1u, false, false)]
    [InlineData(1u, true, true)]
    [InlineData(3u, false, true)]
    public void Data_breakpoints_trap_after_the_access(uint condition, bool write, bool hits)
    {
        Watch(2, HardwareRig.Data + 4, condition, 3);
        Stop stop = rig.Run0(c =>
        {
            if (write)
                c.mov(__byte_ptr[HardwareRig.Data + 6], bl);
            else
                c.mov(bl, __byte_ptr[HardwareRig.Data + 6]);
            c.mov(__dword_ptr[HardwareRig.Data + 8], ebx);
            c.hlt();
        });
        Assert.Equal(hits ? (1, HardwareRig.Code0Start + 6, 4u) : (-1, HardwareRig.Code0Start + 13, 0u), (stop.Vector, stop.Eip, Status));
    }

    [Fact]
    public void Port_breakpoints_need_DE()
    {
        Watch(1, 0x60, 2, 0);
        Assert.Equal(-1, rig.Run0(c => { c.@in(al, 0x60); c.hlt(); }).Vector);
        rig.S->Cr4 = 8;
        Stop stop = rig.Run0(c => { c.@in(al, 0x60); c.hlt(); });
        Assert.Equal((1, HardwareRig.Code0Start + 2, 2u), (stop.Vector, stop.Eip, Status));
    }

    [Fact]
    public void General_detect_guards_the_registers_and_is_cleared_for_the_handler()
    {
        rig.S->Dr[7] = 0x2400;
        Stop stop = rig.Run0(c => c.mov(eax, dr0));
        Assert.Equal((1, HardwareRig.Code0Start, 0x2000u, 0x400u), (stop.Vector, stop.Eip, Status, rig.S->Dr[7]));
    }

    [Fact]
    public void Dr4_is_dr6_without_DE_and_undefined_with_it()
    {
        Stop stop = rig.Run0(c =>
        {
            c.xor(eax, eax);
            c.db(0x0F, 0x23, 0xE0);   // mov dr4, eax
            c.mov(ebx, dr6);
            c.mov(eax, 8);
            c.mov(cr4, eax);
            c.db(0x0F, 0x23, 0xE0);
        });
        Assert.Equal((6, 0xFFFF0FF0u), (stop.Vector, rig.S->R[Reg.Ebx]));
    }

    [Fact]
    public void Int1_is_a_debug_trap()
    {
        Stop stop = rig.Run3(c => c.int1());
        Assert.Equal((1, HardwareRig.Code3Start + 1), (stop.Vector, stop.Eip));
    }
}
