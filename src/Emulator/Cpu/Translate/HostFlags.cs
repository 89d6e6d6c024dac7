using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>The arithmetic flags between two translated blocks: what lahf leaves in ah in bits 8 to 15, and what seto leaves in al in bit 0.</summary>
static unsafe class HostFlags
{
    /// <summary>The bit of CF.</summary>
    public const int CarryBit = 8;

    const uint LowFlags = EflagsBits.Arithmetic & 0xFF;

    /// <summary>From the lazy flags.</summary>
    public static uint Take(CpuState* s)
    {
        uint flags = s->Eflags;
        return ((flags & LowFlags) << 8) | ((flags & EflagsBits.Overflow) != 0 ? 1u : 0);
    }

    /// <summary>To the lazy flags.</summary>
    public static void Put(CpuState* s, uint flags) =>
        s->SetArithmeticFlags(((flags >> 8) & LowFlags) | ((flags & 1) != 0 ? EflagsBits.Overflow : 0));
}
