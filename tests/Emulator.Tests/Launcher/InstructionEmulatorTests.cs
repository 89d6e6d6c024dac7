using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Hypervisor;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Memory;
using Xunit;

namespace LguestPS.Emulator.Tests.Launcher;

/// <summary>Port accesses and device-window accesses, against registers that are only registers and a real bus.</summary>
public sealed class InstructionEmulatorTests : LauncherTest, IDeviceHost
{
    const uint Eip = 0xC1001000;

    readonly FakeRegisters registers = new() { [RegisterOffset.Eip] = Eip };
    readonly PciBus bus;

    public InstructionEmulatorTests() => bus = new(this);

    GuestMemory IDeviceHost.Memory => Memory;

    uint IDeviceHost.GuestEip => registers[RegisterOffset.Eip];

    bool IDeviceHost.IsVerbose => false;

    void IDeviceHost.RaiseInterrupt(byte line) => throw new InvalidOperationException("nothing is to be used");

    void IDeviceHost.Fail(Exception reason) => throw reason;

    void IDeviceHost.Verbose(string line) => Log.Verbose(line);

    void IDeviceHost.Warn(string line) => Log.Warn(line);

    [Theory]
    [InlineData("fa", 1, 0x11223344, 0x11223344)]              // cli
    [InlineData("e4 64", 2, 0x11223344, 0x11223301)]           // in al, keyboard status
    [InlineData("e5 64", 2, 0x11223344, 1)]                    // in eax
    [InlineData("66 e5 60", 3, 0x11223344, 0x1122FFFF)]        // in ax: nothing there
    [InlineData("ec", 1, 0x11223344, 0x112233FF)]              // in al, dx
    [InlineData("66 ed", 2, 0x11223344, 0x1122FFFF)]
    [InlineData("ed", 1, 0x11223344, 0xFFFFFFFF)]
    [InlineData("e6 80", 2, 0x11223344, 0x11223344)]           // out to nowhere
    [InlineData("66 ef", 2, 0x11223344, 0x11223344)]
    public void DoesPortAccesses(string code, uint length, uint eax, uint eaxAfter)
    {
        registers[RegisterOffset.Eax] = eax;
        registers[RegisterOffset.Edx] = 0xABCD03F8;
        Port(code);
        Assert.Equal(Eip + length, registers[RegisterOffset.Eip]);
        Assert.Equal(eaxAfter, registers[RegisterOffset.Eax]);
        Assert.Empty(registers.Injected);
    }

    [Theory]
    [InlineData("0f 30")]    // wrmsr: the kernel has a fix-up for it
    [InlineData("f4")]
    [InlineData("fb")]
    [InlineData("66 fa")]
    public void HandsBackTheRest(string code)
    {
        Port(code);
        Assert.Equal([13u], registers.Injected);
        Assert.Equal(Eip, registers[RegisterOffset.Eip]);
    }

    [Fact]
    public void DoesNothingForRing3()
    {
        registers[RegisterOffset.Cs] = 0x73;
        Port("ec");
        Assert.Equal([13u], registers.Injected);
    }

    [Fact]
    public void ReadsConfigurationSpaceThroughThePorts()
    {
        registers[RegisterOffset.Edx] = 0xCF8;
        registers[RegisterOffset.Eax] = 0x80000008;
        Port("ef");
        registers[RegisterOffset.Edx] = 0xCFE;
        Port("66 ed");
        Assert.Equal(0x80000600u, registers[RegisterOffset.Eax]);   // class of the host bridge
        Assert.Contains("IO OUT of ffffffff to 3320: 0x80000008", Log.VerboseLines);
        Assert.Contains("IO IN of ffff to 3326: 0x80000600", Log.VerboseLines);
        Assert.Contains("Emulating instruction at 0xc1001000", Log.VerboseLines);
    }

    [Fact]
    public void RefusedWritesGoBackToTheGuest()
    {
        registers[RegisterOffset.Edx] = 0xCF8;
        registers[RegisterOffset.Eax] = 0x8000F800;   // slot 31: nothing there
        Port("ef");
        registers[RegisterOffset.Edx] = 0xCFC;
        Port("ef");
        Assert.Equal([13u], registers.Injected);
        Assert.Equal(Eip + 1, registers[RegisterOffset.Eip]);
        Assert.Equal(["Attempt to write to port 3324 (0xffffffff mask)"], Log.Warnings);
    }

    [Theory]
    [InlineData(0u, "IO OUT of ff to 128: 00000000")]
    [InlineData(0xFu, "IO OUT of ff to 128: 0x00000f")]
    [InlineData(0xFFFFFFFFu, "IO OUT of ff to 128: 0xffffffff")]
    public void ShowsNumbersAsTheReferenceDoes(uint eax, string line)
    {
        registers[RegisterOffset.Eax] = eax;
        Port("e6 80");
        Assert.Equal(line, Log.VerboseLines[^1]);
    }

    [Fact]
    public void AGuestWithoutHandlerFails()
    {
        FakeRegisters handlerless = new() { [RegisterOffset.Eip] = 0x1234, InjectAnswer = LguestError.Invalid };
        GuestFailedException e = Assert.Throws<GuestFailedException>(() => new InstructionEmulator(handlerless, bus, Log).Emulate(Trap(13, "f4", 0)));
        Assert.Equal("Reinjecting trap 13 for fault at 0x1234: Invalid argument", e.Message);
    }

    [Fact]
    public void AccessesDeviceRegisters()
    {
        bus.Add(new ConsoleDevice(new SilentConsole()));
        uint window = Memory.Size + PciBus.WindowPages * GuestMemory.PageSize;
        registers[RegisterOffset.Eax] = 0x11223301;       // ACKNOWLEDGE
        Window("88 43 14", window + 20);                  // mov [ebx+20], al
        registers[RegisterOffset.Ecx] = 0x55667788;
        Window("8a 6b 14", window + 20);                  // mov ch, [ebx+20]
        Assert.Equal(0x55660188u, registers[RegisterOffset.Ecx]);
        registers[RegisterOffset.Edx] = 0xFFFFFFFF;
        Window("66 8b 53 12", window + 18);               // mov dx, [ebx+18]: number of queues
        Assert.Equal(0xFFFF0002u, registers[RegisterOffset.Edx]);
        Assert.Equal(Eip + 3 + 3 + 4, registers[RegisterOffset.Eip]);
        Assert.Empty(registers.Injected);
    }

    [Fact]
    public void WindowAccessesThatCannotBeDoneGoBack()
    {
        bus.Add(new ConsoleDevice(new SilentConsole()));
        uint window = Memory.Size + PciBus.WindowPages * GuestMemory.PageSize;
        Window("a1 00 00 50 00", window);
        Window("8b 00", Memory.Size);
        Assert.Equal([14u, 14u], registers.Injected);
        Assert.Equal(
            [$"Unknown MMIO instruction touching 0x{window:x}: a1 00 00 50 at {Eip}", $"MMIO touching 0x{Memory.Size:x} (not a device)"],
            Log.Warnings);
    }

    void Port(string code) => new InstructionEmulator(registers, bus, Log).Emulate(Trap(13, code, 0));

    void Window(string code, uint address) => new DeviceWindowEmulator(registers, bus, Log).Emulate(Trap(14, code, address));

    static TrapRecord Trap(byte trap, string code, uint address)
    {
        TrapRecord record = new() { Trap = trap, Address = address };
        MoveInstructionTests.Bytes(code).CopyTo((Span<byte>)record.Instruction);
        return record;
    }
}
