using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>Writes an instruction down in one of its many ways: prefixes, operand and address sizes, addressing forms, immediates.</summary>
sealed class InstructionGenerator(OracleRandom random, AddressGenerator addresses)
{
    /// <summary>Half of what is drawn can't matter, or must fault, when false: sequences want to get on.</summary>
    public bool Odd { get; init; } = true;

    /// <summary>What is common to the encoding and to the operands that are prepared for it.</summary>
    public sealed record Choices
    {
        public required InstructionDefinition Definition { get; init; }
        public bool Operand16 { get; init; }
        public bool Address16 { get; init; }
        public SegmentRegister? Override { get; init; }

        /// <summary>F2, F3 or 0.</summary>
        public byte Repeat { get; init; }

        public bool Lock { get; init; }

        /// <summary>The ModRM reg field.</summary>
        public int Reg { get; init; }

        /// <summary>The ModRM r/m field of a register form; -1 when it is memory.</summary>
        public int Rm { get; init; }

        /// <summary>Linear address of the memory operand, when there is one.</summary>
        public uint Target { get; set; }

        /// <summary>The immediate, or the branch displacement.</summary>
        public uint Immediate { get; set; }

        public bool HasModRM => Definition.Form is OperandForm.ModRM or OperandForm.ModRMImm8 or OperandForm.ModRMImmZ;
        public bool IsMemory => HasModRM && Rm < 0;
        public bool Is(InstructionTraits trait) => (Definition.Traits & trait) != 0;

        /// <summary>Bits of the operand.</summary>
        public int Bits => Is(InstructionTraits.ByteRm) || (!HasModRM && (Definition.Opcode & 1) == 0) ? 8 : Operand16 ? 16 : 32;
    }

    /// <summary>Draws prefixes and operands.</summary>
    public Choices Choose(InstructionDefinition d)
    {
        bool hasModRM = d.Form is OperandForm.ModRM or OperandForm.ModRMImm8 or OperandForm.ModRMImmZ;
        bool memory = hasModRM && ChooseMemory(d);
        bool isString = (d.Traits & InstructionTraits.Repeats) != 0;
        int reg = d.ModRM >= 0 ? (d.ModRM >> 3) & 7 : d.Digit >= 0 ? d.Digit
            : d.Opcode is 0x0F21 or 0x0F23 ? random.Pick(0, 1, 2, 3, 6, 7)   // 4 and 5 hang on CR4
            : random.Below(8);
        int repeat = d.Prefix is 0xF2 or 0xF3 ? d.Prefix
            : random.Chance(isString ? 65 : RepeatMeansAnother(d) || !Odd ? 0 : 3) ? random.Pick(0xF2, 0xF3) : 0;
        bool address16 = random.Chance(Odd ? 15 : 2);
        return new Choices
        {
            Definition = d,
            Operand16 = d.Prefix == 0x66 || (d.Prefix < 0 && random.Chance(30)),
            Address16 = address16,
            // 16-bit addresses reach memory only through a segment that begins there.
            Override = memory && address16 && random.Chance(60) ? SegmentRegister.Fs
                : random.Chance(Odd ? 15 : 5) ? (SegmentRegister)random.Below(6) : null,
            Repeat = (byte)repeat,
            Lock = !LockMeansAnother(d) && random.Chance(memory && (d.Traits & InstructionTraits.Lockable) != 0 ? 12 : Odd ? 2 : 0),
            Reg = reg,
            Rm = memory ? -1 : d.ModRM >= 0 ? d.ModRM & 7 : random.Below(8),
            Target = addresses.PickTarget(),
            Immediate = random.Value(),
        };
    }

    /// <summary>The bytes. Gives base registers the values that the memory operand needs.</summary>
    public byte[] Encode(Choices choices)
    {
        InstructionDefinition d = choices.Definition;
        List<byte> bytes = [.. Prefixes(choices)];
        if (d.Opcode > 0xFF)
            bytes.Add(0x0F);
        bool registerInOpcode = d.Form is OperandForm.OpcodeRegister or OperandForm.OpcodeRegisterImm8 or OperandForm.OpcodeRegisterImmZ;
        bytes.Add((byte)(registerInOpcode ? (d.Opcode & ~7) | choices.Reg : d.Opcode));
        if (choices.HasModRM)
        {
            int mod = (d.Traits & InstructionTraits.IgnoresMod) != 0 ? random.Below(4) : 3;
            bytes.AddRange(choices.IsMemory
                ? addresses.Encode(choices.Reg, choices.Target, choices.Override, choices.Address16)
                : [(byte)((mod << 6) | (choices.Reg << 3) | choices.Rm)]);
        }

        bytes.AddRange(Immediate(choices));
        return [.. bytes];
    }

    // Other instructions (pause, tzcnt), or on some processors other conditions (loope).
    static bool RepeatMeansAnother(InstructionDefinition d) => d.Opcode is > 0xFF or 0x90 or 0xE0 or 0xE1;

    // lock mov cr0 is another register on some processors, which forgive lock verr too.
    static bool LockMeansAnother(InstructionDefinition d) => d.Opcode is 0x0F00 or (>= 0x0F20 and <= 0x0F23);

    bool ChooseMemory(InstructionDefinition d)
    {
        if (d.Opcode == 0x0F0D)
            return true;   // prefetchw; some processors know a register form, which does nothing
        if (d.ModRM >= 0 || (d.Traits & InstructionTraits.IgnoresMod) != 0)
            return false;
        // The register forms of these are prefixes of vector instructions.
        bool isVectorPrefix = d.Opcode is 0x62 or 0xC4 or 0xC5;
        bool wrongForm = Odd && d.Opcode <= 0xFF && !isVectorPrefix && random.Chance(3);
        if ((d.Traits & InstructionTraits.MemoryOnly) != 0)
            return !wrongForm;
        if ((d.Traits & InstructionTraits.RegisterOnly) != 0)
            return wrongForm;
        return random.Chance(Odd ? 60 : 40);
    }

    IEnumerable<byte> Prefixes(Choices choices)
    {
        List<byte> prefixes = [];
        if (choices.Operand16)
            prefixes.Add(0x66);
        if (choices.Address16)
            prefixes.Add(0x67);
        if (choices.Override is { } segment)
            prefixes.Add(segment switch
            {
                SegmentRegister.Es => 0x26,
                SegmentRegister.Cs => 0x2E,
                SegmentRegister.Ss => 0x36,
                SegmentRegister.Ds => 0x3E,
                SegmentRegister.Fs => 0x64,
                _ => 0x65,
            });
        if (choices.Lock)
            prefixes.Add(0xF0);
        if (choices.Repeat != 0)
            prefixes.Add(choices.Repeat);
        while (Odd && prefixes.Count > 0 && random.Chance(5))
            prefixes.Add(prefixes[random.Below(prefixes.Count)]);
        // Order does not matter, but that of different segments, or of F2 and F3: there is only one of each here.
        for (int i = prefixes.Count - 1; i > 0; i--)
        {
            int j = random.Below(i + 1);
            (prefixes[i], prefixes[j]) = (prefixes[j], prefixes[i]);
        }

        return prefixes;
    }

    byte[] Immediate(Choices choices)
    {
        uint value = choices.Immediate;
        byte[] sized = choices.Operand16 ? BitConverter.GetBytes((ushort)value) : BitConverter.GetBytes(value);
        switch (choices.Definition.Form)
        {
            case OperandForm.ModRMImm8 or OperandForm.Imm8 or OperandForm.Rel8 or OperandForm.OpcodeRegisterImm8:
                return [(byte)value];
            case OperandForm.ModRMImmZ or OperandForm.ImmZ or OperandForm.RelZ or OperandForm.OpcodeRegisterImmZ:
                return sized;
            case OperandForm.Imm16:
                return BitConverter.GetBytes((ushort)value);
            case OperandForm.Imm16Imm8:
                return [.. BitConverter.GetBytes((ushort)value), random.Chance(70) ? (byte)random.Below(5) : (byte)random.Next()];
            case OperandForm.FarPointer:
                return [.. sized, .. BitConverter.GetBytes((ushort)choices.Target)];
            case OperandForm.Moffs:
                uint offset = addresses.OffsetIn(choices.Override ?? SegmentRegister.Ds, choices.Target);
                return choices.Address16 ? BitConverter.GetBytes((ushort)offset) : BitConverter.GetBytes(offset);
            default:
                return [];
        }
    }
}
