namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>The operands of an MMX or SSE instruction that the host runs as it is (Intel SDM vol. 2, appendix A).</summary>
/// <param name="Bytes">Bytes of its memory operand.</param>
/// <param name="Aligned">The memory operand must be aligned to 16 bytes.</param>
/// <param name="Writes">The memory operand is written.</param>
/// <param name="GeneralRegister">The ModRM reg field names a general register.</param>
/// <param name="GeneralRm">The ModRM r/m field does when it names a register.</param>
/// <param name="HasImmediate">An immediate byte follows.</param>
/// <param name="SetsFlags">It sets all arithmetic flags.</param>
readonly record struct SimdForm(
    int Bytes, bool Aligned = false, bool Writes = false, bool GeneralRegister = false, bool GeneralRm = false, bool HasImmediate = false, bool SetsFlags = false)
{
    const int Prefix66 = 0x66, PrefixF2 = 0xF2, PrefixF3 = 0xF3;

    /// <summary>The mandatory prefix of an instruction, 0 for none.</summary>
    public static int PrefixOf(OpFlags flags) =>
        (flags & OpFlags.Repeat) != 0 ? PrefixF3 : (flags & OpFlags.RepeatNotEqual) != 0 ? PrefixF2 : (flags & OpFlags.Operand16) != 0 ? Prefix66 : 0;

    /// <summary>The form of the valid instruction 0F <paramref name="opcode"/> with a mandatory prefix (0 for none); null where it is none of those.</summary>
    public static SimdForm? Of(int opcode, int prefix)
    {
        bool store = (opcode & 1) != 0;
        return opcode switch
        {
            0x10 or 0x11 => prefix is 0 or Prefix66 ? new(16, Writes: store) : new(ScalarBytes(prefix), Writes: store),
            0x12 or 0x13 or 0x16 or 0x17 => new(8, Writes: store),
            0x28 or 0x29 => new(16, Aligned: true, Writes: store),
            0x2A => prefix is 0 or Prefix66 ? new(8) : new(4, GeneralRm: true),
            0x2B => new(16, Aligned: true, Writes: true),
            0x2C or 0x2D => prefix switch { 0 => new(8), Prefix66 => new(16, Aligned: true), _ => new(ScalarBytes(prefix), GeneralRegister: true) },
            0x2E or 0x2F => new(prefix == 0 ? 4 : 8, SetsFlags: true),
            0x50 or 0xD7 => new(0, GeneralRegister: true),
            0x5A when prefix == 0 => new(8),
            0x5B => new(16, Aligned: true),
            0x14 or 0x15 or (>= 0x51 and <= 0x5F) => Arithmetic(prefix),
            0x6E => new(4, GeneralRm: true),
            0x6F or 0x7F => prefix switch { 0 => new(8, Writes: opcode == 0x7F), _ => new(16, Aligned: prefix == Prefix66, Writes: opcode == 0x7F) },
            0x70 => Packed(prefix) with { HasImmediate = true },
            0x71 or 0x72 or 0x73 => new(0, HasImmediate: true),
            0x7E => prefix == PrefixF3 ? new(8) : new(4, Writes: true, GeneralRm: true),
            (>= 0x60 and <= 0x6D) or (>= 0x74 and <= 0x77) => Packed(prefix),
            0xC2 => Arithmetic(prefix) with { HasImmediate = true },
            0xC4 => new(2, GeneralRm: true, HasImmediate: true),
            0xC5 => new(0, GeneralRegister: true, HasImmediate: true),
            0xC6 => new(16, Aligned: true, HasImmediate: true),
            0xD6 => new(8, Writes: true),
            0xE6 => prefix == PrefixF3 ? new(8) : new(16, Aligned: true),
            0xE7 => Packed(prefix) with { Writes = true },
            (>= 0xD1 and <= 0xEF) or (>= 0xF1 and <= 0xF6) or (>= 0xF8 and <= 0xFE) => Packed(prefix),
            _ => null,
        };
    }

    static int ScalarBytes(int prefix) => prefix == PrefixF3 ? 4 : 8;

    // Floating point: packed without prefix and with 66, else scalar.
    static SimdForm Arithmetic(int prefix) => prefix is 0 or Prefix66 ? new(16, Aligned: true) : new(ScalarBytes(prefix));

    // Integers: MMX without prefix, else XMM registers.
    static SimdForm Packed(int prefix) => prefix == 0 ? new(8) : new(16, Aligned: true);
}
