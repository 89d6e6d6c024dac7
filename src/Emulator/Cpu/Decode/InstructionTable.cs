namespace LguestPS.Emulator.Cpu.Decode;

/// <summary>All instructions of the processor, by encoding.</summary>
public sealed class InstructionTable
{
    /// <summary>The table of this processor.</summary>
    public static InstructionTable Instance { get; } = new();

    readonly List<InstructionDefinition> all = [];

    InstructionTable()
    {
    }

    /// <summary>Every definition, for tests.</summary>
    public IReadOnlyList<InstructionDefinition> All => all;

    /// <summary>Enters a definition.</summary>
    public void Add(InstructionDefinition definition) => all.Add(definition);
}
