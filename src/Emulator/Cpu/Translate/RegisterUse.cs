using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Which registers an instruction may change.</summary>
static unsafe class RegisterUse
{
    const int All = 0x1FF, Eax = 1, Edx = 4, Ebp = 0x20, Esp = 1 << HostRegister.GuestEsp;

    /// <summary>The host registers of the guest's that it changes, one bit each; all where nobody has thought about it.</summary>
    public static int WrittenBy(Op* op)
    {
        if (op->Length == 0 || (op->Flags & (OpFlags.Invalid | OpFlags.Address16)) != 0)
            return All;
        int opcode = op->Opcode >> 8, digit = (op->Opcode >> 3) & 7;
        bool bytes = (opcode & 1) == 0;
        bool memory = (op->Flags & OpFlags.Memory) != 0;
        int register = Bit(op->Register, bytes), rm = memory ? 0 : Bit(op->Rm, bytes);
        if ((op->Flags & OpFlags.TwoByte) != 0)
            return opcode switch
            {
                >= 0x40 and < 0x50 or 0xAF or 0xB6 or 0xB7 or 0xBE or 0xBF => Bit(op->Register, false),
                0x18 or 0x1F or 0x2E or 0x2F or (>= 0x51 and < 0x6E) or 0x6F or (>= 0x70 and < 0x7E) or 0x7F or 0xC2 or 0xC3 or 0xC4 or 0xC6 or (>= 0x80 and < 0x90) => 0,
                >= 0x90 and < 0xA0 => memory ? 0 : Bit(op->Rm, true),
                _ => All,
            };
        return opcode switch
        {
            >= 0x38 and < 0x3E or 0x84 or 0x85 or 0xA2 or 0xA3 or 0xA8 or 0xA9 or 0xE9 or 0xEB or (>= 0x70 and < 0x80) => 0,
            < 0x38 when (opcode & 7) < 2 => rm,
            < 0x38 when (opcode & 7) < 4 => register,
            < 0x38 when (opcode & 7) < 6 => Eax,
            >= 0x40 and < 0x50 or 0x69 or 0x6B or 0x8D or (>= 0xB8 and < 0xC0) => Bit(op->Register, false),
            >= 0x50 and < 0x58 or 0x68 or 0x6A or 0xC2 or 0xC3 or 0xE8 => Esp,
            >= 0x58 and < 0x60 => Esp | Bit(op->Register, false),
            >= 0x80 and < 0x84 => digit == 7 ? 0 : rm,
            0x86 or 0x87 => register | rm,
            0x88 or 0x89 or 0xC6 or 0xC7 or 0xC0 or 0xC1 or (>= 0xD0 and < 0xD4) => rm,
            0x8A or 0x8B => register,
            0xA0 or 0xA1 => Eax,
            >= 0xB0 and < 0xB8 => Bit(op->Register, true),
            0xC9 => Esp | Ebp,
            0x9B or (>= 0xD8 and <= 0xDF) => op->Opcode == 0xDFE0 ? Eax : 0,
            0xF6 or 0xF7 => digit < 2 ? 0 : digit < 4 ? rm : Eax | Edx,
            0xFE or 0xFF when digit < 2 => rm,
            0xFF when digit is 2 or 6 => Esp,
            0xFF when digit == 4 => 0,
            _ => All,
        };
    }

    /// <summary>Whether it pushes or pops, or does something that nobody has thought about.</summary>
    public static bool MayTouchStack(Op* op) => (WrittenBy(op) & Esp) != 0;

    static int Bit(int register, bool isByte) => 1 << (isByte ? register >> 2 : HostRegister.Of(register));
}
