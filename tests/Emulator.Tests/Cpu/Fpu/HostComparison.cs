using System.Text;
using Xunit;

namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>Runs records on the host and on the emulated processor and compares everything that the manuals define.</summary>
static class HostComparison
{
    const uint ArithmeticFlags = 0x8D5;

    /// <summary>IE. With it unmasked an Intel processor leaves the condition codes or flags of a comparison as they were (SDM vol. 2, FCOM, FCOMI), an AMD processor sets them.</summary>
    const int InvalidFlag = 1;

    /// <summary>DE. With it unmasked an Intel processor leaves destination and stack as they were (SDM vol. 1, 8.5.2), an AMD processor may go on with the result.</summary>
    const int DenormalFlag = 2;

    /// <summary>What is compared and how exactly.</summary>
    /// <param name="Units">Last places by which x87 results may differ: 0 for what the standard defines.</param>
    /// <param name="StatusMask">Bits of the status word that are defined.</param>
    /// <param name="FlagsMask">Bits of EFLAGS that are defined.</param>
    /// <param name="PointersAt">Where in memory an instruction has written instruction and data pointers, which differ.</param>
    /// <param name="PointersEnd">Where they end.</param>
    public readonly record struct Rules(int Units = 0, ushort StatusMask = 0xFFFF, uint FlagsMask = ArithmeticFlags, int PointersAt = 0, int PointersEnd = 0);

    /// <summary>Fails with a description of the first differences.</summary>
    public static unsafe void Check(FpuRecord[] records, Rules? given = null)
    {
        Rules rules = given ?? new Rules(Units: 0);
        FpuRecord[] expected = HostOracle.Run(records);
        using EmulatedFpu emulated = new();
        StringBuilder report = new();
        int differences = 0;
        for (int i = 0; i < records.Length; i++)
        {
            FpuRecord actual = emulated.Run(records[i]);
            for (int at = rules.PointersAt; at < rules.PointersEnd; at++)
                expected[i].Memory[at] = actual.Memory[at] = 0;
            string difference = Compare(expected[i], actual, rules);
            if (difference.Length == 0)
                continue;
            if (differences++ < 8)
                report.AppendLine($"[{i}] {Describe(records[i])} -> sw {expected[i].Status:x4}\n{difference}");
        }
        Assert.True(differences == 0, $"{differences} of {records.Length} differ\n{report}");
    }

    static string Compare(in FpuRecord expected, in FpuRecord actual, Rules rules)
    {
        StringBuilder text = new();
        void Field(string name, ulong host, ulong own)
        {
            if (host != own)
                text.AppendLine($"    {name}: host {host:x} emulated {own:x}");
        }
        Field("signal", expected.Signal, actual.Signal);
        Field("control", expected.Control, actual.Control);
        int statusMask = StatusMask(expected, rules);
        Field("status", (uint)(expected.Status & statusMask), (uint)(actual.Status & statusMask));
        if ((expected.Status & ~expected.Control & DenormalFlag) != 0)
            return text.ToString();
        Field("tags", expected.Tags, actual.Tags);
        Field("mxcsr", expected.Mxcsr, actual.Mxcsr);
        Field("eax", expected.Eax, actual.Eax);
        if ((expected.Status & ~expected.Control & InvalidFlag) == 0)
            Field("eflags", expected.Eflags & rules.FlagsMask, actual.Eflags & rules.FlagsMask);
        for (int i = 0; i < 8; i++)
        {
            var host = expected.Register(i);
            var own = actual.Register(i);
            if (host != own && !IsWithin(host, own, rules.Units))
                text.AppendLine($"    st{i}: host {host.SignExponent:x4} {host.Significand:x16} emulated {own.SignExponent:x4} {own.Significand:x16}");
            var hostXmm = expected.Xmm(i);
            var ownXmm = actual.Xmm(i);
            if (hostXmm != ownXmm)
                text.AppendLine($"    xmm{i}: host {hostXmm.High:x16} {hostXmm.Low:x16} emulated {ownXmm.High:x16} {ownXmm.Low:x16}");
        }
        for (int at = 0; at < 128; at += 8)
            Field($"memory+{at}", expected.MemoryAt(at), actual.MemoryAt(at));
        return text.ToString();
    }

    static int StatusMask(in FpuRecord expected, Rules rules)
    {
        int unmasked = expected.Status & ~expected.Control;
        const int top = 0x3800, conditions = 0x4700, otherConditions = 0x4500;
        return rules.StatusMask & ~((unmasked & DenormalFlag) != 0 ? top | conditions : (unmasked & InvalidFlag) != 0 ? otherConditions : 0);
    }

    static bool IsWithin((ulong Significand, ushort SignExponent) a, (ulong Significand, ushort SignExponent) b, int units)
    {
        if ((a.SignExponent & 0x8000) != (b.SignExponent & 0x8000) || Math.Abs(a.SignExponent - b.SignExponent) > 1)
            return false;
        // Exponent and fraction together count the numbers of one sign in order.
        Int128 distance = Order(a) - Order(b);
        return Int128.Abs(distance) <= units;
    }

    static Int128 Order((ulong Significand, ushort SignExponent) value) =>
        ((Int128)(value.SignExponent & 0x7FFF) << 63) + (value.Significand & ~(1UL << 63));

    static unsafe string Describe(in FpuRecord record)
    {
        StringBuilder text = new();
        for (int i = 0; i < record.Length; i++)
            text.Append($"{record.Code[i]:x2} ");
        text.Append($"cw {record.Control:x4} sw {record.Status:x4} tags {record.Tags:x2} mxcsr {record.Mxcsr:x} eax {record.Eax:x} mem {record.MemoryAt(8):x16} {record.MemoryAt(0):x16}");
        for (int i = 0; i < 4; i++)
            text.Append($"\n    st{i} {record.Register(i).SignExponent:x4} {record.Register(i).Significand:x16} xmm{i} {record.Xmm(i).High:x16} {record.Xmm(i).Low:x16}");
        return text.ToString();
    }
}
