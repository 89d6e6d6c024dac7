using Iced.Intel;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;
using Choices = LguestPS.Emulator.Tests.Oracle.InstructionGenerator.Choices;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>Cases of 5 to 20 instructions: chains of flags, branches, loops, calls, strings, stores and loads of the same places.</summary>
sealed class SequenceCases
{
    static readonly InstructionDefinition[] Plain = [.. InstructionTable.Instance.All.Where(IsPlain)];

    readonly OracleRandom random;
    readonly OracleCase c;
    readonly AddressGenerator addresses;
    readonly InstructionGenerator generator;
    readonly SequenceBuilder builder;

    SequenceCases(OracleRandom random, OracleSelectors selectors)
    {
        this.random = random;
        c = SingleInstructionCases.Surroundings(random, selectors);
        c.Licence = OracleLicence.FaultOrder;
        foreach (var segment in (ReadOnlySpan<SegmentRegister>)[SegmentRegister.Es, SegmentRegister.Ss, SegmentRegister.Ds])
            c.Selectors[(int)segment] = selectors.Data;
        c.Registers[Reg.Esp] = OracleLayout.Stack + ((uint)random.Between(0x400, (int)OracleLayout.StackSize - 0x200) & ~3u);
        addresses = new AddressGenerator(random, selectors, c) { PreferAbsolute = true };
        for (int register = 0; register < 8; register++)
        {
            // The address generator must not change what an earlier instruction counts on.
            addresses.Frozen.Add(register);
            if (register != Reg.Esp && random.Chance(30))
                c.Registers[register] = addresses.PickPlain();
        }

        generator = new InstructionGenerator(random, addresses) { Odd = false };
        uint start = OracleLayout.Code + (random.Chance(70) ? 0x400 : OracleLayout.PageSize - (uint)random.Below(60));
        builder = new SequenceBuilder(random, start);
    }

    /// <summary>A sequence of everything.</summary>
    public static OracleCase Make(OracleRandom random, OracleSelectors selectors)
    {
        var sequence = new SequenceCases(random, selectors);
        for (int left = random.Between(5, 20); left > 0; left--)
            sequence.AddSomething();
        sequence.builder.Finish(sequence.c);
        return sequence.c;
    }

    /// <summary>One instruction that goes on to the next and neither needs prepared operands nor changes segments.</summary>
    static bool IsPlain(InstructionDefinition d)
    {
        const InstructionTraits special = InstructionTraits.Branch | InstructionTraits.EndsBlock | InstructionTraits.Privileged | InstructionTraits.Repeats;
        return OracleScope.IsComparable(d) && (d.Traits & special) == 0 && d.Opcode switch
        {
            0x07 or 0x17 or 0x1F or 0x0FA1 or 0x0FA9 or 0x8E or 0xC4 or 0xC5 or 0x0FB2 or 0x0FB4 or 0x0FB5 => false,
            // Faults with most operands: leave, popf, xlat, bound, ud0, ud1, ud2.
            0xC9 or 0x9D or 0xD7 or 0x62 or 0x0F0B or 0x0FB9 or 0x0FFF => false,
            // A fault on the way may leave traces: pusha, popa, enter.
            0x60 or 0x61 or 0xC8 => false,
            // Operands are selectors, which random numbers are not: verr, verw, lar, lsl.
            0x0F00 or 0x0F02 or 0x0F03 => false,
            0xF6 or 0xF7 => d.Digit < 6,
            _ => true,
        };
    }

    void AddSomething()
    {
        switch (random.Below(100))
        {
            case < 70:
                AddPlain(mayWriteCounter: true);
                break;
            case < 80:
                AddForwardJump();
                break;
            case < 84:
                AddIndirectJump();
                break;
            case < 88:
                AddLoop();
                break;
            case < 92:
                AddCall();
                break;
            case < 95:
                AddString();
                break;
            case < 97:
                AddDivision();
                break;
            default:
                AddFlagsLoad();
                break;
        }
    }

    void AddPlain(bool mayWriteCounter)
    {
        while (true)
        {
            Choices choices = generator.Choose(random.Pick(Plain));
            InstructionDefinition d = choices.Definition;
            if (!random.Chance(3))
                choices.Target = addresses.PickPlain();
            // A bit offset in a register leads anywhere; a double shift by too much has no defined result.
            bool wild = d.Opcode is 0x0FA3 or 0x0FAB or 0x0FB3 or 0x0FBB && choices.IsMemory;
            bool unclear = d.Opcode is 0x0FA4 or 0x0FA5 or 0x0FAC or 0x0FAD && choices.Operand16;
            if (wild || unclear)
                continue;
            byte[] bytes = generator.Encode(choices);
            Instruction instruction = FlagKnowledge.Decode(bytes, 0);
            if (!IsWelcome(instruction, mayWriteCounter))
                continue;
            builder.Add(bytes);
            return;
        }
    }

    // A lost stack pointer, or an address by a register that has changed, would end most sequences early. Some may.
    bool IsWelcome(in Instruction instruction, bool mayWriteCounter)
    {
        bool namesStack = false, namesCounter = false;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            Register register = instruction.GetOpKind(i) == OpKind.Register ? instruction.GetOpRegister(i).GetFullRegister32() : Register.None;
            namesStack |= register == Register.ESP;
            namesCounter |= register == Register.ECX;
        }

        if (!mayWriteCounter && (namesCounter || instruction.Mnemonic is Mnemonic.Popad or Mnemonic.Popa))
            return false;
        bool moved = builder.Written.Contains(instruction.MemoryBase.GetFullRegister32()) || builder.Written.Contains(instruction.MemoryIndex.GetFullRegister32());
        return !((namesStack && instruction.Mnemonic != Mnemonic.Push) || moved || instruction.Mnemonic == Mnemonic.Enter) || random.Chance(3);
    }

    void AddForwardJump()
    {
        SequenceBuilder.Label target = builder.Ahead(1 + random.Below(6));
        byte condition = (byte)random.Below(16);
        switch (random.Below(10))
        {
            case < 3:
                builder.AddBranch(target, 4, 0x0F, (byte)(0x80 + condition));
                break;
            case 3:
                builder.AddBranch(target, 1, random.Pick<byte>(0xE0, 0xE1, 0xE2, 0xE3));
                break;
            case 4:
                builder.AddBranch(target, 4, 0xE9);
                break;
            default:
                builder.AddBranch(target, 1, (byte)(0x70 + condition));
                break;
        }
    }

    void AddIndirectJump()
    {
        builder.MarkAll();   // nothing may jump between the two instructions
        SequenceBuilder.Label target = builder.Ahead(2 + random.Below(4));
        if (random.Chance(50))
        {
            builder.AddAddress(target, 0x68);
            builder.Add(0xC3);
        }
        else
        {
            byte register = random.Pick<byte>(0, 1, 2, 3, 5, 6, 7);
            builder.AddAddress(target, (byte)(0xB8 + register));
            builder.Add(0xFF, (byte)(0xE0 + register));
        }
    }

    void AddLoop()
    {
        builder.MarkAll();   // a jump past the counter's load would make the loop long
        builder.Add(0xB9, (byte)random.Between(1, 5), 0, 0, 0);
        SequenceBuilder.Label head = builder.NewLabel();
        builder.Mark(head);
        builder.DefineFlags();
        for (int i = random.Between(1, 3); i > 0; i--)
            AddPlain(mayWriteCounter: false);
        builder.AddBranch(head, 1, random.Pick<byte>(0xE2, 0xE2, 0xE1, 0xE0));
    }

    // The function stands before its call, behind a jump over it.
    void AddCall()
    {
        SequenceBuilder.Label function = builder.NewLabel(), caller = builder.NewLabel();
        builder.AddBranch(caller, 1, 0xEB);
        builder.Mark(function);
        for (int i = random.Between(1, 3); i > 0; i--)
            AddPlain(mayWriteCounter: true);
        if (random.Chance(30))
            builder.Add(0xC2, (byte)(4 * random.Below(3)), 0);
        else
            builder.Add(0xC3);
        builder.Mark(caller);
        builder.AddBranch(function, 4, 0xE8);
    }

    void AddString()
    {
        builder.MarkAll();   // nor into the middle of this, where edi may point to the code
        builder.Add([0xB9, .. BitConverter.GetBytes(random.Below(80))]);
        builder.Add([0xBE, .. BitConverter.GetBytes(addresses.PickPlain())]);
        builder.Add([0xBF, .. BitConverter.GetBytes(addresses.PickPlain())]);
        byte opcode = random.Pick<byte>(0xA4, 0xA5, 0xA6, 0xA7, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF);
        byte repeat = random.Pick<byte>(0xF2, 0xF3);
        if (random.Chance(20))
            builder.Add(opcode);
        else if (random.Chance(20))
            builder.Add(0x66, repeat, opcode);
        else
            builder.Add(repeat, opcode);
    }

    void AddDivision()
    {
        byte register = random.Pick<byte>(3, 5, 6, 7);
        builder.Add([(byte)(0xB8 + register), .. BitConverter.GetBytes(random.Value() | 0x100)]);
        bool signed = random.Chance(50);
        if (signed)
            builder.Add(0x99);
        else
            builder.Add(0x31, 0xD2);
        builder.Add(0xF7, (byte)((signed ? 0xF8 : 0xF0) + register));
    }

    void AddFlagsLoad()
    {
        uint flags = random.Next() & (EflagsBits.Arithmetic | EflagsBits.Direction | EflagsBits.Identification | EflagsBits.IoPrivilege | EflagsBits.Interrupt);
        builder.Add([0x68, .. BitConverter.GetBytes(flags)]);
        builder.Add(0x9D);
    }
}
