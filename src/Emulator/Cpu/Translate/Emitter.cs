using System.Runtime.CompilerServices;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Writes x86-64 machine code (Intel SDM vol. 2, chapter 2). An opcode above 0xFF is one that follows 0F; a size is an operand's bytes, 1, 2, 4 or 8.</summary>
unsafe class Emitter(byte* start)
{
    /// <summary>Bytes written, and where the next goes.</summary>
    public int Offset { get; set; }

    /// <summary>The condition codes of jcc that the translator itself needs.</summary>
    public const int Above = 7, AboveOrEqual = 3, Below = 2, Equal = 4, NotEqual = 5, LessOrEqual = 14;

    /// <summary>One byte.</summary>
    public void Byte(int value) => start[Offset++] = (byte)value;

    /// <summary>Two bytes.</summary>
    public void Int16(int value)
    {
        Unsafe.WriteUnaligned(start + Offset, (short)value);
        Offset += 2;
    }

    /// <summary>Four bytes.</summary>
    public void Int32(int value)
    {
        Unsafe.WriteUnaligned(start + Offset, value);
        Offset += 4;
    }

    /// <summary>An instruction on two registers, or one and an opcode extension in place of the first.</summary>
    public void Registers(int size, int opcode, int reg, int rm)
    {
        Prefixes(size, reg, 0, rm);
        Opcode(opcode);
        Byte(0xC0 | ((reg & 7) << 3) | (rm & 7));
    }

    /// <summary>An instruction on a register (or an extension) and memory at a register plus a displacement.</summary>
    public void Memory(int size, int opcode, int reg, int @base, int displacement = 0)
    {
        Prefixes(size, reg, 0, @base);
        Opcode(opcode);
        Address(reg, @base, displacement);
    }

    /// <summary>An instruction on a register and memory at base, shifted index and displacement; either register may be -1 for none.</summary>
    public void Memory(int size, int opcode, int reg, int @base, int index, int scale, int displacement)
    {
        if (index < 0 && @base >= 0)
        {
            Memory(size, opcode, reg, @base, displacement);
            return;
        }
        Prefixes(size, reg, Math.Max(index, 0), Math.Max(@base, 0));
        Opcode(opcode);
        int indexField = (scale << 6) | ((index < 0 ? 4 : index & 7) << 3);
        if (@base < 0)
        {
            Byte(((reg & 7) << 3) | 4);
            Byte(indexField | 5);
            Int32(displacement);
            return;
        }
        int mod = Mod(@base, displacement);
        Byte((mod << 6) | ((reg & 7) << 3) | 4);
        Byte(indexField | (@base & 7));
        Displacement(mod, displacement);
    }

    /// <summary>mov between registers of 32 bits, or of 64.</summary>
    public void Move(int to, int from, int size = 4) => Registers(size, 0x8B, to, from);

    /// <summary>mov of a 32-bit constant; the upper half becomes 0.</summary>
    public void MoveConstant(int to, uint value)
    {
        Prefixes(4, 0, 0, to);
        Byte(0xB8 | (to & 7));
        Int32((int)value);
    }

    /// <summary>Group 1 (add, or, adc, sbb, and, sub, xor, cmp by number) on a register and a constant.</summary>
    public void ArithmeticConstant(int size, int number, int rm, int value)
    {
        bool small = value == (sbyte)value;
        Registers(size, size == 1 ? 0x80 : small ? 0x83 : 0x81, number, rm);
        Constant(size == 1 || small ? 1 : size, value);
    }

    /// <summary>An immediate of the size, at most 4 bytes.</summary>
    public void Constant(int size, int value)
    {
        if (size == 1)
            Byte(value);
        else if (size == 2)
            Int16(value);
        else
            Int32(value);
    }

    /// <summary>jmp to an offset.</summary>
    public void Jump(int target)
    {
        Byte(0xE9);
        Int32(target - (Offset + 4));
    }

    /// <summary>push of a register.</summary>
    public void Push(int register)
    {
        Prefixes(4, 0, 0, register);
        Byte(0x50 | (register & 7));
    }

    /// <summary>pop into a register.</summary>
    public void Pop(int register)
    {
        Prefixes(4, 0, 0, register);
        Byte(0x58 | (register & 7));
    }

    /// <summary>call of an offset.</summary>
    public void Call(int target)
    {
        Byte(0xE8);
        Int32(target - (Offset + 4));
    }

    /// <summary>jcc to an offset.</summary>
    public void JumpIf(int condition, int target)
    {
        Byte(0x0F);
        Byte(0x80 | condition);
        Int32(target - (Offset + 4));
    }

    /// <summary>A jmp whose target comes later: returns what <see cref="Bind"/> wants.</summary>
    public int JumpForward()
    {
        Byte(0xE9);
        Int32(0);
        return Offset - 4;
    }

    /// <summary>A jcc whose target comes later.</summary>
    public int JumpIfForward(int condition)
    {
        Byte(0x0F);
        Byte(0x80 | condition);
        Int32(0);
        return Offset - 4;
    }

    /// <summary>Lets the jump whose displacement is at <paramref name="site"/> go here.</summary>
    public void Bind(int site) => Patch(site, Offset);

    /// <summary>Lets it go to an offset.</summary>
    public void Patch(int site, int target) => Unsafe.WriteUnaligned(start + site, target - (site + 4));

    /// <summary>Writes a jmp over code that nobody is to come to any more.</summary>
    public void Redirect(int at, int target)
    {
        start[at] = 0xE9;
        Patch(at + 1, target);
    }

    void Prefixes(int size, int reg, int index, int rm)
    {
        if (size == 2)
            Byte(0x66);
        int rex = (size == 8 ? 8 : 0) | ((reg >> 3) << 2) | ((index >> 3) << 1) | (rm >> 3);
        if (rex != 0)
            Byte(0x40 | rex);
    }

    void Opcode(int opcode)
    {
        if (opcode > 0xFF)
            Byte(0x0F);
        Byte(opcode);
    }

    // A base of rsp or r12 would need a second byte; none of the translator's bases is one.
    void Address(int reg, int @base, int displacement)
    {
        int mod = Mod(@base, displacement);
        Byte((mod << 6) | ((reg & 7) << 3) | (@base & 7));
        Displacement(mod, displacement);
    }

    // rbp and r13 as a base have no form without displacement.
    static int Mod(int @base, int displacement) =>
        displacement == 0 && (@base & 7) != HostRegister.Rbp ? 0 : displacement == (sbyte)displacement ? 1 : 2;

    void Displacement(int mod, int displacement)
    {
        if (mod == 1)
            Byte(displacement);
        else if (mod == 2)
            Int32(displacement);
    }
}
