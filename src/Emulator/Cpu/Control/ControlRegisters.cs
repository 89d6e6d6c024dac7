using LguestPS.Emulator.Cpu.Paging;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Control;

/// <summary>Writes of CR0, CR3 and CR4 with their checks and consequences (Intel SDM vol. 3, 2.5 and 4.10.4).</summary>
public static unsafe class ControlRegisters
{
    const uint TranslationCr0 = Cr0.Paging | Cr0.WriteProtect | Cr0.ProtectionEnable;
    const uint TranslationCr4 = Cr4.PageSizeExtensions | Cr4.PhysicalAddressExtension | Cr4.PageGlobal;

    /// <summary>Writes CR0. #GP(0) for combinations that do not exist.</summary>
    public static void SetCr0(CpuState* s, uint value)
    {
        value = (value & Cr0.Defined) | Cr0.ExtensionType;
        bool pagingUnprotected = (value & (Cr0.Paging | Cr0.ProtectionEnable)) == Cr0.Paging;
        bool writeThroughUncached = (value & (Cr0.NotWriteThrough | Cr0.CacheDisable)) == Cr0.NotWriteThrough;
        if (pagingUnprotected || writeThroughUncached)
            throw CpuFault.GeneralProtection(0);
        bool pagingStarts = (value & ~s->Cr0 & Cr0.Paging) != 0;
        if (pagingStarts && (s->Cr4 & Cr4.PhysicalAddressExtension) != 0)
            PageDirectoryPointers.Load(s, s->Cr3);
        uint changed = value ^ s->Cr0;
        s->Cr0 = value;
        if ((changed & TranslationCr0) != 0)
            s->Processor.FlushTlb(includeGlobal: true);
        else
            s->Processor.UpdateMode();   // alignment checks
    }

    /// <summary>Writes CR3. In PAE paging the page-directory-pointer entries are read: #GP(0) when one has a reserved bit.</summary>
    public static void SetCr3(CpuState* s, uint value)
    {
        if (PageDirectoryPointers.AreUsed(s))
            PageDirectoryPointers.Load(s, value);
        s->Cr3 = value;
        s->Processor.FlushTlb(includeGlobal: false);
    }

    /// <summary>Writes CR4. #GP(0) for a bit that this processor has not.</summary>
    public static void SetCr4(CpuState* s, uint value)
    {
        if ((value & ~Cr4.Defined) != 0)
            throw CpuFault.GeneralProtection(0);
        uint changed = value ^ s->Cr4;
        bool pointersChange = (value & Cr4.PhysicalAddressExtension) != 0 && (s->Cr0 & Cr0.Paging) != 0 && (changed & TranslationCr4) != 0;
        if (pointersChange)
            PageDirectoryPointers.Load(s, s->Cr3);
        s->Cr4 = value;
        if ((changed & TranslationCr4) != 0)
            s->Processor.FlushTlb(includeGlobal: true);
    }
}
