using Xunit;

namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>x87 instructions against the host processor, exact to the bit.</summary>
public class X87HostTests
{
    const int Cases = 4000;

    /// <summary>An instruction's two bytes for a memory operand at (%esi).</summary>
    static byte[] Memory(int opcode, int digit) => [(byte)opcode, (byte)(digit << 3 | 6)];

    [HostTheory]
    [InlineData("fadd", 0)]
    [InlineData("fmul", 1)]
    [InlineData("fsub", 4)]
    [InlineData("fsubr", 5)]
    [InlineData("fdiv", 6)]
    [InlineData("fdivr", 7)]
    public void Arithmetic(string name, int digit)
    {
        FpuOperands operands = new(digit + 100);
        byte[][] forms =
        [
            [0xD8, (byte)(0xC1 | digit << 3)], [0xDC, (byte)(0xC2 | digit << 3)], [0xDE, (byte)(0xC1 | digit << 3)], [0xD8, (byte)(0xC0 | digit << 3)],
            Memory(0xD8, digit), Memory(0xDC, digit), Memory(0xDA, digit), Memory(0xDE, digit),
        ];
        Assert.NotEmpty(name);
        Check(operands, forms, Cases * 4);
    }

    [HostTheory]
    [InlineData("fchs", 0xE0)]
    [InlineData("fabs", 0xE1)]
    [InlineData("ftst", 0xE4)]
    [InlineData("fxam", 0xE5)]
    [InlineData("fsqrt", 0xFA)]
    [InlineData("frndint", 0xFC)]
    [InlineData("fscale", 0xFD)]
    [InlineData("fprem", 0xF8)]
    [InlineData("fprem1", 0xF5)]
    [InlineData("fincstp", 0xF7)]
    [InlineData("fdecstp", 0xF6)]
    [InlineData("fnop", 0xD0)]
    public void OneOperand(string name, int modRM)
    {
        Assert.NotEmpty(name);
        Check(new FpuOperands(modRM), [[0xD9, (byte)modRM]], Cases);
    }

    [HostTheory]
    [InlineData("fld1", 0xE8)]
    [InlineData("fldl2t", 0xE9)]
    [InlineData("fldl2e", 0xEA)]
    [InlineData("fldpi", 0xEB)]
    [InlineData("fldlg2", 0xEC)]
    [InlineData("fldln2", 0xED)]
    [InlineData("fldz", 0xEE)]
    [InlineData("fxtract", 0xF4)]
    public void Pushing(string name, int modRM)
    {
        Assert.NotEmpty(name);
        Check(new FpuOperands(modRM), [[0xD9, (byte)modRM]], Cases, pushes: true);
    }

    [HostFact]
    public void Compare() => Check(new FpuOperands(1),
        [
            [0xD8, 0xD1], [0xD8, 0xD9], [0xDC, 0xD1], [0xDC, 0xD9], [0xDE, 0xD1], [0xDD, 0xE1], [0xDD, 0xE9], [0xDE, 0xD9], [0xDA, 0xE9],
            Memory(0xD8, 2), Memory(0xD8, 3), Memory(0xDC, 2), Memory(0xDC, 3), Memory(0xDA, 2), Memory(0xDA, 3), Memory(0xDE, 2), Memory(0xDE, 3),
        ], Cases * 4);

    [HostFact]
    public void CompareToFlags() => Check(new FpuOperands(2), [[0xDB, 0xF1], [0xDF, 0xF1], [0xDB, 0xE9], [0xDF, 0xE9], [0xDB, 0xF0]], Cases, rules: C1Undefined);

    [HostFact]
    public void ConditionalMove() => Check(new FpuOperands(3),
        [[0xDA, 0xC1], [0xDA, 0xC9], [0xDA, 0xD1], [0xDA, 0xD9], [0xDB, 0xC1], [0xDB, 0xC9], [0xDB, 0xD1], [0xDB, 0xD9]], Cases, rules: C1Undefined);

    [HostFact]
    public void Load() => Check(new FpuOperands(4),
        [Memory(0xD9, 0), Memory(0xDD, 0), Memory(0xDB, 5), Memory(0xDF, 0), Memory(0xDB, 0), Memory(0xDF, 5), [0xD9, 0xC1], [0xD9, 0xC0]], Cases * 2, pushes: true);

    [HostFact]
    public void Store() => Check(new FpuOperands(5),
        [Memory(0xD9, 2), Memory(0xD9, 3), Memory(0xDD, 2), Memory(0xDD, 3), Memory(0xDB, 7), [0xDD, 0xD1], [0xDD, 0xD9], [0xDF, 0xD1], [0xDF, 0xD9]], Cases * 4);

    [HostFact]
    public void StoreInteger() => Check(new FpuOperands(6),
        [Memory(0xDF, 2), Memory(0xDF, 3), Memory(0xDB, 2), Memory(0xDB, 3), Memory(0xDF, 7)], Cases * 4);

    [HostFact]
    public void StoreDecimal() => Check(new FpuOperands(7), [Memory(0xDF, 6)], Cases);

    [HostFact]
    public void LoadDecimal()
    {
        FpuOperands operands = new(8);
        FpuRecord[] records = Records(operands, [Memory(0xDF, 4)], Cases, pushes: true);
        for (int i = 0; i < records.Length; i++)
        {
            ulong low = 0;
            for (int digit = 0; digit < 16; digit++)
                low = low << 4 | (uint)operands.Random.Next(10);
            records[i].SetMemory(0, low);
            records[i].SetMemory(8, (uint)(operands.Random.Next(10) | operands.Random.Next(10) << 4 | operands.Random.Next(2) << 15));
        }
        HostComparison.Check(records);
    }

    [HostFact]
    public void ExchangeAndFree() => Check(new FpuOperands(9), [[0xD9, 0xC9], [0xDD, 0xC9], [0xDF, 0xC9], [0xDD, 0xC1], [0xDF, 0xC1]], Cases);

    [HostFact]
    public void Control() => Check(new FpuOperands(10),
        [[0xDF, 0xE0], [0xDB, 0xE2], [0xDB, 0xE3], [0xDB, 0xE0], [0xDB, 0xE1], [0xDB, 0xE4], [0x9B], Memory(0xD9, 7), Memory(0xDD, 7)], Cases);

    [HostFact]
    public void LoadControl() => Check(new FpuOperands(11), [Memory(0xD9, 5)], Cases);

    /// <summary>An Intel processor clears C1 with fcomi and fcmov, an AMD processor leaves it alone.</summary>
    static readonly HostComparison.Rules C1Undefined = new(StatusMask: 0xFDFF);

    static void Check(FpuOperands operands, byte[][] forms, int cases, bool pushes = false, HostComparison.Rules? rules = null) =>
        HostComparison.Check(Records(operands, forms, cases, pushes), rules);

    static FpuRecord[] Records(FpuOperands operands, byte[][] forms, int cases, bool pushes)
    {
        Random random = operands.Random;
        FpuRecord[] records = new FpuRecord[HostOracle.Cases(cases)];
        for (int i = 0; i < records.Length; i++)
        {
            FpuRecord record = operands.Record(forms[i % forms.Length]);
            record.Eflags = 2 | (uint)random.Next(0x1000) & 0x8D5;
            record.Eax = (uint)random.Next();
            int top = record.Status >> 11 & 7;
            if (random.Next(8) == 0)
                record.Tags = (byte)random.Next(256);
            else if (pushes)
                record.Tags = (byte)~(1 << ((top - 1) & 7));
            SetMemoryOperand(ref record, forms[i % forms.Length], operands);
            records[i] = record;
        }
        return records;
    }

    static void SetMemoryOperand(ref FpuRecord record, byte[] form, FpuOperands operands)
    {
        if (form.Length < 2 || form[1] >= 0xC0)
            return;
        switch (form[0])
        {
            case 0xD8 or 0xD9:
                record.SetMemory(0, operands.Single());
                break;
            case 0xDC or 0xDD:
                record.SetMemory(0, operands.Double());
                break;
            case 0xDB when form[1] >> 3 == 5:
                (ulong significand, ushort signExponent) = operands.Extended();
                record.SetMemory(0, significand);
                record.SetMemory(8, signExponent);
                break;
            default:
                record.SetMemory(0, (ulong)operands.Random.NextInt64(long.MinValue, long.MaxValue) >> operands.Random.Next(64));
                break;
        }
    }
}
