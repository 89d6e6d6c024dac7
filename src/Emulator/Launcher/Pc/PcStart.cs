using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Platform;

namespace LguestPS.Emulator.Launcher;

/// <summary>Where and how a PC's kernel starts: 32-bit protected mode, flat segments, paging off, interrupts off.</summary>
/// <param name="Eip">The entry.</param>
/// <param name="Eax">What eax holds.</param>
/// <param name="Ebx">What ebx holds.</param>
/// <param name="Esi">What esi holds.</param>
/// <param name="AfterFirmware">Whether it expects what firmware leaves behind: interrupt controllers that are set up, a timer that runs.</param>
readonly record struct PcStart(uint Eip, uint Eax = 0, uint Ebx = 0, uint Esi = 0, bool AfterFirmware = false)
{
    // Linux boot protocol, "32-bit Boot Protocol": code is selector 0x10, data 0x18.
    const ushort CodeSelector = 0x10, DataSelector = 0x18;

    /// <summary>Sets the processor.</summary>
    public unsafe void Apply(PcPlatform pc, GuestMemory memory)
    {
        memory.Write(PcMemoryMap.DescriptorTable + CodeSelector, Processor.FlatCode);
        memory.Write(PcMemoryMap.DescriptorTable + DataSelector, Processor.FlatData);
        pc.SetFlatSegments(CodeSelector, DataSelector);
        CpuState* s = pc.State;
        s->GdtBase = PcMemoryMap.DescriptorTable;
        s->GdtLimit = DataSelector + 7;
        s->Eip = Eip;
        s->R[Reg.Eax] = Eax;
        s->R[Reg.Ebx] = Ebx;
        s->R[Reg.Esi] = Esi;
        if (AfterFirmware)
            FirmwareRemains.Leave(pc, memory);
    }
}
