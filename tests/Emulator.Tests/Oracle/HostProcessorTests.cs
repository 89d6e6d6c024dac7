using LguestPS.Emulator.Cpu.Decode;
using Xunit;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>The emulated processor beside the host's: the same code on the same registers and memory, and all that it leaves behind compared.</summary>
public sealed class HostProcessorTests
{
    const int CasesPerGroup = 2000;
    const int CasesPerDefinition = 500;

    /// <summary>Every mnemonic of the instruction table that ring 3 can execute.</summary>
    public static TheoryData<string> Mnemonics => [.. OracleScope.Groups.Keys.Order()];

    [NativeTheory]
    [MemberData(nameof(Mnemonics))]
    public void Instruction(string mnemonic)
    {
        InstructionDefinition[] definitions = OracleScope.Groups[mnemonic];
        OracleRun.Check(mnemonic, Math.Max(CasesPerGroup, CasesPerDefinition * definitions.Length),
            (random, selectors) => SingleInstructionCases.Make(definitions, random, selectors));
    }
}
