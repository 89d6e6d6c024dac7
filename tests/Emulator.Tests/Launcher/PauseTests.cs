using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Tests.Hypervisor;
using LguestPS.Emulator.Tests.Platform;
using Xunit;

namespace LguestPS.Emulator.Tests.Launcher;

/// <summary>Guests that are paused on either machine: they run no instruction, see no time pass, and can be ended.</summary>
public sealed class PauseTests : LauncherTest
{
    const uint Start = 0x100000;
    const string UntilSecond4 = "0f31 85d2 74fa";   // rdtsc; test edx, edx; jz: around until the counter, in nanoseconds, has more than 32 bits
    const long ThousandSeconds = 1_000_000_000_000;

    readonly ManualClock clock = new();

    [Theory]
    [InlineData(GuestPlatform.Lguest)]
    [InlineData(GuestPlatform.Pc)]
    public async Task APausedGuestRunsNothingAndSeesNoTimePass(GuestPlatform platform)
    {
        using Machine machine = Make(platform, new Assembly().Raw(UntilSecond4 + "0f0b"));
        Task<GuestExit> run = Task.Run(machine.Run);
        for (int i = 0; i < 3; i++)
        {
            await RunOn(machine, run);
            Assert.True(machine.Pause(default));
            long instructions = machine.Counters.Instructions;
            clock.MonotonicNanoseconds += ThousandSeconds;
            await Task.Delay(20);
            Assert.Equal(instructions, machine.Counters.Instructions);
            machine.Resume();
        }
        await RunOn(machine, run);
        clock.MonotonicNanoseconds += ThousandSeconds;   // not paused, it sees the time and runs into the ud2 behind its loop
        Assert.Equal(GuestExitKind.Crash, (await run.WaitAsync(TimeSpan.FromMinutes(1))).Kind);
    }

    [Theory]
    [InlineData(GuestPlatform.Lguest)]
    [InlineData(GuestPlatform.Pc)]
    public async Task APausedGuestCanBeStopped(GuestPlatform platform)
    {
        using Machine machine = Make(platform, new Assembly().Spin());
        Task<GuestExit> run = Task.Run(machine.Run);
        Assert.True(machine.Pause(default));   // be it before its first instruction
        machine.Stop();
        Assert.Equal(GuestExitKind.Stopped, (await run).Kind);
        Assert.False(machine.Pause(default));
    }

    [Fact]
    public async Task AGuestThatSleepsIsPausedToo()
    {
        using Machine machine = Make(GuestPlatform.Pc, new Assembly().Raw("fb f4 ebfd"));
        Task<GuestExit> run = Task.Run(machine.Run);
        await Task.Delay(20);
        Assert.True(machine.Pause(default));
        machine.Resume();
        Assert.True(machine.Pause(default));
        machine.Stop();
        Assert.Equal(GuestExitKind.Stopped, (await run).Kind);
    }

    [Fact]
    public async Task AGuestThatEndsBeforeItHaltsWasNotPaused()
    {
        using Machine machine = Make(GuestPlatform.Pc, new Assembly().DebugExit(1));
        await Task.Run(machine.Run);
        Assert.False(machine.Pause(default));
    }

    [Fact]
    public async Task APauseOutlivesARestart()
    {
        // The guest resets itself while the pause is asked for: it is the new start that is paused.
        string path = Kernel(new Assembly().Raw("b0fe e664 ebfe"));
        byte[] second = ElfImage.Make(Start, (Start, new Assembly().Spin().Bytes(), 0x1000));
        Machine? machine = null;
        Task<bool>? pausing = null;
        RestartLog log = new(() =>
        {
            File.WriteAllBytes(path, second);
            pausing = Task.Run(() => machine!.Pause(default));
            while (pausing.Status == TaskStatus.WaitingToRun)
                Thread.Yield();
        });
        using (machine = new(Definition(path, GuestPlatform.Pc), new SilentConsole(), log, clock))
        {
            Task<GuestExit> run = Task.Run(machine.Run);
            while (pausing is null)
                await Task.Delay(5);
            Assert.True(await pausing);
            Assert.Equal(1, machine.Counters.Restarts);
            machine.Stop();
            Assert.Equal(GuestExitKind.Stopped, (await run).Kind);
        }
    }

    static async Task RunOn(Machine machine, Task run)
    {
        long before = machine.Counters.Instructions;
        while (machine.Counters.Instructions < before + 1000)
        {
            Assert.False(run.IsCompleted);
            await Task.Delay(5);
        }
    }

    Machine Make(GuestPlatform platform, Assembly code) => new(Definition(Kernel(code), platform), new SilentConsole(), Log, clock);

    string Kernel(Assembly code) => WriteFile(ElfImage.Make(Start, (Start, code.Bytes(), 0x1000)));

    static GuestDefinition Definition(string kernel, GuestPlatform platform) => new() { Name = "test", MemoryMB = 8, KernelPath = kernel, Platform = platform };
}
