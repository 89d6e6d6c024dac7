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

    /// <summary>Control word; status word with TOP in bits 11-13.</summary>
    public ushort Control, Status;

    /// <summary>The tag word as fxsave stores it: a bit for each physical register, set when it is not empty. What a register holds is seen from itself.</summary>
    public byte Valid;

    /// <summary>Opcode of the last non-control instruction, 11 bits.</summary>
    public ushort LastOpcode;

    /// <summary>Address of the last non-control instruction and of its memory operand.</summary>
    public uint LastEip, LastDataOffset;

    /// <summary>Selectors of the same.</summary>
    public ushort LastCs, LastDs;

    /// <summary>SSE control and status.</summary>
    public uint Mxcsr;

    /// <summary>The number of the physical register that is ST(0).</summary>
    public int Top
    {
        readonly get => (Status >> 11) & 7;
        set => Status = (ushort)((Status & ~0x3800) | ((value & 7) << 11));
    }

    /// <summary>The full tag word, two bits a physical register: 0 valid, 1 zero, 2 special (infinity, NaN, denormal, unsupported), 3 empty (Intel SDM vol. 1, 8.1.7).</summary>
    public readonly ushort TagWord
    {
        get
        {
            int tags = 0;
            fixed (byte* registers = Registers)
            {
                for (int i = 0; i < 8; i++)
                {
                    ulong significand = *(ulong*)(registers + i * 16);
                    int exponent = *(ushort*)(registers + i * 16 + 8) & 0x7FFF;
                    int tag = (Valid & (1 << i)) == 0 ? 3
                        : exponent == 0 && significand == 0 ? 1
                        : exponent is 0 or 0x7FFF || (significand >> 63) == 0 ? 2
                        : 0;
                    tags |= tag << (i * 2);
                }
            }
            return (ushort)tags;
        }
    }

    /// <summary>The state of a processor after reset (Intel SDM vol. 3, table 9-1).</summary>
    public void Reset()
    {
        this = default;
        Initialize();
        Control = 0x40;
        Mxcsr = 0x1F80;
    }

    /// <summary>What fninit does: all exceptions masked, round to nearest, 64-bit precision, all registers empty.</summary>
    public void Initialize()
    {
        Control = 0x37F;
        Status = 0;
        Valid = 0;
        LastOpcode = 0;
        LastEip = LastDataOffset = 0;
        LastCs = LastDs = 0;
    }
}
