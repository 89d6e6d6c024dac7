using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Paging;

/// <summary>The four registers that PAE paging starts from (Intel SDM vol. 3, 4.4.1).</summary>
public static unsafe class PageDirectoryPointers
{
    // Bits 1, 2 and 5 to 8, and those beyond the physical address.
    const ulong Reserved = 0x1E6 | (ulong.MaxValue << Cpuid.PhysicalAddressBits);

    /// <summary>Whether paging is on and of the PAE kind.</summary>
    public static bool AreUsed(CpuState* s) =>
        (s->Cr0 & Cr0.Paging) != 0 && (s->Cr4 & Cr4.PhysicalAddressExtension) != 0;

    /// <summary>Reads them from memory; #GP(0), with no effect, when a present one has a reserved bit.</summary>
    public static void Load(CpuState* s, uint cr3)
    {
        GuestMemory memory = s->Processor.Memory;
        uint address = cr3 & ~0x1Fu;
        Span<ulong> entries = stackalloc ulong[4];
        for (int i = 0; i < 4; i++)
        {
            uint at = address + ((uint)i * 8);
            entries[i] = memory.Contains(at, 8) ? memory.Read<ulong>(at) : 0;
            if ((entries[i] & 1) != 0 && (entries[i] & Reserved) != 0)
                throw CpuFault.GeneralProtection(0);
        }
        for (int i = 0; i < 4; i++)
            s->PageDirectoryPointers[i] = entries[i];
    }
}
