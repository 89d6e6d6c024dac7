namespace LguestPS.Emulator.Cpu.Decode;

/// <summary>All instructions of the processor, by encoding.</summary>
public sealed class InstructionTable
{
    /// <summary>The table of this processor.</summary>
    public static InstructionTable Instance { get; } = new();

    readonly List<InstructionDefinition> all = [];

    InstructionTable()
    {
        Fpu.X87Arithmetic.Define(this);
        Fpu.X87Compare.Define(this);
        Fpu.X87Transfer.Define(this);
        Fpu.X87Control.Define(this);
        Fpu.X87Environment.Define(this);
    }

    /// <summary>Every definition, for tests.</summary>
    public IReadOnlyList<InstructionDefinition> All => all;

    /// <summary>Enters a definition.</summary>
    public void Add(InstructionDefinition definition) => all.Add(definition);
}
