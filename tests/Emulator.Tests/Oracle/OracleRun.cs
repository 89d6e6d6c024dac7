using System.Text;
using Xunit;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>Runs the cases of a group on both processors.</summary>
/// <remarks>
/// <c>LGUESTPS_ORACLE_CASES</c> multiplies the number of cases, <c>LGUESTPS_ORACLE_SEED</c> chooses others, and <c>LGUESTPS_ORACLE_ONLY</c> picks one by its number.
/// </remarks>
static class OracleRun
{
    const int ReportedCases = 4;
    const int BatchSize = 4000;

    static readonly ulong Seed = ulong.TryParse(Environment.GetEnvironmentVariable("LGUESTPS_ORACLE_SEED"), out ulong seed) ? seed : 1;
    static readonly double Multiplier = double.TryParse(Environment.GetEnvironmentVariable("LGUESTPS_ORACLE_CASES"), out double cases) ? cases : 1;
    static readonly int? Only = int.TryParse(Environment.GetEnvironmentVariable("LGUESTPS_ORACLE_ONLY"), out int only) ? only : null;

    /// <summary>Fails with a report of the first cases in which the processors differ.</summary>
    public static void Check(string group, int count, Func<OracleRandom, OracleSelectors, OracleCase> make, TestedEngine engine = TestedEngine.Interpreter)
    {
        count = Math.Max(1, (int)(count * Multiplier));
        ulong groupSeed = OracleRandom.Derive(Seed, group);
        var report = new StringBuilder();
        int failures = 0;
        for (int first = 0; first < count; first += BatchSize)
        {
            using var native = new NativeProcessor();
            using var emulated = new EmulatedProcessor(native.Selectors, engine);
            List<(int Number, OracleCase Case, OracleResult Result)> ran = [];
            foreach (int number in Only is { } only ? [only] : Enumerable.Range(first, Math.Min(BatchSize, count - first)))
            {
                OracleCase c = make(new OracleRandom(OracleRandom.Derive(groupSeed, (ulong)number)), native.Selectors);
                OracleResult result = emulated.Run(c);
                // The native program's own pages are the one thing that the emulated address space lacks.
                bool hitImage = result.Cr2 >= native.ImageStart && result.Cr2 < native.ImageEnd;
                if (!hitImage && !result.UsedForeignSelector)
                    ran.Add((number, c, result));
            }

            foreach (var (one, expected) in ran.Zip(native.Run([.. ran.Select(r => r.Case)])))
            {
                IReadOnlyList<string> differences = OracleComparison.Differences(one.Case, expected, one.Result);
                if (differences.Count > 0 && failures++ < ReportedCases)
                    report.Append($"\ncase {one.Number} (LGUESTPS_ORACLE_SEED={Seed} LGUESTPS_ORACLE_ONLY={one.Number})\n").Append(OracleComparison.Describe(one.Case, expected, differences));
            }

            if (Only is not null)
                break;
        }

        Assert.True(failures == 0, $"{failures} of {count} cases of {group} differ from the host processor:{report}");
    }
}
