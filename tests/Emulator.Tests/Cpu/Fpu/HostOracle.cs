using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace LguestPS.Emulator.Tests.Cpu.Fpu;

/// <summary>The host processor as the reference: a native program, built when it is first needed.</summary>
static class HostOracle
{
    static readonly Lazy<string> program = new(Build);

    /// <summary>Why the host can't serve, or null.</summary>
    public static string? Unavailable { get; } =
        !OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 ? "needs an x86-64 host"
        : !CanRun("gcc", "--version") ? "needs gcc"
        : null;

    /// <summary>How many cases to run where <paramref name="normal"/> are run by default: LGUESTPS_ORACLE_CASES multiplies.</summary>
    public static int Cases(int normal) =>
        double.TryParse(Environment.GetEnvironmentVariable("LGUESTPS_ORACLE_CASES"), System.Globalization.CultureInfo.InvariantCulture, out double factor) ? (int)(normal * factor) : normal;

    /// <summary>Executes each record's instruction on the host.</summary>
    public static FpuRecord[] Run(FpuRecord[] records)
    {
        using Process process = Process.Start(new ProcessStartInfo(program.Value) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Task writer = Task.Run(() =>
        {
            using Stream input = process.StandardInput.BaseStream;
            input.Write(MemoryMarshal.AsBytes(records.AsSpan()));
        });
        FpuRecord[] results = new FpuRecord[records.Length];
        process.StandardOutput.BaseStream.ReadExactly(MemoryMarshal.AsBytes(results.AsSpan()));
        writer.Wait();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return results;
    }

    static string Build()
    {
        string source = Path.Combine(AppContext.BaseDirectory, "Native", "fpu-oracle.c");
        string output = Path.Combine(Directory.CreateTempSubdirectory("fpu-oracle").FullName, "fpu-oracle");
        using Process gcc = Process.Start("gcc", ["-O1", "-Wall", "-mno-red-zone", "-o", output, source]);
        gcc.WaitForExit();
        Assert.Equal(0, gcc.ExitCode);
        return output;
    }

    static bool CanRun(string command, string argument)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command, argument) { RedirectStandardOutput = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A test that compares with the host processor: skipped where it can't serve.</summary>
sealed class HostTheoryAttribute : TheoryAttribute
{
    public HostTheoryAttribute() => Skip = HostOracle.Unavailable;
}

/// <summary>The same for a single test.</summary>
sealed class HostFactAttribute : FactAttribute
{
    public HostFactAttribute() => Skip = HostOracle.Unavailable;
}
