using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>Which of the three modes the processor is in (Intel SDM vol. 3, 2.2).</summary>
public static unsafe class Mode
{
    /// <summary>CR0.PE is clear.</summary>
    public static bool IsReal(CpuState* s) => (s->Cr0 & Control.Cr0.ProtectionEnable) == 0;

    /// <summary>Virtual-8086 mode.</summary>
    public static bool IsVirtual8086(CpuState* s) => (s->OtherFlags & EflagsBits.Virtual8086) != 0;

    /// <summary>Protected mode proper: segments are loaded from descriptors.</summary>
    public static bool IsProtected(CpuState* s) => !IsReal(s) && !IsVirtual8086(s);

    /// <summary>The I/O privilege level.</summary>
    public static int IoPrivilege(CpuState* s) => (int)(s->OtherFlags >> 12) & 3;
}
