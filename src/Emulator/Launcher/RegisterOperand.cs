using LguestPS.Emulator.Hypervisor;

namespace LguestPS.Emulator.Launcher;

/// <summary>General registers by the number that an instruction has for them.</summary>
static class RegisterOperand
{
    /// <summary>The mask of byte operands, whose numbers 4 to 7 are the second bytes of registers 0 to 3.</summary>
    public const uint Byte = 0xFF;

    static ReadOnlySpan<byte> Offsets =>
    [
        (byte)RegisterOffset.Eax, (byte)RegisterOffset.Ecx, (byte)RegisterOffset.Edx, (byte)RegisterOffset.Ebx,
        (byte)RegisterOffset.Esp, (byte)RegisterOffset.Ebp, (byte)RegisterOffset.Esi, (byte)RegisterOffset.Edi,
    ];

    /// <summary>Reads a register operand; the mask says its size.</summary>
    public static uint Read(IGuestRegisters registers, int number, uint mask)
    {
        bool high = mask == Byte && number >= 4;
        uint value = registers.GetRegister(Offsets[high ? number & 3 : number]);
        return (high ? value >> 8 : value) & mask;
    }

    /// <summary>Writes a register operand; the register's other bits stay.</summary>
    public static void Write(IGuestRegisters registers, int number, uint value, uint mask)
    {
        bool high = mask == Byte && number >= 4;
        uint offset = Offsets[high ? number & 3 : number];
        int shift = high ? 8 : 0;
        uint old = registers.GetRegister(offset);
        registers.SetRegister(offset, (old & ~(mask << shift)) | (value & mask) << shift);
    }
}
