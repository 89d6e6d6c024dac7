using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Control;

/// <summary>sysenter and sysexit: ring changes to fixed flat segments beside IA32_SYSENTER_CS (Intel SDM vol. 3, 5.8.7).</summary>
public static unsafe class FastSystemCall
{
    // Present, accessed, 32-bit, 4 GB: execute/read code and read/write data; the ring is in bits 5 and 6.
    const ushort Code = 0x409B, Data = 0x4093;
    const int KernelStack = 8, UserCode = 16, UserStack = 24;

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        const InstructionTraits Leaves = InstructionTraits.Branch | InstructionTraits.EndsBlock;
        table.Add(new(0x0F34, "sysenter", OperandForm.None) { Traits = Leaves, Register = &Enter });
        table.Add(new(0x0F35, "sysexit", OperandForm.None) { Traits = Leaves | InstructionTraits.Privileged, Register = &Exit });
    }

    static void Enter(CpuState* s, Op* op)
    {
        CheckUsable(s);
        s->OtherFlags &= ~(EflagsBits.Virtual8086 | EflagsBits.Interrupt | EflagsBits.Resume);
        Load(s, (ushort)(s->SysenterCs & 0xFFFC), KernelStack, 0);
        s->R[Reg.Esp] = s->SysenterEsp;
        s->Eip = s->SysenterEip;
    }

    static void Exit(CpuState* s, Op* op)
    {
        CheckUsable(s);
        uint eip = s->R[Reg.Edx];
        Load(s, (ushort)((s->SysenterCs & 0xFFFC) + UserCode), UserStack - UserCode, 3);
        s->R[Reg.Esp] = s->R[Reg.Ecx];
        s->Eip = eip;
    }

    static void CheckUsable(CpuState* s)
    {
        if (Mode.IsReal(s) || (s->SysenterCs & 0xFFFC) == 0)
            throw CpuFault.GeneralProtection(0);
    }

    static void Load(CpuState* s, ushort code, int stackDistance, int ring)
    {
        Processor cpu = s->Processor;
        var attributes = (ushort)(ring << 5);
        cpu.SetCodeSegment((ushort)(code | ring), Descriptor.ForSegment(0, uint.MaxValue, (ushort)(Code | attributes)).Value);
        cpu.SetSegment(SegmentRegister.Ss, (ushort)((code + stackDistance) | ring), Descriptor.ForSegment(0, uint.MaxValue, (ushort)(Data | attributes)).Value);
    }
}
