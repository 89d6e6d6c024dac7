using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>What an instruction accesses at a register plus a constant, as far as it can be told ahead: what is left out here costs time only.</summary>
static unsafe class MemoryUse
{
    const int Stack = HostRegister.GuestEsp;

    /// <summary>The memory operand, when its address is the host register's of a guest's plus a displacement: its bytes, else 0.</summary>
    public static int OperandAt(Op* op, int register, out bool write)
    {
        write = false;
        if ((op->Flags & OpFlags.Memory) == 0 || !IsRegisterPlusConstant(op) || HostRegister.Of(op->Base) != register)
            return 0;
        int opcode = op->Opcode >> 8, digit = (op->Opcode >> 3) & 7;
        int wide = (op->Flags & OpFlags.Operand16) != 0 ? 2 : 4;
        int size = (opcode & 1) == 0 ? 1 : wide;
        if ((op->Flags & OpFlags.TwoByte) != 0)
        {
            write = opcode is (>= 0x90 and < 0xA0) or 0xB1 or 0xC1 || (opcode == 0xBA && digit > 4);
            return opcode switch
            {
                (>= 0x40 and < 0x50) or 0xAF or 0xB1 or 0xBA or 0xBC or 0xBD or 0xC1 => wide,
                (>= 0x90 and < 0xA0) or 0xB6 or 0xBE => 1,
                0xB7 or 0xBF => 2,
                _ => 0,
            };
        }
        write = opcode switch
        {
            < 0x38 => (opcode & 2) == 0,
            >= 0x80 and < 0x84 => digit != 7,
            0x86 or 0x87 or 0x88 or 0x89 or 0xC0 or 0xC1 or 0xC6 or 0xC7 or (>= 0xD0 and < 0xD4) => true,
            0xF6 or 0xF7 => digit is 2 or 3,
            0xFE or 0xFF => digit < 2,
            _ => false,
        };
        return opcode switch
        {
            < 0x40 or (>= 0x80 and < 0x8C) or 0xC0 or 0xC1 or 0xC6 or 0xC7 or (>= 0xD0 and < 0xD4) or 0xF6 or 0xF7 => size,
            0x69 or 0x6B => wide,
            0xFE or 0xFF when digit < 2 => size,
            0xFF when digit is 2 or 4 or 6 => 4,
            _ => 0,
        };
    }

    /// <summary>Whether it pushes 4 bytes.</summary>
    public static bool Pushes(Op* op) => IsWideOneByte(op) && (op->Opcode >> 8) switch
    {
        >= 0x50 and < 0x58 or 0x68 or 0x6A or 0xE8 => true,
        0xFF => ((op->Opcode >> 3) & 7) is 2 or 6,
        _ => false,
    };

    /// <summary>Whether it pops 4 bytes.</summary>
    public static bool Pops(Op* op) => IsWideOneByte(op) && (op->Opcode >> 8) is (>= 0x58 and < 0x60) or 0xC2 or 0xC3;

    /// <summary>Whether a register that it writes afterwards is what it was plus a constant.</summary>
    public static bool TryGetStep(Op* op, int register, out int step)
    {
        step = 0;
        if (!IsWideOneByte(op))
            return false;
        int opcode = op->Opcode >> 8, digit = (op->Opcode >> 3) & 7;
        bool memory = (op->Flags & OpFlags.Memory) != 0;
        switch (opcode)
        {
            case >= 0x40 and < 0x50:
                step = opcode < 0x48 ? 1 : -1;
                return true;
            case (>= 0x81 and <= 0x83) and not 0x82 when !memory && digit is 0 or 5:
                step = digit == 0 ? (int)op->Immediate : -(int)op->Immediate;
                return true;
            case 0x8D when IsRegisterPlusConstant(op) && HostRegister.Of(op->Base) == register:
                step = (int)op->Displacement;
                return true;
            case >= 0x58 and < 0x60 when HostRegister.Of(op->Register) == register:
                return false;
            default:
                step = Pushes(op) ? -4 : Pops(op) ? 4 : 0;
                return register == Stack && step != 0;
        }
    }

    static bool IsWideOneByte(Op* op) => op->Length != 0 && (op->Flags & (OpFlags.TwoByte | OpFlags.Operand16 | OpFlags.Address16 | OpFlags.Invalid)) == 0;

    static bool IsRegisterPlusConstant(Op* op) =>
        op->Length != 0 && (op->Flags & (OpFlags.Address16 | OpFlags.Invalid)) == 0 && op->Base != Reg.None && op->Index == Reg.None
        && op->Segment is not ((byte)SegmentRegister.Fs or (byte)SegmentRegister.Gs or (byte)SegmentRegister.Cs);
}
