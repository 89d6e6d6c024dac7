using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.Decode;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Whether the arithmetic flags matter where code goes on: they don't when they are overwritten before anything can read them or fault.</summary>
static unsafe class FlagLiveness
{
    // Further than this few flags survive.
    const int InstructionsAhead = 4;

    /// <summary>What an instruction does to the arithmetic flags, as far as one can tell without running it.</summary>
    public enum Effect
    {
        /// <summary>It neither reads nor changes them and can't fault.</summary>
        None,
        /// <summary>It overwrites all of them, reads none and can't fault.</summary>
        Overwrites,
        /// <summary>Anything else.</summary>
        Observes,
    }

    /// <summary>Looks at the code of a 32-bit block from its start.</summary>
    public static bool AreDead(ReadOnlySpan<byte> code)
    {
        // A guard, the instruction, a continuation.
        Op* ops = stackalloc Op[4];
        var decoder = new Decoder(BlockMode.Code32);
        for (int i = 0, offset = 0; i < InstructionsAhead && offset < code.Length; i++)
        {
            Op* end = ops;
            if (decoder.Decode(code[offset..], 0, &end) != DecodeResult.Sequential || end != ops + 1)
                return false;
            Effect effect = EffectOf(ops);
            if (effect != Effect.None)
                return effect == Effect.Overwrites;
            offset += ops->Length;
        }
        return false;
    }

    /// <summary>Whether the code of a 32-bit block begins with an instruction that reads them, behind at most some that have nothing to do with them.</summary>
    public static bool AreReadFirst(ReadOnlySpan<byte> code)
    {
        Op* ops = stackalloc Op[4];
        var decoder = new Decoder(BlockMode.Code32);
        for (int i = 0, offset = 0; i < InstructionsAhead && offset < code.Length; i++)
        {
            Op* end = ops;
            DecodeResult result = decoder.Decode(code[offset..], 0, &end);
            if (result == DecodeResult.NeedsMoreBytes)
                return false;
            if (Reads(ops))
                return true;
            if (result != DecodeResult.Sequential || end != ops + 1 || EffectOf(ops) != Effect.None)
                return false;
            offset += ops->Length;
        }
        return false;
    }

    /// <summary>The same of decoded instructions.</summary>
    public static bool AreReadFirst(Op* op, Op* end)
    {
        for (; op < end; op++)
        {
            if (Reads(op))
                return true;
            if (EffectOf(op) != Effect.None)
                return false;
        }
        return false;
    }

    // Conditional jumps, moves and settings that don't touch memory.
    static bool Reads(Op* op)
    {
        if (op->Length == 0 || (op->Flags & (OpFlags.Invalid | OpFlags.Memory | OpFlags.Address16 | OpFlags.Operand16)) != 0)
            return false;
        int opcode = op->Opcode >> 8;
        return (op->Flags & OpFlags.TwoByte) != 0 ? opcode is (>= 0x40 and < 0x50) or (>= 0x80 and < 0xA0) : opcode is >= 0x70 and < 0x80;
    }

    /// <summary>Whether an instruction overwrites all arithmetic flags and reads none; unlike <see cref="Effect.Overwrites"/>, it may have a memory operand.</summary>
    public static bool OverwritesAll(Op* op) => EffectWithoutFault(op) == Effect.Overwrites;

    /// <summary>The effect of an instruction whose accesses to memory are known to succeed.</summary>
    public static Effect EffectWithoutFault(Op* op)
    {
        if (MemoryUse.Pushes(op) || MemoryUse.Pops(op))
            return (op->Opcode >> 8) is (>= 0x50 and < 0x60) or 0x68 or 0x6A ? Effect.None : Effect.Observes;
        Op registers = *op;
        registers.Flags &= ~OpFlags.Memory;
        return EffectOf(&registers);
    }

    static Effect EffectOf(Op* op)
    {
        if (op->Length == 0 || (op->Flags & (OpFlags.Invalid | OpFlags.Lock | OpFlags.Address16)) != 0)
            return Effect.Observes;
        int opcode = op->Opcode >> 8, digit = (op->Opcode >> 3) & 7;
        bool memory = (op->Flags & OpFlags.Memory) != 0;
        if ((op->Flags & OpFlags.TwoByte) != 0)
            return opcode is 0x1F or (>= 0xC8 and <= 0xCF) || (!memory && opcode is 0xB6 or 0xB7 or 0xBE or 0xBF) ? Effect.None
                : !memory && opcode == 0xAF ? Effect.Overwrites
                : Effect.Observes;
        if (opcode is 0x8D or (>= 0xB0 and <= 0xBF) or (>= 0x90 and <= 0x99))
            return Effect.None;
        if (memory)
            return Effect.Observes;
        if (opcode is >= 0x88 and <= 0x8B or 0xC6 or 0xC7)
            return Effect.None;
        // The eight operations of group 1: adc and sbb read.
        bool group = opcode is 0x80 or 0x81 or 0x83;
        if (group || (opcode < 0x40 && (opcode & 7) < 6))
            return (group ? digit : opcode >> 3) is 2 or 3 ? Effect.Observes : Effect.Overwrites;
        return opcode is 0x84 or 0x85 or 0xA8 or 0xA9 || (opcode is 0xF6 or 0xF7 && digit is 0 or 1 or 3) ? Effect.Overwrites : Effect.Observes;
    }
}
