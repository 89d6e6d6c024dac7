using System.Globalization;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Tests.DemoGuest;
using Xunit;
using Xunit.Abstractions;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Whole boots on interpreter and translator beside each other.</summary>
public sealed class BootLockStepTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void DemoGuest(int seed, bool direct) => Boot(new() { Name = "demo", MemoryMB = 16, KernelPath = RunningDemoGuest.ImagePath }, "demo> ", seed, long.MaxValue, direct);

    /// <summary>A Linux: LGUESTPS_TEST_KERNEL (of lguest) or LGUESTPS_TEST_BZIMAGE (any), with LGUESTPS_TEST_INITRD; LGUESTPS_LOCKSTEP says how many millions of instructions, LGUESTPS_LOCKSTEP_COMMANDLINE what the kernel is told.</summary>
    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Linux(bool direct)
    {
        var definition = new GuestDefinition
        {
            Name = "linux", MemoryMB = 96, KernelPath = LinuxTheoryAttribute.Kernel!, InitrdPath = Environment.GetEnvironmentVariable("LGUESTPS_TEST_INITRD"),
            CommandLine = Environment.GetEnvironmentVariable("LGUESTPS_LOCKSTEP_COMMANDLINE") ?? "console=hvc0",
        };
        Boot(definition, "\n/ # ", 1, (long)(LinuxTheoryAttribute.Millions * 1e6), direct);
    }

    void Boot(GuestDefinition definition, string prompt, int seed, long most, bool direct)
    {
        using var pair = new BootLockStep(definition, prompt, seed, most, direct);
        output.WriteLine($"{pair.Run()} instructions");
    }
}

/// <summary>A test of a Linux guest in lock-step, which takes a minute or more: skipped unless asked for.</summary>
sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (Kernel is null || Millions == 0)
            Skip = "needs LGUESTPS_LOCKSTEP and a kernel";
    }

    public static string? Kernel => Environment.GetEnvironmentVariable("LGUESTPS_TEST_KERNEL") ?? Environment.GetEnvironmentVariable("LGUESTPS_TEST_BZIMAGE");

    public static double Millions => double.Parse(Environment.GetEnvironmentVariable("LGUESTPS_LOCKSTEP") ?? "0", CultureInfo.InvariantCulture);
}
