using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>One instruction and the state around it, as Native/fpu-oracle.c reads and writes it.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct FpuRecord
{
    /// <summary>The instruction's bytes; a memory operand is at (%esi), a general register is eax.</summary>
    public fixed byte Code[15];

    /// <summary>How many bytes.</summary>
    public byte Length;

    /// <summary>An fxsave image.</summary>
    public fixed byte Image[512];

    /// <summary>The memory at (%esi).</summary>
    public fixed byte Memory[128];

    /// <summary>eax.</summary>
    public uint Eax;

    /// <summary>EFLAGS.</summary>
    public uint Eflags;

    /// <summary>After: 0, or the number of the signal that the instruction raised.</summary>
    public uint Signal;

    uint padding;

    /// <summary>Signal numbers.</summary>
    public const uint Sigill = 4, Sigfpe = 8, Sigsegv = 11;

    /// <summary>The x87 control word.</summary>
    public ushort Control
    {
        readonly get => Word(0);
        set => SetWord(0, value);
    }

    /// <summary>The x87 status word.</summary>
    public ushort Status
    {
        readonly get => Word(2);
        set => SetWord(2, value);
    }

    /// <summary>The abridged tag word.</summary>
    public byte Tags
    {
        readonly get => Image[4];
        set => Image[4] = value;
    }

    /// <summary>MXCSR.</summary>
    public uint Mxcsr
    {
        readonly get
        {
            fixed (byte* image = Image)
                return *(uint*)(image + 24);
        }
        set
        {
            fixed (byte* image = Image)
                *(uint*)(image + 24) = value;
        }
    }

    readonly ushort Word(int at) => (ushort)(Image[at] | Image[at + 1] << 8);

    void SetWord(int at, ushort value)
    {
        Image[at] = (byte)value;
        Image[at + 1] = (byte)(value >> 8);
    }

    /// <summary>Sets the instruction.</summary>
    public void SetCode(ReadOnlySpan<byte> code)
    {
        Length = (byte)code.Length;
        for (int i = 0; i < code.Length; i++)
            Code[i] = code[i];
    }

    /// <summary>Sets ST(i).</summary>
    public void SetRegister(int i, ulong significand, ushort signExponent)
    {
        fixed (byte* image = Image)
        {
            *(ulong*)(image + 32 + i * 16) = significand;
            *(ushort*)(image + 40 + i * 16) = signExponent;
        }
    }

    /// <summary>ST(i).</summary>
    public readonly (ulong Significand, ushort SignExponent) Register(int i)
    {
        fixed (byte* image = Image)
            return (*(ulong*)(image + 32 + i * 16), *(ushort*)(image + 40 + i * 16));
    }

    /// <summary>XMMi as two halves.</summary>
    public readonly (ulong Low, ulong High) Xmm(int i)
    {
        fixed (byte* image = Image)
            return (*(ulong*)(image + 160 + i * 16), *(ulong*)(image + 168 + i * 16));
    }

    /// <summary>Sets XMMi.</summary>
    public void SetXmm(int i, ulong low, ulong high)
    {
        fixed (byte* image = Image)
        {
            *(ulong*)(image + 160 + i * 16) = low;
            *(ulong*)(image + 168 + i * 16) = high;
        }
    }

    /// <summary>Reads 8 bytes of memory.</summary>
    public readonly ulong MemoryAt(int at)
    {
        fixed (byte* memory = Memory)
            return *(ulong*)(memory + at);
    }

    /// <summary>Writes 8 bytes of memory.</summary>
    public void SetMemory(int at, ulong value)
    {
        fixed (byte* memory = Memory)
            *(ulong*)(memory + at) = value;
    }
}
