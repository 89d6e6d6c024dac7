using Xunit;

namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>rcp and rsqrt: what the manual promises of their approximations.</summary>
public class ReciprocalTests
{
    const double Promised = 1.5 / 4096;

    static uint Run(byte opcode, uint operand)
    {
        using EmulatedFpu emulated = new();
        FpuRecord record = new() { Eflags = 2, Mxcsr = 0, Control = 0x37F };
        record.SetCode([0xF3, 0x0F, opcode, 0xC1]);
        record.SetXmm(1, operand, 0);
        FpuRecord result = emulated.Run(record);
        Assert.Equal(0u, result.Signal);
        Assert.Equal(0u, result.Mxcsr);
        return (uint)result.Xmm(0).Low;
    }

    [Fact]
    public void ErrorsAreSmall()
    {
        Random random = new(1);
        for (int i = 0; i < 200; i++)
        {
            float x = BitConverter.UInt32BitsToSingle((uint)random.Next(20 << 23, 230 << 23));
            Assert.InRange(BitConverter.UInt32BitsToSingle(Run(0x53, BitConverter.SingleToUInt32Bits(x))) * (double)x, 1 - Promised, 1 + Promised);
            Assert.InRange(BitConverter.UInt32BitsToSingle(Run(0x52, BitConverter.SingleToUInt32Bits(x))) * Math.Sqrt(x), 1 - Promised, 1 + Promised);
        }
    }

    [Theory]
    [InlineData(0x53, 0x00000000, 0x7F800000)]
    [InlineData(0x53, 0x80000001, 0xFF800000)]
    [InlineData(0x53, 0xFF800000, 0x80000000)]
    [InlineData(0x53, 0x7F800001, 0x7FC00001)]
    [InlineData(0x53, 0x7F000000, 0x00000000)]
    [InlineData(0x52, 0x80000000, 0xFF800000)]
    [InlineData(0x52, 0x00000001, 0x7F800000)]
    [InlineData(0x52, 0x7F800000, 0x00000000)]
    [InlineData(0x52, 0xBF800000, 0xFFC00000)]
    public void SpecialOperands(byte opcode, uint operand, uint expected) => Assert.Equal(expected, Run(opcode, operand));
}
