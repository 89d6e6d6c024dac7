using Iced.Intel;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>What an independent decoder says about an instruction's flags, as EFLAGS bits.</summary>
static class FlagKnowledge
{
    /// <summary>Decodes one instruction.</summary>
    public static Instruction Decode(byte[] bytes, uint address)
    {
        var decoder = Decoder.Create(32, bytes);
        decoder.IP = address;
        return decoder.Decode();
    }

    /// <summary>Flags that are undefined after it, whatever its operands.</summary>
    public static uint Undefined(in Instruction instruction)
    {
        // A rotation all the way round, by 9 or 17 with the carry, may leave OF alone or not.
        bool roundWithCarry = instruction.Mnemonic is Mnemonic.Rcl or Mnemonic.Rcr && instruction.Op1Kind == OpKind.Immediate8 && (instruction.Immediate8 & 0x1F) is 9 or 17 or 18 or 27;
        return ToEflags(instruction.RflagsUndefined) | (roundWithCarry ? EflagsBits.Overflow : 0);
    }

    /// <summary>Flags that it always gives a defined value.</summary>
    public static uint Defined(in Instruction instruction) => ToEflags(instruction.RflagsWritten | instruction.RflagsCleared | instruction.RflagsSet);

    /// <summary>Flags that it depends on.</summary>
    public static uint Read(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Pushf or Mnemonic.Pushfd ? EflagsBits.Arithmetic : ToEflags(instruction.RflagsRead);

    /// <summary>
    /// Flags that are undefined after a shift or rotation by a count (Intel SDM vol. 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD): none when nothing is shifted, OF unless
    /// by one, CF when all bits are shifted out of a short operand.
    /// </summary>
    public static uint UndefinedAfterShift(bool rotation, bool arithmeticRight, int operandBits, int count)
    {
        count &= 0x1F;
        if (count == 0)
            return 0;
        uint undefined = count == 1 ? 0 : EflagsBits.Overflow;
        if (rotation)
            return undefined;
        return undefined | EflagsBits.Auxiliary | (!arithmeticRight && count >= operandBits ? EflagsBits.Carry : 0);
    }

    static uint ToEflags(RflagsBits bits) =>
        (bits.HasFlag(RflagsBits.CF) ? EflagsBits.Carry : 0)
        | (bits.HasFlag(RflagsBits.PF) ? EflagsBits.Parity : 0)
        | (bits.HasFlag(RflagsBits.AF) ? EflagsBits.Auxiliary : 0)
        | (bits.HasFlag(RflagsBits.ZF) ? EflagsBits.Zero : 0)
        | (bits.HasFlag(RflagsBits.SF) ? EflagsBits.Sign : 0)
        | (bits.HasFlag(RflagsBits.OF) ? EflagsBits.Overflow : 0);
}
