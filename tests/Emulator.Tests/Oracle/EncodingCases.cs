using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>Encodings that must not run: opcodes that the instruction table does not have, and instructions that are too long.</summary>
static class EncodingCases
{
    static readonly (int Opcode, int Digit)[] Absent = [.. FindAbsent()];

    /// <summary>An opcode that is not in the table: what the host processor knows of it, if anything, the table should know.</summary>
    public static OracleCase MakeAbsent(OracleRandom random, OracleSelectors selectors)
    {
        OracleCase c = SingleInstructionCases.Surroundings(random, selectors);
        (int opcode, int digit) = random.Pick<(int, int)>(Absent);
        byte modRM = (byte)(0xC0 | (digit << 3) | random.Below(8));
        c.PatchCode(c.Eip, opcode > 0xFF ? [0x0F, (byte)opcode, modRM, 0, 0, 0, 0] : [(byte)opcode, modRM, 0, 0, 0, 0]);
        return c;
    }

    /// <summary>An instruction of 15 bytes runs, one of 16 is a general protection fault (Intel SDM vol. 3, 6.15, interrupt 13).</summary>
    public static OracleCase MakeLong(OracleRandom random, OracleSelectors selectors)
    {
        OracleCase c = SingleInstructionCases.Surroundings(random, selectors);
        byte[] instruction = random.Below(5) switch
        {
            0 => [0x40],
            1 => [0x83, 0xC0, 0x7F],
            2 => [0x81, 0xC3, 1, 2, 3, 4],
            3 => [0x0F, 0xB6, 0xC8],
            _ => [0x8D, 0x84, 0x8B, 1, 2, 3, 4],
        };
        var prefixes = new byte[random.Between(8, 15)];
        for (int i = 0; i < prefixes.Length; i++)
            prefixes[i] = random.Pick<byte>(0x66, 0x67, 0x2E, 0x36, 0x3E, 0x26, 0x64, 0x65);
        c.Eip = random.Chance(70) ? c.Eip : OracleLayout.Code + OracleLayout.PageSize - (uint)random.Below(16);
        c.PatchCode(c.Eip, [.. prefixes, .. instruction, 0xCC, 0xCC, 0xCC, 0xCC]);
        c.UndefinedFlags = EflagsBits.Auxiliary;
        return c;
    }

    static IEnumerable<(int Opcode, int Digit)> FindAbsent()
    {
        ILookup<int, InstructionDefinition> known = InstructionTable.Instance.All.ToLookup(d => d.Opcode);
        for (int opcode = 0; opcode < 0x100; opcode++)
            if (IsComparableByte(opcode))
                foreach (int digit in AbsentDigits(known, opcode))
                    yield return (opcode, digit);
        for (int opcode = 0x0F00; opcode < 0x1000; opcode++)
            if (IsComparableWord(opcode))
                foreach (int digit in AbsentDigits(known, opcode))
                    yield return (opcode, digit);
    }

    static IEnumerable<int> AbsentDigits(ILookup<int, InstructionDefinition> known, int opcode)
    {
        bool registerInOpcode = known[opcode & ~7].Any(d => d.Form is OperandForm.OpcodeRegister or OperandForm.OpcodeRegisterImm8 or OperandForm.OpcodeRegisterImmZ);
        return registerInOpcode ? [] : Enumerable.Range(0, 8).Where(digit => !known[opcode].Any(d => d.Digit < 0 || d.Digit == digit));
    }

    // Not: prefixes, the two-byte escape, x87, vector prefixes (les, lds, bound, pop in their register forms).
    static bool IsComparableByte(int opcode) =>
        opcode is not (0x0F or 0x26 or 0x2E or 0x36 or 0x3E or 0x62 or (>= 0x64 and <= 0x67) or 0x8F or 0x9B or 0xC4 or 0xC5 or (>= 0xD8 and <= 0xDF) or 0xF0 or 0xF1 or 0xF2 or 0xF3);

    // Not: what a processor may add that this one does not claim: system calls, MMX, SSE and the rest of the three-byte maps, virtualization.
    static bool IsComparableWord(int opcode) => opcode switch
    {
        0x0F00 or 0x0F01 or 0x0F05 or 0x0F07 or 0x0F09 or 0x0F0D or 0x0F0E or 0x0F0F => false,
        (>= 0x0F10 and <= 0x0F17) or (>= 0x0F28 and <= 0x0F3F) or (>= 0x0F50 and <= 0x0F7F) => false,
        0x0FAE or 0x0FB8 or 0x0FC2 or (>= 0x0FC3 and <= 0x0FC7) or >= 0x0FD0 => false,
        _ => true,
    };
}
