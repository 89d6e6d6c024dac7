using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Tests.Hypervisor;
using Xunit;

namespace LguestPS.Emulator.Tests.Launcher;

/// <summary>Whole runs of guests of a few instructions, and the ways in which they end.</summary>
public sealed class MachineTests : LauncherTest
{
    const uint Start = 0x100000, Data = 0x104000, Message = 0x106000, Counter = 0x107000;
    const uint Window = (2u << 20) + PciBus.WindowPages * GuestMemory.PageSize;

    readonly SilentConsole console = new();

    [Fact]
    public void APowerOffKeepsItsText()
    {
        GuestExit exit = Run(Guest().Hypercall(2, Message, 1));
        Assert.Equal((GuestExitKind.PowerOff, "CRASH: Power down"), (exit.Kind, exit.Message));
    }

    [Fact]
    public void ABrokenRuleIsACrash()
    {
        GuestExit exit = Run(Guest().Hypercall(99));
        Assert.Equal((GuestExitKind.Crash, "Bad hypercall 99"), (exit.Kind, exit.Message));
    }

    [Fact]
    public void ATrapThatTheGuestDoesNotTakeBackIsACrash()
    {
        GuestExit exit = Run(new Assembly().Raw("f4"));
        Assert.Equal((GuestExitKind.Crash, "Reinjecting trap 13 for fault at 0x100000: Invalid argument"), (exit.Kind, exit.Message));
    }

    [Fact]
    public void ADriverViolationIsToldWithItsPlace()
    {
        GuestExit exit = Run(new Assembly().Mov(0, 0x20).Raw("8805").Imm32(Window + 20));   // a status bit that does not exist
        Assert.Equal(GuestExitKind.DriverViolation, exit.Kind);
        Assert.StartsWith("console: bad driver: ", exit.Message);
        Assert.Equal((exit.Message, Start + 5), (exit.Violation!.Message, exit.Violation.GuestEip));
    }

    [Theory]
    [InlineData(ViolationAction.Warn)]
    [InlineData(ViolationAction.Ignore)]
    public void AGuestMayGoOnAfterADriverViolation(ViolationAction action)
    {
        GuestDefinition definition = Definition(Kernel(Guest().Mov(0, 0x20).Raw("8805").Imm32(Window + 20).Hypercall(2, Message, 1)));
        definition.OnViolation = action;
        using Machine machine = new(definition, console, Log);
        using Timer watchdog = new(_ => machine.Stop(), null, 20_000, Timeout.Infinite);
        Assert.Equal(GuestExitKind.PowerOff, machine.Run().Kind);
        Assert.Equal(DriverRule.StatusBitsKnown, Assert.Single(Log.Violations).Rule);
    }

    [Fact]
    public void WhatWasDoneIsCountedOverRestartsAndAfterTheEnd()
    {
        string path = Kernel(Guest().Raw("8a0d").Imm32(Window + 20).Hypercall(2, Message, 2));   // a look at the console's status: a page fault of the device window
        int starts = 0;
        RestartLog log = new(() =>
        {
            if (++starts == 2)
                File.WriteAllBytes(path, ElfImage.Make(Start, (Start, Image(Guest().Hypercall(2, Message, 1)), 0x8000)));
        });
        using Machine machine = new(Definition(path), console, log);
        machine.Run();

        MachineActivity activity = machine.Measure();
        long[] deviceBytes = new long[machine.DeviceCount];
        MachineSample sums = machine.Sample(deviceBytes);

        Assert.Equal((2, 3, 3), (activity.Traps[14], activity.Hypercalls[1], activity.Hypercalls[2]));
        Assert.Equal(machine.Counters.Instructions, activity.Instructions);
        Assert.Equal((activity.Instructions, activity.Traps.Sum(), activity.Interrupts.Sum(), activity.Hypercalls.Sum(), 0),
            (sums.Instructions, sums.Traps, sums.Interrupts, sums.Hypercalls, sums.Requests));
        Assert.Equal([0L], deviceBytes);
        Assert.Equal("console", Assert.Single(activity.Devices).Kind);
        Assert.Equal(["input", "output"], activity.Devices[0].Queues.Select(queue => queue.Name));
        Assert.Equal(2L << 20, activity.MemoryBytes);
        Assert.InRange(activity.ResidentBytes, 1, 2 << 20);
    }

    [Fact]
    public void TheConsoleShowsEmergencyWrites()
    {
        Run(new Assembly().Mov(0, 'Q').Raw("8905").Imm32(Window + 60 + 8).Hypercall(99));
        Assert.Equal("Q", console.Output);
    }

    [Fact]
    public void ARestartStartsWithFreshMemoryAndDevices()
    {
        // The guest leaves a mark in its memory and in the console's status; it goes the deadly way when it finds either at its start.
        Assembly code = Guest()
            .Raw("8b0d").Imm32(Counter)              // mov ecx, [Counter]
            .Raw("8a0d").Imm32(Window + 20)          // mov cl, [status]
            .Raw("85c9 7402 0f0b")                   // both zero? else ud2
            .Store(Counter, 0x100)
            .Mov(0, 1).Raw("8805").Imm32(Window + 20)
            .Hypercall(2, Message, 2);
        string path = Kernel(code);
        int starts = 0;
        RestartLog log = new(() =>
        {
            if (++starts == 2)
                File.WriteAllBytes(path, ElfImage.Make(Start, (Start, Image(Guest().Hypercall(2, Message, 1)), 0x8000)));
        });
        using Machine machine = new(Definition(path), console, log);
        GuestExit exit = machine.Run();
        Assert.Equal((GuestExitKind.PowerOff, 2, 2), (exit.Kind, machine.Counters.Restarts, starts));
        Assert.True(machine.Counters.Instructions > 20);
    }

    [Fact]
    public void ARestartThatFindsNoKernelIsTheHostsError()
    {
        string path = Kernel(Guest().Hypercall(2, Message, 2));
        using Machine machine = new(Definition(path), console, new RestartLog(() => File.Delete(path)));
        GuestExit exit = machine.Run();
        Assert.Equal(GuestExitKind.HostError, exit.Kind);
        Assert.Equal("KernelNotFound", Assert.IsType<HostResourceException>(exit.Error).ErrorId);
    }

    [Fact]
    public void StopEndsARunningGuest()
    {
        using Machine machine = new(Definition(Kernel(Guest().Spin())), console, Log);
        using Timer timer = new(_ => machine.Stop(), null, 50, Timeout.Infinite);
        Assert.Equal(GuestExitKind.Stopped, machine.Run().Kind);
        Assert.Throws<InvalidOperationException>(() => machine.Run());
    }

    [Fact]
    public void StopBeforeTheRunHolds()
    {
        using Machine machine = new(Definition(Kernel(Guest().Spin())), console, Log);
        machine.Stop();
        Assert.Equal(GuestExitKind.Stopped, machine.Run().Kind);
    }

    [Fact]
    public async Task DisposeEndsARunningGuest()
    {
        Machine machine = new(Definition(Kernel(Guest().Spin())), console, Log);
        Task<GuestExit> run = Task.Run(machine.Run);
        while (machine.Counters.Instructions == 0)
            await Task.Delay(5);
        machine.Dispose();
        Assert.Equal(GuestExitKind.Stopped, (await run).Kind);
    }

    [Fact]
    public void AFailedOpeningIsToldBeforeAnythingRuns()
    {
        AssertFails("KernelNotFound", () => new Machine(Definition("/no/such/kernel"), console, Log));
        AssertFails("MemoryOutOfRange", () => new Machine(Definition(Kernel(Guest()), megabytes: 0), console, Log));
        FailingSettings disk = new();
        GuestDefinition definition = Definition(Kernel(Guest()));
        definition.Devices.Add(disk);
        AssertFails("DiskNotFound", () => new Machine(definition, console, Log));
    }

    [Fact]
    public void VerboseLinesAreTheLaunchers()
    {
        string path = Kernel(Guest().Raw("e680").Hypercall(2, Message, 1));
        using (Machine machine = new(Definition(path), console, Log))
            machine.Run();
        int at = Log.VerboseLines.ToList().FindIndex(line => line.StartsWith("Guest base is at 0x", StringComparison.Ordinal));
        Assert.Equal("Section 0: size 32768 addr 0x100000", Log.VerboseLines[at + 1]);
        Assert.Matches(@"^Guest: 0x[0-9a-f]+ - 0x[0-9a-f]+ \(0x200000, MMIO 0x300080\)$", Log.VerboseLines[at + 2]);
        Assert.Matches("^Emulating instruction at 0x1000[0-9a-f]{2}$", Log.VerboseLines[at + 3]);
        Assert.Equal("IO OUT of ff to 128: 0x000001", Log.VerboseLines[at + 4]);
    }

    GuestExit Run(Assembly code)
    {
        using Machine machine = new(Definition(Kernel(code)), console, Log);
        using Timer watchdog = new(_ => machine.Stop(), null, 20_000, Timeout.Infinite);
        return machine.Run();
    }

    static GuestDefinition Definition(string kernel, int megabytes = 2) => new() { Name = "test", MemoryMB = megabytes, KernelPath = kernel };

    string Kernel(Assembly code) => WriteFile(ElfImage.Make(Start, (Start, Image(code), 0x8000)));

    // Code, the shared page with an empty ring, and the message of a power-off.
    static byte[] Image(Assembly code)
    {
        using GuestMemory image = new(new HeapMemoryBacking(0x8000));
        code.Place(image, 0);
        image.Slice(Data - Start + 24, 64).Fill(0xFF);
        image.Write(Data - Start + 1380, 0xC0000000);
        image.Write(Data - Start + 1384, 0x80);
        "Power down"u8.CopyTo(image.Slice(Message - Start, 10));
        return image.Slice(0, 0x8000).ToArray();
    }

    static Assembly Guest() => new Assembly().Mov(4, Start + 0x3000).Hypercall(1, Data);

    sealed record FailingSettings : DeviceSettings
    {
        public override string Kind => "block";

        public override VirtioDevice Create(IDeviceHost host) => throw new HostResourceException("DiskNotFound", "no disk");
    }
}
