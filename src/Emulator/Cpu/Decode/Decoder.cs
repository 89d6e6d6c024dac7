using System.Buffers.Binary;
using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Decode;

/// <summary>How the decoding of one instruction ended.</summary>
enum DecodeResult
{
    /// <summary>Decoded; the next one may follow in the same block.</summary>
    Sequential,
    /// <summary>Decoded; the block ends here and eip is where the instruction ends.</summary>
    EndsBlock,
    /// <summary>Decoded; the block ends here and the instruction sets eip.</summary>
    Branch,
    /// <summary>The bytes at hand end within the instruction.</summary>
    NeedsMoreBytes,
}

/// <summary>Decodes instruction bytes into <see cref="Op"/>s by the <see cref="InstructionTable"/> (Intel SDM vol. 2, chapter 2).</summary>
unsafe ref struct Decoder(BlockMode mode)
{
    /// <summary>The longest an instruction may be; a longer one is a general protection fault.</summary>
    public const int MaxLength = 15;

    readonly bool code32 = (mode & BlockMode.Code32) != 0;
    readonly bool isProtected = (mode & BlockMode.NotProtected) == 0;

    ReadOnlySpan<byte> bytes;
    int at;
    bool truncated;

    /// <summary>Decodes up to a branch, the end of the bytes or <paramref name="limit"/> entries. False: not even one instruction is whole.</summary>
    public bool DecodeBlock(ReadOnlySpan<byte> code, Op* ops, int limit, out Block block)
    {
        block = default;
        Op* op = ops;
        int offset = 0, instructions = 0;
        // An instruction takes at most a guard and itself, and a block one continuation.
        while (offset < code.Length && op + 3 <= ops + limit)
        {
            DecodeResult result = Decode(code[offset..], offset, &op);
            if (result == DecodeResult.NeedsMoreBytes)
                break;
            instructions++;
            offset += op[-1].Length;
            if (result == DecodeResult.Sequential)
                continue;
            if (result == DecodeResult.Branch)
                goto Ended;
            break;
        }
        if (instructions == 0)
            return false;
        EmitContinue(&op, (uint)offset);
    Ended:
        block.OpCount = (int)(op - ops);
        block.Instructions = instructions;
        block.Length = (uint)offset;
        return true;
    }

    /// <summary>Decodes one instruction at the start of <paramref name="code"/>; <paramref name="op"/> moves past what was emitted, and stays when more bytes are needed.</summary>
    public DecodeResult Decode(ReadOnlySpan<byte> code, int offset, Op** op)
    {
        bytes = code.Length > MaxLength ? code[..MaxLength] : code;
        at = 0;
        truncated = false;

        bool operand32 = code32, address32 = code32;
        int segment = -1, mandatory = 0;
        var flags = OpFlags.None;
        int opcode;
        while (true)
        {
            opcode = NextByte();
            switch (opcode)
            {
                case 0x26: segment = (int)SegmentRegister.Es; continue;
                case 0x2E: segment = (int)SegmentRegister.Cs; continue;
                case 0x36: segment = (int)SegmentRegister.Ss; continue;
                case 0x3E: segment = (int)SegmentRegister.Ds; continue;
                case 0x64: segment = (int)SegmentRegister.Fs; continue;
                case 0x65: segment = (int)SegmentRegister.Gs; continue;
                case 0x66:
                    operand32 = !code32;
                    if (mandatory == 0)
                        mandatory = 0x66;
                    continue;
                case 0x67: address32 = !code32; continue;
                case 0xF0: flags |= OpFlags.Lock; continue;
                case 0xF2: flags = (flags & ~OpFlags.Repeat) | OpFlags.RepeatNotEqual; mandatory = 0xF2; continue;
                case 0xF3: flags = (flags & ~OpFlags.RepeatNotEqual) | OpFlags.Repeat; mandatory = 0xF3; continue;
            }
            break;
        }
        if (opcode == 0x0F)
            opcode = 0x0F00 | NextByte();
        if (truncated)
            return Truncated(offset, op, code.Length);

        InstructionSlot slot = InstructionTable.Instance.Slot(opcode);
        int modRM = -1;
        if (slot.HasModRM)
        {
            modRM = NextByte();
            if (truncated)
                return Truncated(offset, op, code.Length);
        }
        InstructionDefinition? definition = slot.Select(modRM, mandatory);

        Op result = default;
        result.Offset = (ushort)offset;
        result.Opcode = (ushort)(((opcode & 0xFF) << 8) | (modRM & 0xFF));
        result.Base = result.Index = Reg.None;
        result.AddressMask = address32 ? uint.MaxValue : 0xFFFF;
        if (opcode > 0xFF)
            flags |= OpFlags.TwoByte;
        if (!operand32)
            flags |= OpFlags.Operand16;
        if (!address32)
            flags |= OpFlags.Address16;

        if (definition != null)
            DecodeOperands(ref result, ref flags, definition, opcode, modRM, operand32, address32, segment);
        if (truncated)
            return Truncated(offset, op, code.Length);

        result.Length = (byte)at;
        result.Flags = flags;
        return Emit(op, ref result, definition, operand32);
    }

    /// <summary>Ends a block that does not end in a branch: goes on at an offset from its start.</summary>
    public static void EmitContinue(Op** op, uint offset)
    {
        **op = new Op { Execute = &Interpret.BlockOps.Continue, Immediate = offset, Offset = (ushort)offset };
        (*op)++;
    }

    void DecodeOperands(ref Op op, ref OpFlags flags, InstructionDefinition definition, int opcode, int modRM, bool operand32, bool address32, int segment)
    {
        op.Segment = (byte)(segment >= 0 ? segment : (int)SegmentRegister.Ds);
        if (modRM >= 0)
        {
            int register = (modRM >> 3) & 7, rm = modRM & 7;
            op.Register = Has(definition, InstructionTraits.ByteRegister) ? ByteOffset(register) : (byte)register;
            if (modRM >= 0xC0 || Has(definition, InstructionTraits.IgnoresMod))
            {
                op.Rm = Has(definition, InstructionTraits.ByteRm) ? ByteOffset(rm) : (byte)rm;
            }
            else
            {
                flags |= OpFlags.Memory;
                if (address32)
                    DecodeAddress32(ref op, modRM, segment);
                else
                    DecodeAddress16(ref op, modRM, segment);
            }
        }
        switch (definition.Form)
        {
            case OperandForm.ModRMImm8 or OperandForm.Imm8:
                op.Immediate = (uint)(sbyte)NextByte();
                break;
            case OperandForm.ModRMImmZ or OperandForm.ImmZ:
                op.Immediate = operand32 ? Next32() : Next16();
                break;
            case OperandForm.Imm16:
                op.Immediate = Next16();
                break;
            case OperandForm.Imm16Imm8:
                op.Immediate = Next16();
                op.Displacement = NextByte();
                break;
            case OperandForm.Rel8:
                op.Immediate = (uint)(sbyte)NextByte();
                op.Immediate += (uint)at + op.Offset;
                break;
            case OperandForm.RelZ:
                op.Immediate = operand32 ? Next32() : (uint)(short)Next16();
                op.Immediate += (uint)at + op.Offset;
                break;
            case OperandForm.FarPointer:
                op.Immediate = operand32 ? Next32() : Next16();
                op.Displacement = Next16();
                break;
            case OperandForm.Moffs:
                op.Displacement = address32 ? Next32() : Next16();
                flags |= OpFlags.Memory;
                break;
            case OperandForm.OpcodeRegister:
                op.Register = OpcodeRegister(definition, opcode);
                break;
            case OperandForm.OpcodeRegisterImm8:
                op.Register = OpcodeRegister(definition, opcode);
                op.Immediate = (uint)(sbyte)NextByte();
                break;
            case OperandForm.OpcodeRegisterImmZ:
                op.Register = OpcodeRegister(definition, opcode);
                op.Immediate = operand32 ? Next32() : Next16();
                break;
        }
    }

    void DecodeAddress32(ref Op op, int modRM, int segment)
    {
        int mod = modRM >> 6, rm = modRM & 7;
        bool stack = false;
        if (rm == 4)
        {
            int sib = NextByte();
            op.Scale = (byte)(sib >> 6);
            int index = (sib >> 3) & 7, @base = sib & 7;
            op.Index = (byte)(index == 4 ? Reg.None : index);
            if (@base == 5 && mod == 0)
            {
                op.Displacement = Next32();
            }
            else
            {
                op.Base = (byte)@base;
                stack = @base is Reg.Esp or Reg.Ebp;
            }
        }
        else if (rm == 5 && mod == 0)
        {
            op.Displacement = Next32();
        }
        else
        {
            op.Base = (byte)rm;
            stack = rm == Reg.Ebp;
        }
        if (mod == 1)
            op.Displacement = (uint)(sbyte)NextByte();
        else if (mod == 2)
            op.Displacement = Next32();
        if (stack && segment < 0)
            op.Segment = (byte)SegmentRegister.Ss;
    }

    // Intel SDM vol. 2, table 2-1.
    void DecodeAddress16(ref Op op, int modRM, int segment)
    {
        int mod = modRM >> 6, rm = modRM & 7;
        bool stack = rm is 2 or 3 || (rm == 6 && mod != 0);
        if (rm == 6 && mod == 0)
        {
            op.Displacement = Next16();
        }
        else
        {
            op.Base = rm switch { 0 or 1 or 7 => Reg.Ebx, 2 or 3 or 6 => Reg.Ebp, 4 => Reg.Esi, _ => Reg.Edi };
            op.Index = rm switch { 0 or 2 => Reg.Esi, 1 or 3 => Reg.Edi, _ => Reg.None };
        }
        if (mod == 1)
            op.Displacement = (uint)(sbyte)NextByte();
        else if (mod == 2)
            op.Displacement = Next16();
        if (stack && segment < 0)
            op.Segment = (byte)SegmentRegister.Ss;
    }

    DecodeResult Emit(Op** at, ref Op op, InstructionDefinition? definition, bool operand32)
    {
        bool memory = (op.Flags & OpFlags.Memory) != 0;
        delegate*<CpuState*, Op*, void> handler = null;
        if (definition != null && IsValid(definition, op.Flags, memory))
            handler = Handler(definition, op.Flags, memory, operand32);
        if (handler == null)
        {
            op.Execute = &Interpret.BlockOps.InvalidOpcode;
            op.Flags |= OpFlags.Invalid;
            **at = op;
            (*at)++;
            return DecodeResult.Branch;
        }
        if (Has(definition!, InstructionTraits.Privileged))
        {
            **at = new Op { Execute = &Interpret.BlockOps.RequireRing0, Offset = op.Offset };
            (*at)++;
        }
        if (memory && Has(definition!, InstructionTraits.LocksMemory))
            op.Flags |= OpFlags.Lock;
        op.Execute = (op.Flags & OpFlags.Lock) != 0 ? &Interpret.BlockOps.Locked : handler;
        **at = op;
        (*at)++;
        bool repeated = definition!.Repeated != null && (op.Flags & (OpFlags.Repeat | OpFlags.RepeatNotEqual)) != 0;
        return repeated || Has(definition, InstructionTraits.Branch) ? DecodeResult.Branch
            : Has(definition, InstructionTraits.EndsBlock) ? DecodeResult.EndsBlock
            : DecodeResult.Sequential;
    }

    readonly bool IsValid(InstructionDefinition definition, OpFlags flags, bool memory)
    {
        if ((flags & OpFlags.Lock) != 0 && !(memory && Has(definition, InstructionTraits.Lockable)))
            return false;
        if (Has(definition, InstructionTraits.MemoryOnly) && !memory || Has(definition, InstructionTraits.RegisterOnly) && memory)
            return false;
        return isProtected || !Has(definition, InstructionTraits.ProtectedOnly);
    }

    /// <summary>What a locked instruction, of which <see cref="Interpret.BlockOps.Locked"/> has the place, does to its operands.</summary>
    public static delegate*<CpuState*, Op*, void> LockedHandler(Op* op)
    {
        int opcode = ((op->Flags & OpFlags.TwoByte) != 0 ? 0x0F00 : 0) | (op->Opcode >> 8);
        InstructionDefinition definition = InstructionTable.Instance.Slot(opcode).Select(op->Opcode & 0xFF, 0)!;
        return Handler(definition, op->Flags, memory: true, operand32: (op->Flags & OpFlags.Operand16) == 0);
    }

    static delegate*<CpuState*, Op*, void> Handler(InstructionDefinition definition, OpFlags flags, bool memory, bool operand32)
    {
        if (definition.Repeated != null && (flags & (OpFlags.Repeat | OpFlags.RepeatNotEqual)) != 0)
            return !operand32 && definition.Repeated16 != null ? definition.Repeated16 : definition.Repeated;
        if (memory && definition.Memory != null)
            return !operand32 && definition.Memory16 != null ? definition.Memory16 : definition.Memory;
        return !operand32 && definition.Register16 != null ? definition.Register16 : definition.Register;
    }

    readonly DecodeResult Truncated(int offset, Op** op, int available)
    {
        if (available < MaxLength)
            return DecodeResult.NeedsMoreBytes;
        **op = new Op { Execute = &Interpret.BlockOps.TooLong, Offset = (ushort)offset, Length = MaxLength, Flags = OpFlags.Invalid };
        (*op)++;
        return DecodeResult.Branch;
    }

    byte NextByte()
    {
        if (at >= bytes.Length)
        {
            truncated = true;
            return 0;
        }
        return bytes[at++];
    }

    ushort Next16()
    {
        if (at + 2 > bytes.Length)
        {
            truncated = true;
            return 0;
        }
        at += 2;
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes[(at - 2)..]);
    }

    uint Next32()
    {
        if (at + 4 > bytes.Length)
        {
            truncated = true;
            return 0;
        }
        at += 4;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at - 4)..]);
    }

    static bool Has(InstructionDefinition definition, InstructionTraits trait) => (definition.Traits & trait) != 0;

    // al, cl, dl, bl are the low bytes of the first four registers, ah, ch, dh, bh their second bytes.
    static byte ByteOffset(int register) => (byte)(((register & 3) << 2) | (register >> 2));

    static byte OpcodeRegister(InstructionDefinition definition, int opcode) =>
        Has(definition, InstructionTraits.ByteOpcodeRegister) ? ByteOffset(opcode & 7) : (byte)(opcode & 7);
}
