using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>What a task state segment holds of a task that does not run: 32-bit (Intel SDM vol. 3, figure 7-2) or 16-bit (figure 7-10).</summary>
unsafe struct TaskImage
{
    // Offsets of the dynamic part, which a switch saves.
    const uint Cr3Offset32 = 0x1C, EipOffset32 = 0x20, LdtOffset32 = 0x60, TrapOffset32 = 0x64;
    const uint IpOffset16 = 0x0E, LdtOffset16 = 0x2A;

    /// <summary>Lowest limit of a 32-bit and of a 16-bit segment.</summary>
    public const uint LeastLimit32 = 0x67, LeastLimit16 = 0x2B;

    /// <summary>CR3, 32-bit tasks only.</summary>
    public uint Cr3;

    /// <summary>The debug trap flag: #DB when the task is entered.</summary>
    public bool Trap;

    /// <summary>EIP and EFLAGS.</summary>
    public uint Eip, Eflags;

    /// <summary>The general registers in their usual order.</summary>
    public fixed uint Registers[8];

    /// <summary>ES, CS, SS, DS, FS, GS.</summary>
    public fixed ushort Selectors[6];

    /// <summary>The local descriptor table.</summary>
    public ushort Ldt;

    /// <summary>Reads a task's image.</summary>
    public static TaskImage Read(CpuState* s, uint address, bool wide)
    {
        TaskImage image = default;
        if (wide)
        {
            image.Cr3 = LinearMemory.ReadSystem<uint>(s, address + Cr3Offset32);
            image.Eip = LinearMemory.ReadSystem<uint>(s, address + EipOffset32);
            image.Eflags = LinearMemory.ReadSystem<uint>(s, address + EipOffset32 + 4);
            for (uint i = 0; i < 8; i++)
                image.Registers[i] = LinearMemory.ReadSystem<uint>(s, address + EipOffset32 + 8 + (i * 4));
            for (uint i = 0; i < 6; i++)
                image.Selectors[i] = LinearMemory.ReadSystem<ushort>(s, address + EipOffset32 + 40 + (i * 4));
            image.Ldt = LinearMemory.ReadSystem<ushort>(s, address + LdtOffset32);
            image.Trap = (LinearMemory.ReadSystem<ushort>(s, address + TrapOffset32) & 1) != 0;
        }
        else
        {
            image.Eip = LinearMemory.ReadSystem<ushort>(s, address + IpOffset16);
            image.Eflags = LinearMemory.ReadSystem<ushort>(s, address + IpOffset16 + 2);
            for (uint i = 0; i < 8; i++)
                image.Registers[i] = 0xFFFF0000 | LinearMemory.ReadSystem<ushort>(s, address + IpOffset16 + 4 + (i * 2));
            for (uint i = 0; i < 4; i++)
                image.Selectors[i] = LinearMemory.ReadSystem<ushort>(s, address + IpOffset16 + 20 + (i * 2));
            image.Ldt = LinearMemory.ReadSystem<ushort>(s, address + LdtOffset16);
        }
        return image;
    }

    /// <summary>Saves the running task.</summary>
    public static void Save(CpuState* s, uint address, bool wide, uint eip, uint eflags)
    {
        if (wide)
        {
            LinearMemory.WriteSystem(s, address + EipOffset32, eip);
            LinearMemory.WriteSystem(s, address + EipOffset32 + 4, eflags);
            for (uint i = 0; i < 8; i++)
                LinearMemory.WriteSystem(s, address + EipOffset32 + 8 + (i * 4), s->R[i]);
            for (uint i = 0; i < 6; i++)
                LinearMemory.WriteSystem(s, address + EipOffset32 + 40 + (i * 4), CpuState.SegmentAt(s, (int)i)->Selector);
        }
        else
        {
            LinearMemory.WriteSystem(s, address + IpOffset16, (ushort)eip);
            LinearMemory.WriteSystem(s, address + IpOffset16 + 2, (ushort)eflags);
            for (uint i = 0; i < 8; i++)
                LinearMemory.WriteSystem(s, address + IpOffset16 + 4 + (i * 2), (ushort)s->R[i]);
            for (uint i = 0; i < 4; i++)
                LinearMemory.WriteSystem(s, address + IpOffset16 + 20 + (i * 2), CpuState.SegmentAt(s, (int)i)->Selector);
        }
    }

    /// <summary>The bytes that <see cref="Save"/> writes: faults before the switch begins where one of them can't be written.</summary>
    public static void Probe(CpuState* s, uint address, bool wide)
    {
        uint first = address + (wide ? EipOffset32 : IpOffset16);
        uint last = address + (wide ? LdtOffset32 : LdtOffset16) - 1;
        Touch(s, first);
        Touch(s, last);
    }

    static void Touch(CpuState* s, uint address) => LinearMemory.WriteSystem(s, address, LinearMemory.ReadSystem<byte>(s, address));
}
