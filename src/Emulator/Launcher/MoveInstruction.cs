namespace LguestPS.Emulator.Launcher;

/// <summary>A <c>mov</c> between a general register and memory, the only kind of access to a device window that is emulated.</summary>
/// <param name="IsWrite">To memory.</param>
/// <param name="Register">The register's number as the instruction has it.</param>
/// <param name="Mask">0xFF, 0xFFFF or 0xFFFFFFFF: the operand's size.</param>
/// <param name="Length">Bytes of the instruction.</param>
readonly record struct MoveInstruction(bool IsWrite, int Register, uint Mask, uint Length)
{
    /// <summary>Decodes one. Byte forms (88, 8A) have no prefix; 89 and 8B may have an operand-size prefix. False: it is something else.</summary>
    /// <remarks>The launcher that this one follows took two bytes for the displacement of mod 0, r/m 5 and none for a SIB byte, and went on in the middle of such instructions. Here they have their true lengths (Intel SDM vol. 2, tables 2-2 and 2-3).</remarks>
    public static bool TryDecode(ReadOnlySpan<byte> code, out MoveInstruction move)
    {
        move = default;
        bool prefix = code[0] == 0x66;
        int at = prefix ? 1 : 0;
        byte opcode = code[at];
        bool isByte = opcode is 0x88 or 0x8A;
        if (opcode is not (0x88 or 0x89 or 0x8A or 0x8B) || (isByte && prefix))
            return false;
        byte modRM = code[at + 1];
        if (modRM >= 0xC0)
            return false;   // between registers
        uint mask = isByte ? 0xFF : prefix ? 0xFFFF : 0xFFFFFFFF;
        move = new(opcode is 0x88 or 0x89, modRM >> 3 & 7, mask, (uint)at + 2 + AddressLength(modRM, code[at + 2]));
        return true;
    }

    /// <summary>Bytes of SIB and displacement.</summary>
    static uint AddressLength(byte modRM, byte sib)
    {
        const int baseless = 5, sibFollows = 4;
        int rm = modRM & 7;
        uint sibLength = rm == sibFollows ? 1u : 0;
        uint displacement = (modRM >> 6) switch
        {
            0 => (rm == sibFollows ? sib & 7 : rm) == baseless ? 4u : 0,
            1 => 1,
            _ => 4,
        };
        return sibLength + displacement;
    }
}
