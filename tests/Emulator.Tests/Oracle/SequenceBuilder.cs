using Iced.Intel;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>
/// Puts instructions one behind the other and keeps account of which flags are undefined where, and of which registers still have their first values.
/// Branches go forward to an instruction that need not exist yet, or back to a label.
/// </summary>
sealed class SequenceBuilder(OracleRandom random, uint start)
{
    readonly List<Item> items = [];
    readonly List<Label> labels = [];
    readonly InstructionInfoFactory infos = new();
    uint undefined;

    /// <summary>A place in the sequence that branches may lead to.</summary>
    public sealed class Label
    {
        /// <summary>The number of its instruction; unless it is marked, the end.</summary>
        public int Item { get; set; } = int.MaxValue;

        /// <summary>Marked by itself when so many instructions are there.</summary>
        public int Due { get; init; } = int.MaxValue;

        /// <summary>Undefined flags of those who come here by a branch.</summary>
        public uint Undefined { get; set; }
    }

    /// <param name="Bytes">The instruction.</param>
    /// <param name="UndefinedBefore">Undefined flags when it begins.</param>
    /// <param name="Target">Where its last bytes lead.</param>
    /// <param name="Width">How many bytes that is.</param>
    /// <param name="Absolute">An address rather than a displacement.</param>
    sealed record Item(byte[] Bytes, uint UndefinedBefore, Label? Target = null, int Width = 0, bool Absolute = false);

    /// <summary>Registers that some instruction may have written.</summary>
    public HashSet<Register> Written { get; } = [];

    /// <summary>A label to be marked later.</summary>
    public Label NewLabel() => new();

    /// <summary>A label some instructions ahead.</summary>
    public Label Ahead(int instructions)
    {
        var label = new Label { Due = items.Count + instructions };
        labels.Add(label);
        return label;
    }

    /// <summary>The label is here.</summary>
    public void Mark(Label label)
    {
        label.Item = items.Count;
        undefined |= label.Undefined;
    }

    /// <summary>All labels ahead are here: nothing jumps into what follows.</summary>
    public void MarkAll()
    {
        foreach (Label label in labels.Where(l => l.Item > items.Count))
            Mark(label);
    }

    /// <summary>Appends an instruction; before one that depends on undefined flags, one that defines all.</summary>
    public void Add(params byte[] bytes) => Append(bytes, null, 0, false);

    /// <summary>Appends a branch whose displacement is its last bytes.</summary>
    public void AddBranch(Label target, int width, params byte[] opcode) => Append([.. opcode, .. new byte[width]], target, width, false);

    /// <summary>Appends an instruction whose last four bytes are the address of a label.</summary>
    public void AddAddress(Label target, params byte[] opcode) => Append([.. opcode, .. new byte[4]], target, 4, true);

    /// <summary>Appends a comparison, after which no flag is undefined.</summary>
    public void DefineFlags()
    {
        const byte cmpEaxImmediate = 0x3D;
        Append([cmpEaxImmediate, .. BitConverter.GetBytes(random.Value())], null, 0, false);
    }

    /// <summary>Gives the finished code and what is known of it to a case.</summary>
    public void Finish(OracleCase c)
    {
        MarkAll();
        var offsets = new int[items.Count + 1];
        for (int i = 0; i < items.Count; i++)
            offsets[i + 1] = offsets[i] + items[i].Bytes.Length;
        List<byte> code = [];
        uint all = undefined;
        for (int i = 0; i < items.Count; i++)
        {
            Item item = items[i];
            if (item.Target is { } target)
            {
                uint value = item.Absolute ? start + (uint)offsets[target.Item] : (uint)(offsets[target.Item] - offsets[i + 1]);
                BitConverter.GetBytes(value).AsSpan(0, item.Width).CopyTo(item.Bytes.AsSpan(item.Bytes.Length - item.Width));
            }

            c.UndefinedFlagsBefore[start + (uint)offsets[i]] = item.UndefinedBefore;
            all |= item.UndefinedBefore;
            code.AddRange(item.Bytes);
        }

        c.UndefinedFlagsBefore[start + (uint)code.Count] = undefined;
        c.UndefinedFlags = all;
        c.Eip = start;
        c.PatchCode(start, [.. code]);
    }

    void Append(byte[] bytes, Label? target, int width, bool absolute)
    {
        foreach (Label label in labels.Where(l => l.Due <= items.Count && l.Item > items.Count))
            Mark(label);
        Instruction instruction = FlagKnowledge.Decode(bytes, start);
        if ((FlagKnowledge.Read(instruction) & undefined) != 0)
        {
            // A label that is due behind the comparison moves on behind this instruction.
            DefineFlags();
        }

        items.Add(new(bytes, undefined, target, width, absolute));
        // What a shift by cl or a repeated comparison does to the flags hangs on the count: they may also stay as they were.
        bool certain = !instruction.HasRepPrefix && !instruction.HasRepnePrefix && !(instruction.OpCount > 1 && instruction.GetOpKind(instruction.OpCount - 1) == OpKind.Register
            && instruction.GetOpRegister(instruction.OpCount - 1) == Register.CL);
        uint makesUndefined = FlagKnowledge.Undefined(instruction);
        undefined = (certain ? undefined & ~FlagKnowledge.Defined(instruction) : undefined) | makesUndefined;
        if (target is not null)
            target.Undefined |= undefined;
        foreach (UsedRegister used in infos.GetInfo(instruction).GetUsedRegisters())
            if (used.Access is not (OpAccess.Read or OpAccess.CondRead or OpAccess.NoMemAccess))
                Written.Add(used.Register.GetFullRegister32());
    }
}
