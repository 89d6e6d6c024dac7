using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Cpu;

/// <summary>One decoded instruction, ready to run: 32 bytes, in the native memory of the block cache.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Op
{
    /// <summary>Runs the instruction. A handler changes no state before it can no longer fault.</summary>
    public delegate*<State.CpuState*, Op*, void> Execute;

    /// <summary>Immediate, sign-extended where the encoding says so. For a near branch: the target relative to the block's start. For a far pointer: the offset.</summary>
    public uint Immediate;

    /// <summary>Address displacement; for a far pointer the selector; for enter the nesting level.</summary>
    public uint Displacement;

    /// <summary>Base register of the address, 8 for none.</summary>
    public byte Base;

    /// <summary>Index register of the address, 8 for none.</summary>
    public byte Index;

    /// <summary>Index shift, 0 to 3.</summary>
    public byte Scale;

    /// <summary>Segment register of the address, overrides applied.</summary>
    public byte Segment;

    /// <summary>The ModRM reg field (or the register in the opcode). For byte operands the byte's offset in <see cref="State.CpuState.R"/>.</summary>
    public byte Register;

    /// <summary>The ModRM r/m field of a register form, encoded likewise.</summary>
    public byte Rm;

    /// <summary>Bytes of the instruction.</summary>
    public byte Length;

    /// <summary>What the prefixes said.</summary>
    public OpFlags Flags;

    /// <summary>Offset from the block's start.</summary>
    public ushort Offset;

    /// <summary>The raw opcode: ModRM byte in bits 0-7 where there is one, last opcode byte in bits 8-15.</summary>
    public ushort Opcode;

    /// <summary>0xFFFFFFFF, or 0xFFFF with 16-bit addresses: the mask of the effective address.</summary>
    public uint AddressMask;
}

/// <summary>Prefixes that handlers look at.</summary>
[Flags]
public enum OpFlags : byte
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>F3: rep, repe.</summary>
    Repeat = 1,
    /// <summary>F2: repne.</summary>
    RepeatNotEqual = 2,
    /// <summary>F0, or an instruction that is locked without it.</summary>
    Lock = 4,
    /// <summary>16-bit operand size.</summary>
    Operand16 = 8,
    /// <summary>16-bit address size.</summary>
    Address16 = 16,
    /// <summary>The r/m operand is in memory.</summary>
    Memory = 32,
    /// <summary>The opcode follows 0F.</summary>
    TwoByte = 64,
    /// <summary>Not an instruction that can complete: <see cref="Op.Execute"/> raises an exception whatever the other fields say.</summary>
    Invalid = 128,
}
