using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;
using Choices = LguestPS.Emulator.Tests.Oracle.InstructionGenerator.Choices;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>Cases of one instruction each.</summary>
static class SingleInstructionCases
{
    /// <summary>A case for one of several definitions of an instruction.</summary>
    public static OracleCase Make(ReadOnlySpan<InstructionDefinition> definitions, OracleRandom random, OracleSelectors selectors)
    {
        OracleCase c = Surroundings(random, selectors);
        var addresses = new AddressGenerator(random, selectors, c);
        var generator = new InstructionGenerator(random, addresses);
        var preparer = new OperandPreparer(random, selectors, c, addresses);
        Choices choices = generator.Choose(random.Pick(definitions));
        preparer.BeforeEncoding(choices);
        byte[] code = generator.Encode(choices);
        preparer.AfterEncoding(choices);

        c.Eip = random.Below(100) switch
        {
            < 85 => OracleLayout.Code + 0x400,
            < 97 => OracleLayout.Code + OracleLayout.PageSize - (uint)random.Below(code.Length + 1),
            _ => OracleLayout.Code + OracleLayout.CodeSize - (uint)random.Between(1, code.Length),
        };
        c.PatchCode(c.Eip, code);
        c.Licence = Licence(choices.Definition);
        c.UndefinedFlags = Undefined(choices, FlagKnowledge.Decode(code, c.Eip), c.Registers[Reg.Ecx]);
        return c;
    }

    /// <summary>Registers, flags and segments before anything is known of the instruction.</summary>
    public static OracleCase Surroundings(OracleRandom random, OracleSelectors selectors)
    {
        var c = new OracleCase();
        for (int i = 0; i < 8; i++)
            c.Registers[i] = random.Value();
        c.Eflags = random.Next() & (EflagsBits.Arithmetic | EflagsBits.Direction);

        c.Selectors.AsSpan().Fill(selectors.Data);
        c.Selectors[(int)SegmentRegister.Cs] = selectors.Code;
        c.Selectors[(int)SegmentRegister.Fs] = selectors.Based;
        c.Selectors[(int)SegmentRegister.Gs] = random.Pick(selectors.Limited, selectors.ExpandDown, selectors.Code);
        foreach (var segment in (ReadOnlySpan<SegmentRegister>)[SegmentRegister.Ds, SegmentRegister.Es])
            if (random.Chance(10))
                c.Selectors[(int)segment] = random.Pick(selectors.Based, selectors.Based, selectors.Limited, selectors.ExpandDown);

        bool limitedStack = random.Chance(4);
        if (limitedStack)
            c.Selectors[(int)SegmentRegister.Ss] = selectors.Limited;
        c.Registers[Reg.Esp] = random.Below(100) switch
        {
            < 85 => OracleLayout.Stack + ((uint)random.Between(0x200, (int)OracleLayout.StackSize - 0x200) & ~3u),
            < 92 => OracleLayout.Stack + (uint)random.Between(0x200, (int)OracleLayout.StackSize - 0x200),
            < 95 => OracleLayout.Stack + (uint)random.Below(0x24),
            < 98 => OracleLayout.Stack + OracleLayout.StackSize - (uint)random.Below(0x24),
            _ => random.Value(),
        };
        if (limitedStack)
            c.Registers[Reg.Esp] = random.Chance(50) ? (uint)random.Below(0x2000) : 0x1800 + (uint)random.Between(-0x24, 0x24);
        return c;
    }

    static OracleLicence Licence(InstructionDefinition d) => d.Opcode switch
    {
        0x60 or 0x61 or 0xC8 => OracleLicence.PartialEffect | OracleLicence.FaultOrder,
        // Two operands in memory, or a frame of several words, or the choice of fetching a ModRM byte that does not matter.
        0xA6 or 0xA7 or 0xCA or 0xCB or 0xCF or 0x0FB9 or 0x0FFF => OracleLicence.FaultOrder,
        _ => OracleLicence.None,
    };

    static uint Undefined(Choices choices, in Iced.Intel.Instruction instruction, uint ecx)
    {
        InstructionDefinition d = choices.Definition;
        int? count = d.Opcode switch
        {
            0xD0 or 0xD1 => 1,
            0xD2 or 0xD3 or 0x0FA5 or 0x0FAD => (int)ecx,
            0xC0 or 0xC1 or 0x0FA4 or 0x0FAC => (int)choices.Immediate,
            _ => null,
        };
        if (count is not { } shifted)
            return FlagKnowledge.Undefined(instruction);
        bool isDouble = d.Opcode > 0xFF;
        return FlagKnowledge.UndefinedAfterShift(!isDouble && d.Digit < 4, !isDouble && d.Digit == 7, choices.Bits, shifted);
    }
}
