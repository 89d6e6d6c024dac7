using LguestPS.Emulator.Cpu.Fpu;
using LguestPS.Emulator.Cpu.State;
using Xunit;

namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>fnstenv, fldenv, fnsave, frstor: against the host where it has the layout, and the pointers and the real-mode layouts by the manual.</summary>
public unsafe class X87EnvironmentTests
{
    const int Cases = 500;

    [HostTheory]
    [InlineData("fnstenv", new byte[] { 0xD9, 0x36 }, 12, 28)]
    [InlineData("fnsave", new byte[] { 0xDD, 0x36 }, 12, 28)]
    [InlineData("fnstenv, 16-bit", new byte[] { 0x66, 0xD9, 0x36 }, 6, 14)]
    [InlineData("fnsave, 16-bit", new byte[] { 0x66, 0xDD, 0x36 }, 6, 14)]
    [InlineData("fldenv", new byte[] { 0xD9, 0x26 }, 0, 0)]
    [InlineData("frstor", new byte[] { 0xDD, 0x26 }, 0, 0)]
    [InlineData("fldenv, 16-bit", new byte[] { 0x66, 0xD9, 0x26 }, 0, 0)]
    [InlineData("frstor, 16-bit", new byte[] { 0x66, 0xDD, 0x26 }, 0, 0)]
    public void AgainstHost(string name, byte[] code, int pointersAt, int pointersEnd)
    {
        Assert.NotEmpty(name);
        FpuOperands operands = new(code.Length * 100 + code[^1]);
        FpuRecord[] records = new FpuRecord[HostOracle.Cases(Cases)];
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = operands.Record(code);
            records[i].Tags = (byte)operands.Random.Next(256);
            for (int at = 0; at < 128; at += 8)
                records[i].SetMemory(at, (ulong)operands.Random.NextInt64() << 1 ^ (ulong)operands.Random.NextInt64());
        }
        HostComparison.Check(records, new HostComparison.Rules(Units: 0, PointersAt: pointersAt, PointersEnd: pointersEnd));
    }

    /// <summary>fld m64 at DS:esi leaves its own address, its operand's and its opcode in every layout.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Pointers(bool narrow, bool real)
    {
        using EmulatedFpu emulated = new();
        CpuState* s = emulated.Cpu.State;
        FpuOperands operands = new(5);
        FpuRecord record = operands.Record([0xDD, 0x06]);
        record.Tags = 0;
        emulated.Run(record);
        uint eip = s->Fpu.LastEip, data = s->R[Reg.Esi];
        Assert.Equal(EmulatedFpu.CodeAddress, eip);
        s->Fpu.LastCs = 0x1234;
        s->Fpu.LastDs = 0x5678;
        if (real)
            s->Cr0 &= ~1u;

        Span<byte> memory = emulated.Cpu.Memory.Slice(data, 28);
        emulated.Execute(narrow ? [0x66, 0xD9, 0x36] : [0xD9, 0x36]);
        Assert.Equal(-1, emulated.Vector);
        uint Field(int i, Span<byte> from) => narrow ? BitConverter.ToUInt16(from[(i * 2)..]) : BitConverter.ToUInt32(from[(i * 4)..]);
        if (real)
        {
            uint instruction = 0x12340 + eip, operand = 0x56780 + data;
            Assert.Equal(instruction & 0xFFFF, Field(3, memory));
            Assert.Equal(instruction >> 16 << 12 | 0x506, Field(4, memory));
            Assert.Equal(operand & 0xFFFF, Field(5, memory));
            Assert.Equal(operand >> 16 << 12, Field(6, memory));
        }
        else
        {
            Assert.Equal(narrow ? eip & 0xFFFF : eip, Field(3, memory));
            Assert.Equal(narrow ? 0x1234u : 0x05061234, Field(4, memory));
            Assert.Equal(narrow ? data & 0xFFFF : data, Field(5, memory));
            Assert.Equal(narrow ? 0x5678u : 0xFFFF5678, Field(6, memory));
        }
    }

    [Fact]
    public void ControlInstructionsKeepPointers()
    {
        using EmulatedFpu emulated = new();
        CpuState* s = emulated.Cpu.State;
        s->R[Reg.Esi] = 0x4000;
        s->Fpu.LastEip = 77;
        foreach (byte[] code in new byte[][] { [0xD9, 0x3E], [0xD9, 0x2E], [0xDD, 0x3E], [0xDF, 0xE0], [0xDB, 0xE2], [0x9B] })
        {
            emulated.Execute(code);
            Assert.Equal(77u, s->Fpu.LastEip);
        }
        emulated.Execute([0xD9, 0xD0]);
        Assert.NotEqual(77u, s->Fpu.LastEip);
    }

    [Fact]
    public void FxsaveAndFxrstorKeepEverything()
    {
        using EmulatedFpu emulated = new();
        CpuState* s = emulated.Cpu.State;
        FpuOperands operands = new(6);
        FpuRecord record = operands.Record([0x0F, 0xAE, 0x06]);
        record.Control |= 0x3F;
        for (int i = 0; i < 8; i++)
            record.SetXmm(i, operands.Double(), operands.Double());
        Fxsave.ReadImage(&s->Fpu, record.Image);
        s->R[Reg.Esi] = 0x4000;
        FpuState before = s->Fpu;
        emulated.Execute([0x0F, 0xAE, 0x06]);
        Assert.Equal(-1, emulated.Vector);
        s->Fpu.Reset();
        emulated.Execute([0x0F, 0xAE, 0x0E]);
        Assert.Equal(-1, emulated.Vector);
        Assert.True(new ReadOnlySpan<byte>(&before, sizeof(FpuState)).SequenceEqual(new ReadOnlySpan<byte>(&s->Fpu, sizeof(FpuState))));
        Assert.Equal(0xFFFFu, BitConverter.ToUInt32(emulated.Cpu.Memory.Slice(0x401C, 4)));
    }

    [Fact]
    public void FxsaveWithoutOsfxsrLeavesXmmAlone()
    {
        using EmulatedFpu emulated = new();
        CpuState* s = emulated.Cpu.State;
        s->R[Reg.Esi] = 0x4000;
        *(ulong*)s->Fpu.Xmm = 123;
        s->Cr4 = 0;
        emulated.Execute([0x0F, 0xAE, 0x06]);
        Assert.Equal(0, emulated.Cpu.Memory.Read<long>(0x40A0));
        emulated.Execute([0x0F, 0xAE, 0x0E]);
        Assert.Equal(123, *(long*)s->Fpu.Xmm);
    }
}
