using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Tests.Hardware;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Random x87, MMX and SSE code, with general instructions, loads of control words and stores that cross pages between, around a loop. Left out is what processors may do in their own way: approximations, and C1 after fcomi and fcmov.</summary>
static class RandomFpuProgram
{
    const int Instructions = 120;

    // Operands at ebp: numbers, then control words, then the end of the page.
    const int Numbers = 0x100, ControlWords = 0x200, MxcsrWords = 0x220, Scratch = 0x300, PageEnd = 0xFF0;

    static readonly InstructionDefinition[] Simd = [.. InstructionTable.Instance.All.Where(IsExactSimd)];

    // D8 to DF with a memory operand: opcode and digit.
    static readonly (int Opcode, int Digit)[] X87Memory =
        [.. from opcode in Enumerable.Range(0xD8, 8) from digit in Enumerable.Range(0, 8) where IsPlainX87(opcode, digit) select (opcode, digit)];

    static readonly byte[][] X87Registers =
    [
        [0xD8, 0xC1], [0xD8, 0xC9], [0xD8, 0xE2], [0xDC, 0xF1], [0xDE, 0xC1], [0xDE, 0xF9], [0xD9, 0xC1], [0xD9, 0xC9], [0xDD, 0xD1], [0xDD, 0xD9], [0xD9, 0xE8], [0xD9, 0xEB],
        [0xD9, 0xEE], [0xD9, 0xE0], [0xD9, 0xE1], [0xD9, 0xE4], [0xD9, 0xE5], [0xD9, 0xFA], [0xD9, 0xFC], [0xD9, 0xF6], [0xD9, 0xF7], [0xDD, 0xC1], [0xDA, 0xE9],
        [0xDF, 0xE0], [0xDB, 0xE2], [0xDB, 0xE3], [0x9B], [0x0F, 0x77],
    ];

    /// <summary>Machine code for <see cref="HardwareRig.Code0Start"/>: a loop of <see cref="RandomProgram.Rounds"/> rounds.</summary>
    public static byte[] Make(Random random)
    {
        var code = new List<byte>();
        for (int i = 0; i < Instructions; i++)
            code.AddRange(random.Next(8) switch
            {
                0 => [.. X87Registers[random.Next(X87Registers.Length)]],
                1 => X87(random),
                2 => Control(random),
                3 => General(random),
                _ => SimdInstruction(random),
            });
        // dec edi; jne start; hlt
        int back = -(code.Count + 7);
        code.AddRange([0x4F, 0x0F, 0x85, .. BitConverter.GetBytes(back), 0xF4]);
        return [.. code];
    }

    /// <summary>What the program computes with.</summary>
    public static void Fill(Span<byte> page, Random random)
    {
        random.NextBytes(page);
        for (int at = 0; at < Numbers; at += 8)
            BitConverter.TryWriteBytes(page[at..], random.Next(3) == 0 ? random.NextInt64() : BitConverter.DoubleToInt64Bits(random.NextDouble() * 1000 - 500));
        for (int i = 0; i < 8; i++)
        {
            // Mostly all exceptions masked, any rounding and precision.
            BitConverter.TryWriteBytes(page[(ControlWords + 2 * i)..], (ushort)((random.Next(40) == 0 ? 0x340 | random.Next(64) : 0x37F) | random.Next(4) << 10));
            BitConverter.TryWriteBytes(page[(MxcsrWords + 4 * i)..], (random.Next(40) == 0 ? random.Next(64) << 7 : 0x1F80) | random.Next(4) << 13 | random.Next(2) << 15);
        }
    }

    static bool IsExactSimd(InstructionDefinition d) =>
        d.Opcode is >= 0x0F10 and <= 0x0F17 or >= 0x0F28 and <= 0x0F2F or >= 0x0F50 and <= 0x0F7F or >= 0x0FC2 and <= 0x0FC6 or >= 0x0FD1 and <= 0x0FFE
        && d.Opcode is not (0x0F52 or 0x0F53 or 0x0FF7);

    static bool IsPlainX87(int opcode, int digit) => (opcode, digit) is not ((0xD9, 1) or (0xD9, 4 or 5 or 6) or (0xDB, 1 or 4 or 6) or (0xDD, 1 or 4 or 5 or 6) or (0xDF, 1));

    static byte[] X87(Random random)
    {
        (int opcode, int digit) = X87Memory[random.Next(X87Memory.Length)];
        bool stores = (opcode & 1) != 0 && digit is 2 or 3 or 6 or 7;
        return [(byte)opcode, (byte)(digit << 3 | 0x85), .. BitConverter.GetBytes(Operand(random, stores, aligned: false))];
    }

    // fldcw, fnstcw, ldmxcsr, stmxcsr.
    static byte[] Control(Random random) => random.Next(4) switch
    {
        0 => [0xD9, 0xAD, .. BitConverter.GetBytes(ControlWords + 2 * random.Next(8))],
        1 => [0xD9, 0xBD, .. BitConverter.GetBytes(Scratch)],
        2 => [0x0F, 0xAE, 0x95, .. BitConverter.GetBytes(MxcsrWords + 4 * random.Next(8))],
        _ => [0x0F, 0xAE, 0x9D, .. BitConverter.GetBytes(Scratch + 4)],
    };

    // add eax, [ebp + n]; cmovb ecx, edx; inc [ebp + n]; adc ebx, ecx.
    static byte[] General(Random random) => random.Next(4) switch
    {
        0 => [0x03, 0x85, .. BitConverter.GetBytes(Operand(random, stores: false, aligned: false))],
        1 => [0x0F, 0x42, 0xCA],
        2 => [0xFF, 0x85, .. BitConverter.GetBytes(Scratch + 8)],
        _ => [0x11, 0xCB],
    };

    static byte[] SimdInstruction(Random random)
    {
        InstructionDefinition definition = Simd[random.Next(Simd.Length)];
        var code = new List<byte>();
        if (definition.Prefix > 0)
            code.Add((byte)definition.Prefix);
        code.AddRange([0x0F, (byte)definition.Opcode]);
        if (definition.Form == OperandForm.None)
            return [.. code];
        bool memory = (definition.Traits & InstructionTraits.MemoryOnly) != 0 || ((definition.Traits & InstructionTraits.RegisterOnly) == 0 && random.Next(2) == 0);
        // eax to ebx where a register is a general one; ebp and edi hold the program together.
        int register = definition.Digit >= 0 ? definition.Digit : random.Next(4);
        code.Add((byte)(register << 3 | (memory ? 0x85 : 0xC0 | random.Next(4))));
        if (memory)
            code.AddRange(BitConverter.GetBytes(Operand(random, stores: true, aligned: true)));
        if (definition.Form == OperandForm.ModRMImm8)
            code.Add((byte)random.Next(8));
        return [.. code];
    }

    // Stores go past the numbers; now and then to where a page ends, aligned or not.
    static int Operand(Random random, bool stores, bool aligned)
    {
        if (random.Next(12) == 0)
            return PageEnd + (aligned ? 16 * random.Next(2) : random.Next(16));
        int at = stores ? Scratch + 0x40 + 16 * random.Next(16) : 16 * random.Next(Numbers / 16);
        return aligned && !stores ? at : at + (random.Next(4) == 0 && !aligned ? 4 : 0);
    }
}
