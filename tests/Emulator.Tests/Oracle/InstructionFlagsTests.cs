using Iced.Intel;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;
using Xunit;
using Choices = LguestPS.Emulator.Tests.Oracle.InstructionGenerator.Choices;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>What the instruction table says of flags, beside an independent decoder.</summary>
public sealed class InstructionFlagsTests
{
    /// <summary>Every mnemonic that the oracle tests.</summary>
    public static TheoryData<string> Mnemonics => [.. OracleScope.Groups.Keys.Order()];

    [Theory]
    [MemberData(nameof(Mnemonics))]
    public void TableNamesTheFlagsThatAreWrittenAndLeftUndefined(string mnemonic)
    {
        var selectors = new OracleSelectors(0x23, 0x2B, [0x63, 0x6B, 0x73]);
        foreach (InstructionDefinition d in OracleScope.Groups[mnemonic])
        {
            var random = new OracleRandom((ulong)d.Opcode);
            uint undefined = 0, touched = 0;
            for (int i = 0; i < 50; i++)
            {
                OracleCase c = SingleInstructionCases.Surroundings(random, selectors);
                var generator = new InstructionGenerator(random, new AddressGenerator(random, selectors, c)) { Odd = false };
                Choices choices = generator.Choose(d);
                choices.Immediate = 2;   // a shift by 0 or 1 is another matter
                Instruction instruction = FlagKnowledge.Decode(generator.Encode(choices), 0);
                undefined |= FlagKnowledge.Undefined(instruction);
                touched |= FlagKnowledge.Undefined(instruction) | FlagKnowledge.Defined(instruction);
            }

            Assert.Equal((d.Opcode, d.Digit, Undefined: undefined, Touched: touched), (d.Opcode, d.Digit, Undefined: d.Undefined, Touched: d.Writes | d.Undefined));
        }
    }
}
