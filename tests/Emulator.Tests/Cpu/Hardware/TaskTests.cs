using Iced.Intel;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace LguestPS.Emulator.Tests.Hardware;

/// <summary>Task switches in hardware (Intel SDM vol. 3, chapter 7).</summary>
public sealed unsafe class TaskTests : IDisposable
{
    const uint TaskCode = 0x50000, TaskStack = 0x70000;

    readonly HardwareRig rig = new();

    public void Dispose() => rig.Dispose();

    static void Far(Assembler c, byte opcode, ushort selector) => c.db([opcode, 0, 0, 0, 0, .. BitConverter.GetBytes(selector)]);

    void FillTss(uint tss, ushort code, ushort data, uint eip = TaskCode, uint eflags = 2)
    {
        rig.Memory.Write(tss + 0x20, eip);
        rig.Memory.Write(tss + 0x24, eflags);
        for (uint i = 0; i < 8; i++)
            rig.Memory.Write(tss + 0x28 + (i * 4), 0x1000 + i);
        rig.Memory.Write(tss + 0x38, TaskStack);
        for (uint i = 0; i < 6; i++)
            rig.Memory.Write<uint>(tss + 0x48 + (i * 4), i == 1 ? code : data);
        rig.Memory.Write<uint>(tss + 4, HardwareRig.Stack0);
        rig.Memory.Write<uint>(tss + 8, HardwareRig.Data0);
    }

    byte TypeOf(ushort selector) => rig.Read<byte>(HardwareRig.Gdt + selector + 5u);

    [Fact]
    public void A_jump_to_a_tss_leaves_one_task_for_the_other()
    {
        FillTss(HardwareRig.OtherTss, HardwareRig.Code0, HardwareRig.Data0);
        rig.Load(TaskCode, c => c.hlt());
        rig.Run0(c => { c.mov(edi, 0x77); Far(c, 0xEA, HardwareRig.OtherTssSelector); });
        CpuState* s = rig.S;
        Assert.Equal((TaskCode + 1, 0x1000u, 0x1007u, TaskStack), (s->Eip, s->R[Reg.Eax], s->R[Reg.Edi], s->R[Reg.Esp]));
        Assert.Equal(HardwareRig.OtherTssSelector, s->Tr.Selector);
        Assert.Equal((0x89, 0x8B), (TypeOf(HardwareRig.TssSelector), TypeOf(HardwareRig.OtherTssSelector)));
        Assert.Equal(8u, s->Cr0 & 8);
        // The old task is as it was.
        Assert.Equal((HardwareRig.Code0Start + 12, 0x77u), (rig.Read<uint>(HardwareRig.Tss + 0x20), rig.Read<uint>(HardwareRig.Tss + 0x44)));
        Assert.Equal((HardwareRig.Stack0, (uint)HardwareRig.Code0), (rig.Read<uint>(HardwareRig.Tss + 0x38), rig.Read<uint>(HardwareRig.Tss + 0x4C)));
        Assert.Equal(0u, s->OtherFlags & EflagsBits.NestedTask);
    }

    [Fact]
    public void A_called_task_returns_by_iret_and_goes_on_when_called_again()
    {
        FillTss(HardwareRig.OtherTss, HardwareRig.Code0, HardwareRig.Data0);
        rig.Load(TaskCode, c => { c.pushfd(); c.pop(ecx); c.mov(__dword_ptr[HardwareRig.Data], ecx); c.iretd(); c.mov(__byte_ptr[HardwareRig.Data + 4], 9); c.iretd(); });
        Stop stop = rig.Run0(c =>
        {
            c.mov(ecx, 0x55);
            Far(c, 0x9A, HardwareRig.OtherTssSelector);
            Far(c, 0x9A, HardwareRig.OtherTssSelector);
            c.hlt();
        });
        Assert.Equal((-1, HardwareRig.Code0Start + 20, 0x55u), (stop.Vector, stop.Eip, rig.S->R[Reg.Ecx]));
        Assert.Equal(EflagsBits.NestedTask, rig.Read<uint>(HardwareRig.Data) & EflagsBits.NestedTask);
        Assert.Equal(9, rig.Read<byte>(HardwareRig.Data + 4));
        Assert.Equal((0x8B, 0x89), (TypeOf(HardwareRig.TssSelector), TypeOf(HardwareRig.OtherTssSelector)));
        Assert.Equal(HardwareRig.TssSelector, rig.Read<ushort>(HardwareRig.OtherTss));
        Assert.Equal(0u, rig.S->OtherFlags & EflagsBits.NestedTask);
    }

    [Fact]
    public void A_double_fault_can_be_handled_by_a_task_of_its_own()
    {
        FillTss(HardwareRig.FaultTss, HardwareRig.Code0, HardwareRig.Data0);
        rig.Load(TaskCode, c => { c.pop(eax); c.hlt(); });
        rig.SetGate(8, DescriptorType.TaskGate, HardwareRig.FaultTssSelector, 0);
        rig.S->IdtLimit = (9 * 8) - 1;
        Stop stop = rig.Run0(c => { c.mov(esp, 0xABCD0); c.mov(ax, 0x2F8); c.mov(ds, ax); });
        Assert.False(rig.HasShutDown);
        Assert.Equal((-1, TaskCode + 2, TaskStack), (stop.Vector, stop.Eip, stop.Esp));
        Assert.Equal(0u, rig.S->R[Reg.Eax]);   // the error code, on the task's stack
        Assert.Equal((0xABCD0u, HardwareRig.Code0Start + 9), (rig.Read<uint>(HardwareRig.Tss + 0x38), rig.Read<uint>(HardwareRig.Tss + 0x20)));
        Assert.Equal(HardwareRig.TssSelector, rig.Read<ushort>(HardwareRig.FaultTss));
    }

    [Fact]
    public void A_task_gate_leads_to_a_ring_3_task()
    {
        FillTss(HardwareRig.OtherTss, HardwareRig.Code3, HardwareRig.Data3);
        rig.Memory.Write(HardwareRig.Gdt + HardwareRig.Gate, HardwareRig.MakeGate(DescriptorType.TaskGate, HardwareRig.OtherTssSelector, 0));
        rig.Load(TaskCode, c => c.hlt());
        Stop stop = rig.Run0(c => Far(c, 0xEA, HardwareRig.Gate));
        Assert.Equal((13, 0u, TaskCode, HardwareRig.Code3, TaskStack), (stop.Vector, stop.ErrorCode, stop.Eip, stop.Cs, stop.Esp));
    }

    [Theory]
    [InlineData(0x4C, 0x10, 10, 0x10)]     // cs: data
    [InlineData(0x50, 0x08, 10, 0x08)]     // ss: code
    [InlineData(0x54, 0x2F8, 10, 0x2F8)]   // ds: beyond the table
    [InlineData(0x60, 0x08, 10, 0x08)]     // ldt: no LDT
    public void A_bad_segment_in_a_task_faults_in_the_new_task(uint offset, ushort selector, int vector, uint errorCode)
    {
        FillTss(HardwareRig.OtherTss, HardwareRig.Code0, HardwareRig.Data0);
        rig.Memory.Write<uint>(HardwareRig.OtherTss + offset, selector);
        // Through a task gate, since the new task may have no stack.
        FillTss(HardwareRig.FaultTss, HardwareRig.Code0, HardwareRig.Data0, eip: TaskCode + 0x100);
        rig.Load(TaskCode + 0x100, c => { c.pop(ebx); c.hlt(); });
        rig.SetGate(vector, DescriptorType.TaskGate, HardwareRig.FaultTssSelector, 0);
        rig.Run0(c => Far(c, 0xEA, HardwareRig.OtherTssSelector));
        Assert.Equal((TaskCode + 0x102, errorCode), (rig.S->Eip, rig.S->R[Reg.Ebx]));
        Assert.Equal(HardwareRig.OtherTssSelector, rig.Read<ushort>(HardwareRig.FaultTss));
        Assert.Equal(TaskCode, rig.Read<uint>(HardwareRig.OtherTss + 0x20));
    }

    [Fact]
    public void A_tss_that_is_too_short_faults_in_the_old_task()
    {
        rig.SetDescriptor(HardwareRig.OtherTssSelector, HardwareRig.OtherTss, 0x66, 0x89);
        Stop stop = rig.Run0(c => Far(c, 0xEA, HardwareRig.OtherTssSelector));
        Assert.Equal((10, (uint)HardwareRig.OtherTssSelector, HardwareRig.Code0Start), (stop.Vector, stop.ErrorCode, stop.Eip));
        Assert.Equal(0x89, TypeOf(HardwareRig.OtherTssSelector));
    }

    [Fact]
    public void Iret_with_NT_needs_a_busy_task_to_return_to()
    {
        rig.Memory.Write(HardwareRig.Tss, HardwareRig.OtherTssSelector);
        Stop stop = rig.Run0(c => { c.push(0x4002); c.popfd(); c.iretd(); });
        Assert.Equal((10, (uint)HardwareRig.OtherTssSelector), (stop.Vector, stop.ErrorCode));
    }

    [Fact]
    public void The_trap_bit_of_a_tss_raises_debug_in_the_new_task()
    {
        FillTss(HardwareRig.OtherTss, HardwareRig.Code0, HardwareRig.Data0);
        rig.Memory.Write(HardwareRig.OtherTss + 0x64, 1u);
        Stop stop = rig.Run0(c => Far(c, 0xEA, HardwareRig.OtherTssSelector));
        Assert.Equal((1, TaskCode, TaskStack), (stop.Vector, stop.Eip, stop.Esp));
        Assert.Equal(0x8000u, rig.S->Dr[6] & 0x8000);
    }

    [Fact]
    public void A_16_bit_task_keeps_words()
    {
        rig.SetDescriptor(HardwareRig.OtherTssSelector, HardwareRig.OtherTss, 0x2B, 0x81);
        rig.Memory.Write<ushort>(HardwareRig.OtherTss + 14, 0x5000);
        rig.Memory.Write<ushort>(HardwareRig.OtherTss + 16, 2);
        for (uint i = 0; i < 8; i++)
            rig.Memory.Write(HardwareRig.OtherTss + 18 + (i * 2), (ushort)(0x100 + i));
        rig.Memory.Write<ushort>(HardwareRig.OtherTss + 34, HardwareRig.Data0);
        rig.Memory.Write<ushort>(HardwareRig.OtherTss + 36, HardwareRig.Code0);
        rig.Memory.Write<ushort>(HardwareRig.OtherTss + 38, HardwareRig.Data0);
        rig.Memory.Write<ushort>(HardwareRig.OtherTss + 40, HardwareRig.Data0);
        rig.Load(0x5000, c => c.hlt());
        rig.Run0(c => Far(c, 0xEA, HardwareRig.OtherTssSelector));
        Assert.Equal((0x5001u, 0xFFFF0107u, HardwareRig.Data0), (rig.S->Eip, rig.S->R[Reg.Edi], rig.S->Ds.Selector));
        Assert.Equal(0, rig.S->Fs.Selector);
    }
}
