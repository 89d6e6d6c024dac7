using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;
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
    public void Instruction(string mnemonic) => Check(mnemonic, TestedEngine.Interpreter);

    /// <summary>The same by the translator. A case's memory is in the TLB when an earlier one has been there, so that both ways of an access are met.</summary>
    [NativeTheory]
    [MemberData(nameof(Mnemonics))]
    public void TranslatedInstruction(string mnemonic) => Check(mnemonic, TestedEngine.Translator);

    /// <summary>The same by direct accesses.</summary>
    [NativeTheory]
    [MemberData(nameof(Mnemonics))]
    public void DirectInstruction(string mnemonic) => Check(mnemonic, TestedEngine.DirectTranslator);

    static void Check(string mnemonic, TestedEngine engine)
    {
        InstructionDefinition[] definitions = OracleScope.Groups[mnemonic];
        OracleRun.Check(mnemonic, Math.Max(CasesPerGroup, CasesPerDefinition * definitions.Length),
            (random, selectors) => SingleInstructionCases.Make(definitions, random, selectors), engine);
    }

    [NativeTheory]
    [InlineData(TestedEngine.Interpreter)]
    [InlineData(TestedEngine.Translator)]
    [InlineData(TestedEngine.DirectTranslator)]
    public void Sequences(TestedEngine engine) => OracleRun.Check("sequences", 30_000, SequenceCases.Make, engine);

    [NativeTheory]
    [InlineData(TestedEngine.Interpreter)]
    [InlineData(TestedEngine.Translator)]
    [InlineData(TestedEngine.DirectTranslator)]
    public void SelfModifyingCode(TestedEngine engine) => OracleRun.Check("self-modifying", 10_000, SelfModifyingCases.Make, engine);

    [NativeTheory]
    [InlineData(TestedEngine.Interpreter)]
    [InlineData(TestedEngine.Translator)]
    [InlineData(TestedEngine.DirectTranslator)]
    public void SingleStep(TestedEngine engine)
    {
        InstructionDefinition[] all = [.. OracleScope.Groups.Values.SelectMany(g => g)];
        OracleRun.Check("single-step", 10_000, (random, selectors) =>
        {
            OracleCase c = SingleInstructionCases.Make([random.Pick<InstructionDefinition>(all)], random, selectors);
            c.Eflags |= EflagsBits.Trap;
            return c;
        }, engine);
    }

    [NativeFact]
    public void AbsentOpcodes() => OracleRun.Check("absent", 2000, EncodingCases.MakeAbsent);

    [NativeFact]
    public void LongInstructions() => OracleRun.Check("long", 2000, EncodingCases.MakeLong);
}
