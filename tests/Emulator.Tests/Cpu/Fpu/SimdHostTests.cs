using LguestPS.Emulator.Cpu.Decode;
using Xunit;

namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>All MMX, SSE and SSE2 instructions of the instruction table against the host processor, exact to the bit, flags included.</summary>
public class SimdHostTests
{
    const int Cases = 800;

    static bool IsSimd(InstructionDefinition definition) => definition.Opcode is
        >= 0x0F10 and <= 0x0F17 or >= 0x0F28 and <= 0x0F2F or >= 0x0F50 and <= 0x0F7F or >= 0x0FC2 and <= 0x0FC6 or >= 0x0FD1 and <= 0x0FFE;

    /// <summary>Their answers come from tables that differ between processors; see <see cref="ReciprocalTests"/>.</summary>
    static bool IsApproximate(InstructionDefinition definition) => definition.Opcode is 0x0F52 or 0x0F53;

    public static TheoryData<int, string> Instructions()
    {
        TheoryData<int, string> data = [];
        IReadOnlyList<InstructionDefinition> all = InstructionTable.Instance.All;
        for (int i = 0; i < all.Count; i++)
        {
            if (IsSimd(all[i]) && !IsApproximate(all[i]))
                data.Add(i, $"{all[i].Mnemonic} {all[i].Prefix:x}");
        }
        return data;
    }

    [HostTheory]
    [MemberData(nameof(Instructions))]
    public void Instruction(int index, string name)
    {
        Assert.NotEmpty(name);
        InstructionDefinition definition = InstructionTable.Instance.All[index];
        FpuOperands operands = new(index);
        FpuRecord[] records = new FpuRecord[HostOracle.Cases(Cases)];
        for (int i = 0; i < records.Length; i++)
            records[i] = Record(definition, operands);
        HostComparison.Check(records);
    }

    static FpuRecord Record(InstructionDefinition definition, FpuOperands operands)
    {
        Random random = operands.Random;
        FpuRecord record = operands.Record(Code(definition, random));
        record.Control |= 0x3F;
        record.Tags = (byte)random.Next(256);
        record.Eax = Integer(random);
        record.Eflags = 2 | (uint)random.Next(0x1000) & 0x8D5;
        record.Mxcsr = Mxcsr(random);
        int kind = random.Next(5);
        for (int i = 0; i < 8; i++)
            record.SetXmm(i, Half(operands, kind), Half(operands, kind));
        for (int i = 0; i < 32; i += 8)
            record.SetMemory(i, Half(operands, kind));
        if (definition.Opcode is >= 0x0FD1 and <= 0x0FD3 or 0x0FE1 or 0x0FE2 or >= 0x0FF1 and <= 0x0FF3)
        {
            // Shift counts.
            record.SetXmm(1, (ulong)random.Next(70), Half(operands, kind));
            record.SetMemory(0, random.Next(8) == 0 ? Half(operands, kind) : (ulong)random.Next(70));
        }
        return record;
    }

    static byte[] Code(InstructionDefinition definition, Random random)
    {
        List<byte> code = [];
        if (definition.Prefix > 0)
            code.Add((byte)definition.Prefix);
        code.Add(0x0F);
        code.Add((byte)definition.Opcode);
        if (definition.Form == OperandForm.None)
            return [.. code];
        bool memory = (definition.Traits & InstructionTraits.MemoryOnly) != 0
            || (definition.Traits & InstructionTraits.RegisterOnly) == 0 && random.Next(3) == 0;
        int register = definition.Digit >= 0 ? definition.Digit : WritesGeneral(definition) ? 0 : random.Next(8);
        int rm = memory ? 6 : 0xC0 | (UsesGeneral(definition) ? 0 : random.Next(8));
        code.Add((byte)(register << 3 | rm));
        if (definition.Form == OperandForm.ModRMImm8)
            code.Add((byte)random.Next(definition.Digit >= 0 && random.Next(4) != 0 ? 20 : 256));
        if (definition.Opcode == 0x0FC2)
            code[^1] &= 7;
        return [.. code];
    }

    /// <summary>The ModRM reg field names a general register: only eax is compared.</summary>
    static bool WritesGeneral(InstructionDefinition definition) =>
        definition.Opcode is 0x0F50 or 0x0FC3 or 0x0FC5 or 0x0FD7 || definition.Opcode is 0x0F2C or 0x0F2D && definition.Prefix is 0xF2 or 0xF3;

    /// <summary>The r/m field does.</summary>
    static bool UsesGeneral(InstructionDefinition definition) =>
        definition.Opcode is 0x0FC4 or 0x0F6E || definition.Opcode == 0x0F7E && definition.Prefix != 0xF3 || definition.Opcode == 0x0F2A && definition.Prefix is 0xF2 or 0xF3;

    static uint Integer(Random random) => (uint)(random.NextInt64() >> random.Next(32));

    static uint Mxcsr(Random random)
    {
        uint masks = random.Next(3) != 0 ? 0x3Fu : (uint)random.Next(0x40);
        uint value = masks << 7 | (uint)random.Next(4) << 13;
        if (random.Next(4) == 0)
            value |= (uint)random.Next(2) << 6 | (uint)random.Next(2) << 15;
        // Flags set before: with PE alone and nothing else unusual, arithmetic may be done by the host.
        return random.Next(3) == 0 ? value & 0x9F80 | 0x20 : value;
    }

    static ulong Half(FpuOperands operands, int kind) => kind switch
    {
        0 => (ulong)operands.Random.NextInt64() << 1 ^ (ulong)operands.Random.NextInt64(),
        1 or 2 => operands.Single() | (ulong)operands.Single() << 32,
        _ => operands.Double(),
    };
}
