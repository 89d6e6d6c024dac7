using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Cpu.Fpu;

/// <summary>x87, MMX and SSE registers.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct FpuState
{
    /// <summary>The eight 80-bit registers in physical order (R0 to R7), 16 bytes each, 10 used; an MMX register is the low 8 bytes.</summary>
    public fixed byte Registers[8 * 16];

    /// <summary>XMM0 to XMM7.</summary>
    public fixed byte Xmm[8 * 16];

    /// <summary>Control word; status word with TOP in bits 11-13; MXCSR.</summary>
    public ushort Control, Status;

    /// <summary>Tag word, two bits a physical register (0 valid, 1 zero, 2 special, 3 empty).</summary>
    public ushort Tags;

    /// <summary>Opcode of the last non-control instruction, 11 bits.</summary>
    public ushort LastOpcode;

    /// <summary>Address of the last non-control instruction and of its memory operand.</summary>
    public uint LastEip, LastDataOffset;

    /// <summary>Selectors of the same.</summary>
    public ushort LastCs, LastDs;

    /// <summary>SSE control and status.</summary>
    public uint Mxcsr;
}
