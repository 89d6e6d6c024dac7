using Xunit;

namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>The transcendental instructions against the host processor: special operands exactly, others within the unit that processors promise.</summary>
public class X87TranscendentalTests
{
    const int Cases = 2000;

    /// <summary>C1 and the precision of the last place are not defined for these instructions.</summary>
    static readonly HostComparison.Rules within = new(Units: 1, StatusMask: 0xFDFF);

    /// <summary>An AMD processor's fyl2x is inexact, and so may underflow, even for powers of two.</summary>
    static readonly HostComparison.Rules withinLogarithm = new(Units: 1, StatusMask: 0xFDCF);

    [HostTheory]
    [InlineData("fsin", 0xFE, -40, 62)]
    [InlineData("fcos", 0xFF, -40, 62)]
    [InlineData("fsincos", 0xFB, -40, 62)]
    [InlineData("fptan", 0xF2, -40, 62)]
    [InlineData("f2xm1", 0xF0, -70, -1)]
    public void OneOperand(string name, int modRM, int minimumExponent, int maximumExponent)
    {
        Assert.NotEmpty(name);
        FpuOperands operands = new(modRM);
        HostComparison.Check(Records(operands, modRM, _ => operands.Moderate(minimumExponent, maximumExponent)), within);
    }

    [HostTheory]
    [InlineData("fpatan", 0xF3)]
    [InlineData("fyl2x", 0xF1)]
    public void TwoOperands(string name, int modRM)
    {
        Assert.NotEmpty(name);
        FpuOperands operands = new(modRM);
        HostComparison.Check(Records(operands, modRM, i => i == 0 && modRM == 0xF1 ? Positive(operands.Moderate(-80, 80)) : operands.Moderate(-80, 80)), modRM == 0xF1 ? withinLogarithm : within);
    }

    [HostFact]
    public void LogarithmOfOnePlus()
    {
        FpuOperands operands = new(3);
        HostComparison.Check(Records(operands, 0xF9, i => i == 0 ? operands.Moderate(-70, -3) : operands.Moderate(-80, 80)), within);
    }

    static (ulong, ushort) Positive((ulong Significand, ushort SignExponent) value) => (value.Significand, (ushort)(value.SignExponent & 0x7FFF));

    [HostTheory]
    [InlineData("fsin", 0xFE)]
    [InlineData("fcos", 0xFF)]
    [InlineData("fsincos", 0xFB)]
    [InlineData("fptan", 0xF2)]
    [InlineData("fpatan", 0xF3)]
    [InlineData("fyl2x", 0xF1)]
    public void AnyOperands(string name, int modRM)
    {
        Assert.NotEmpty(name);
        FpuOperands operands = new(modRM + 1000);
        HostComparison.Check(Records(operands, modRM, _ => operands.Extended()), modRM == 0xF1 ? withinLogarithm : within);
    }

    static FpuRecord[] Records(FpuOperands operands, int modRM, Func<int, (ulong Significand, ushort SignExponent)> operand)
    {
        FpuRecord[] records = new FpuRecord[HostOracle.Cases(Cases)];
        for (int i = 0; i < records.Length; i++)
        {
            FpuRecord record = operands.Record([0xD9, (byte)modRM]);
            record.Control |= 0x3F;
            int top = record.Status >> 11 & 7;
            record.Tags = operands.Random.Next(16) == 0 ? (byte)operands.Random.Next(256) : (byte)~(1 << ((top - 1) & 7));
            for (int r = 0; r < 2; r++)
            {
                (ulong significand, ushort signExponent) = operand(r);
                record.SetRegister(r, significand, signExponent);
            }
            records[i] = record;
        }
        return records;
    }
}
