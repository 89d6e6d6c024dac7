using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>Chooses memory operands: where they lie, and one of the many ways to write them down, giving base registers the values that lead there.</summary>
sealed class AddressGenerator(OracleRandom random, OracleSelectors selectors, OracleCase oracleCase)
{
    /// <summary>Registers whose values are taken: they may be part of an address, but the displacement makes up for them.</summary>
    public HashSet<int> Frozen { get; } = [];

    /// <summary>In a sequence registers change on the way, so most addresses are written down without any.</summary>
    public bool PreferAbsolute { get; init; }

    /// <summary>A linear address for an operand of up to 8 bytes: mostly plain memory, but also where pages meet, where writing is forbidden, and where nothing is.</summary>
    public uint PickTarget() => random.Below(100) switch
    {
        < 62 => OracleLayout.Data + (uint)random.Below((int)OracleLayout.DataSize - 16),
        < 68 => OracleLayout.Data + ((uint)random.Below((int)OracleLayout.DataSize - 16) & ~3u),
        < 76 => OracleLayout.Data + OracleLayout.PageSize - (uint)random.Between(1, 7),
        < 81 => OracleLayout.Stack + (uint)random.Below((int)OracleLayout.StackSize - 16),
        < 84 => OracleLayout.ReadOnly + (uint)random.Below((int)OracleLayout.PageSize - 16),
        < 87 => OracleLayout.ReadOnly - (uint)random.Between(1, 7),
        < 89 => OracleLayout.DataEnd - (uint)random.Between(1, 7),
        < 91 => OracleLayout.Stack + OracleLayout.StackSize - (uint)random.Between(1, 7),
        < 93 => OracleLayout.Data - (uint)random.Between(1, 7),
        < 94 => OracleLayout.DataEnd + (uint)random.Below((int)OracleLayout.PageSize),
        < 97 => OracleLayout.Code + OracleLayout.CodeSize - 0x200 - (uint)random.Below(0x400),
        _ => random.Value(),
    };

    /// <summary>An address in plain memory.</summary>
    public uint PickPlain() => random.Chance(50)
        ? OracleLayout.Data + (uint)random.Below((int)OracleLayout.DataSize - 64)
        : OracleLayout.Stack + (uint)random.Below((int)OracleLayout.StackSize - 64);

    /// <summary>The offset in a segment of a linear address.</summary>
    public uint OffsetIn(SegmentRegister segment, uint linear) => linear - selectors.Base(oracleCase.Selectors[(int)segment]);

    /// <summary>ModRM, SIB and displacement of a memory operand at a linear address.</summary>
    public byte[] Encode(int reg, uint linear, SegmentRegister? overriding, bool address16) =>
        address16 ? Encode16(reg, linear, overriding) : Encode32(reg, linear, overriding);

    byte[] Encode32(int reg, uint linear, SegmentRegister? overriding)
    {
        const int sib = 4, none = 4, displacementOnly = 5;
        int mod = random.Below(3), rm = random.Below(8), scale = random.Below(4), index = random.Below(8), sibBase = random.Below(8);
        if (PreferAbsolute && random.Chance(80))
            (mod, rm) = (0, displacementOnly);
        int baseRegister = rm == sib ? sibBase : rm;
        bool hasBase = mod != 0 || baseRegister != displacementOnly;
        uint indexed = rm == sib && index != none ? oracleCase.Registers[index] << scale : 0;
        if (hasBase && mod != 2 && (Frozen.Contains(baseRegister) || (rm == sib && index == baseRegister && index != none)))
            mod = 2;

        SegmentRegister segment = overriding ?? (hasBase && baseRegister is Reg.Esp or Reg.Ebp ? SegmentRegister.Ss : SegmentRegister.Ds);
        uint offset = OffsetIn(segment, linear) - indexed;
        List<byte> bytes = [(byte)((mod << 6) | (reg << 3) | rm)];
        if (rm == sib)
            bytes.Add((byte)((scale << 6) | (index << 3) | sibBase));
        if (!hasBase || mod == 2)
        {
            bytes.AddRange(BitConverter.GetBytes(offset - (hasBase ? oracleCase.Registers[baseRegister] : 0)));
            return [.. bytes];
        }

        sbyte displacement = mod == 1 ? (sbyte)random.Next() : (sbyte)0;
        if (mod == 1)
            bytes.Add((byte)displacement);
        SetBase(baseRegister, offset - (uint)displacement);
        return [.. bytes];
    }

    byte[] Encode16(int reg, uint linear, SegmentRegister? overriding)
    {
        int mod = random.Below(3), rm = random.Below(8);
        ReadOnlySpan<int> registers = rm switch
        {
            0 => [Reg.Ebx, Reg.Esi],
            1 => [Reg.Ebx, Reg.Edi],
            2 => [Reg.Ebp, Reg.Esi],
            3 => [Reg.Ebp, Reg.Edi],
            4 => [Reg.Esi],
            5 => [Reg.Edi],
            6 when mod == 0 => [],
            6 => [Reg.Ebp],
            _ => [Reg.Ebx],
        };
        if (registers.Length > 0 && mod != 2 && Frozen.Contains(registers[0]))
            mod = 2;
        SegmentRegister segment = overriding ?? (registers.Length > 0 && registers[0] == Reg.Ebp ? SegmentRegister.Ss : SegmentRegister.Ds);
        uint offset = OffsetIn(segment, linear);
        foreach (int register in registers)
            offset -= oracleCase.Registers[register];

        List<byte> bytes = [(byte)((mod << 6) | (reg << 3) | rm)];
        if (registers.Length == 0 || mod == 2)
        {
            bytes.AddRange(BitConverter.GetBytes((ushort)offset));
            return [.. bytes];
        }

        sbyte displacement = mod == 1 ? (sbyte)random.Next() : (sbyte)0;
        if (mod == 1)
            bytes.Add((byte)displacement);
        uint value = oracleCase.Registers[registers[0]];
        SetBase(registers[0], (value & 0xFFFF0000) | ((value + offset - (uint)displacement) & 0xFFFF));
        return [.. bytes];
    }

    void SetBase(int register, uint value)
    {
        oracleCase.Registers[register] = value;
        Frozen.Add(register);
    }
}
