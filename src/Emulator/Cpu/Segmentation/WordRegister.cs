using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>The low halves of the general registers.</summary>
static unsafe class WordRegister
{
    /// <summary>Writes ax to di; the upper half stays.</summary>
    public static void Set(CpuState* s, int register, ushort value) => s->R[register] = (s->R[register] & 0xFFFF0000) | value;
}
