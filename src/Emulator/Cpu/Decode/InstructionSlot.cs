namespace LguestPS.Emulator.Cpu.Decode;

/// <summary>All definitions that share one opcode, told apart by ModRM and mandatory prefix.</summary>
sealed class InstructionSlot
{
    readonly List<InstructionDefinition> definitions = [];
    InstructionDefinition?[]? byModRM;

    /// <summary>Whether a ModRM byte follows the opcode.</summary>
    public bool HasModRM { get; private set; }

    /// <summary>Enters a definition.</summary>
    public void Add(InstructionDefinition definition)
    {
        HasModRM |= definition.Form is OperandForm.ModRM or OperandForm.ModRMImm8 or OperandForm.ModRMImmZ
            || definition.Digit >= 0 || definition.ModRM >= 0;
        definitions.Add(definition);
    }

    /// <summary>The definition for a ModRM byte (-1 where there is none) and a mandatory prefix (0 for none); null for an invalid opcode.</summary>
    public InstructionDefinition? Select(int modRM, int prefix)
    {
        if (definitions.Count <= 1 && !HasModRM)
            return definitions.Count == 0 ? null : definitions[0];
        byModRM ??= new InstructionDefinition?[4 * 256];
        int index = (PrefixIndex(prefix) << 8) | (modRM & 0xFF);
        return byModRM[index] ??= Match(modRM, prefix);
    }

    static int PrefixIndex(int prefix) => prefix switch { 0x66 => 1, 0xF2 => 2, 0xF3 => 3, _ => 0 };

    // The most particular definition wins: a whole ModRM byte before a digit, an exact prefix before none, a form restricted to memory or registers before one that is not.
    InstructionDefinition? Match(int modRM, int prefix)
    {
        InstructionDefinition? best = null;
        int bestScore = -1;
        foreach (InstructionDefinition definition in definitions)
        {
            bool memory = modRM is >= 0 and < 0xC0;
            bool wantsMemory = (definition.Traits & InstructionTraits.MemoryOnly) != 0;
            bool wantsRegister = (definition.Traits & InstructionTraits.RegisterOnly) != 0;
            if (definition.ModRM >= 0 && definition.ModRM != modRM
                || definition.Digit >= 0 && definition.Digit != ((modRM >> 3) & 7)
                || definition.Prefix >= 0 && definition.Prefix != prefix
                || wantsMemory && !memory || wantsRegister && memory)
                continue;
            int score = (definition.ModRM >= 0 ? 8 : 0) + (definition.Digit >= 0 ? 4 : 0) + (definition.Prefix >= 0 ? 2 : 0) + (wantsMemory || wantsRegister ? 1 : 0);
            if (score == bestScore)
                throw new InvalidOperationException($"Two definitions for opcode 0x{definition.Opcode:x}, ModRM 0x{modRM:x2}: {best!.Mnemonic} and {definition.Mnemonic}.");
            if (score > bestScore)
                (best, bestScore) = (definition, score);
        }
        return best;
    }
}
