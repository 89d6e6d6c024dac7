using LguestPS.Emulator.Hypervisor;
using Xunit;

namespace LguestPS.Emulator.Tests.Hypervisor;

/// <summary>How exceptions and software interrupts reach a guest's handlers.</summary>
public sealed class TrapTests : IDisposable
{
    const uint Resume = 0x10000;
    const ushort UserCode = 0x73, UserData = 0x7B;

    readonly TestGuest guest = new();

    public void Dispose() => guest.Dispose();

    [Theory]
    [InlineData(0xEu, 0x200u, 0x202u, 0u)]   // interrupt gate: by the host, and interrupts are off then
    [InlineData(0xEu, 0u, 0x002u, 0u)]       // the frame tells that they were off
    [InlineData(0xFu, 0x200u, 0x202u, 0x200u)]
    [InlineData(0xFu, 0u, 0x202u, 0u)]       // direct: the processor knows nothing of irq_enabled
    public void PushesAFrame(uint type, uint enabled, uint pushedFlags, uint enabledAfter)
    {
        uint handler = guest.AddHandler(new Assembly().Signal(1));
        Assembly code = new Assembly().Init().Gate(6, handler, type).Store(TestGuest.Data, enabled);
        uint at = TestGuest.Code + code.Length;
        guest.Start(code.Raw("0f0b"));
        Assert.Equal(1, guest.RunToSignal());
        uint[] frame = guest.Pushed(3);
        Assert.Equal([at, 0x61u], frame[..2]);
        Assert.Equal(pushedFlags | Resume, frame[2] & ~0x8D5u);
        Assert.Equal(TestGuest.Stack - 12, guest[RegisterOffset.Esp]);
        Assert.Equal(0x202u, guest[RegisterOffset.Eflags] & ~0x8D5u);
        Assert.Equal(enabledAfter, guest.GetData(0));
    }

    [Fact]
    public void ProtectionFaultsOfErrorCode0AreTheLaunchersToHandBack()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(1));
        Assembly code = new Assembly().Init().Gate(13, handler);
        uint at = TestGuest.Code + code.Length;
        guest.Start(code.Raw("0f32"));
        TrapRecord trap = guest.RunToTrap(13);
        Assert.Equal(0x0F, trap.Instruction[0]);
        Assert.Equal(LguestError.None, guest.Device.Write([7, 13]));
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal([0u, at, 0x61u], guest.Pushed(3));
    }

    [Theory]
    [InlineData(0x21, 0u)]
    [InlineData(0x1E, 0u)]   // without a gate
    public void ForbiddenSoftwareInterruptsAreProtectionFaults(byte vector, uint dpl)
    {
        uint handler = guest.AddHandler(new Assembly().Signal(1));
        Assembly code = new Assembly().Init().Gate(13, handler);
        if (vector != 0x1E)
            code.Gate(vector, handler, 0xF, dpl);
        uint at = TestGuest.Code + code.Length;
        guest.Start(code.Int(vector));
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal([vector * 8u + 2, at, 0x61u], guest.Pushed(3));
    }

    [Fact]
    public void AllowedSoftwareInterruptsReturnPastTheInstruction()
    {
        uint handler = guest.AddHandler(new Assembly().Raw("cf"));   // iret
        guest.Start(new Assembly().Init().Gate(0x21, handler, 0xE, 1).Int(0x21).Signal(2));
        Assert.Equal(2, guest.RunToSignal());
        Assert.Equal(TestGuest.Stack, guest[RegisterOffset.Esp]);
        Assert.Equal(1, guest.Device.Counters.Traps[0x21]);
    }

    [Fact]
    public void SystemCallsFromRing3SwitchStacks()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(1).Raw("cf"));
        new Assembly().Int(0x80).Int(0x1F).Place(guest.Memory, TestGuest.UserCode);
        uint protection = guest.AddHandler(new Assembly().Signal(2));
        guest.MapAll().Start(InRing3(new Assembly().Init().Gate(0x80, handler, 0xF, 3).Gate(13, protection)));

        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal((0x61u, 0x69u), (guest[RegisterOffset.Cs], guest[RegisterOffset.Ss]));
        Assert.Equal(TestGuest.InnerStack - 20, guest[RegisterOffset.Esp]);
        Assert.Equal([TestGuest.UserCode + 2, UserCode, 0x202u, TestGuest.UserStack, UserData], guest.Pushed(5));

        // Back by iret; a hypercall from there is refused.
        Assert.Equal(2, guest.RunToSignal());
        Assert.Equal([0x1Fu * 8 + 2, TestGuest.UserCode + 2, UserCode, 0x10002u, TestGuest.UserStack, UserData], guest.Pushed(6));   // by the host: irq_enabled is 0
    }

    [Fact]
    public void PortAccessesOfRing3GoToTheLauncherToo()
    {
        new Assembly().Signal(9).Place(guest.Memory, TestGuest.UserCode);
        guest.MapAll().Start(InRing3(new Assembly().Init()));
        guest.RunToTrap(13);
        Assert.Equal(UserCode, guest[RegisterOffset.Cs]);
        Assert.Equal(LguestError.Invalid, guest.Device.InjectTrap(13));   // no handler
    }

    [Theory]
    [InlineData(0x1000u, 0x10202u, 6u)]     // not present, written by ring 3
    [InlineData(0x1003u, 0x10202u, 7u)]     // the kernel's
    public void PageFaultsTellTheirAddress(uint entry, uint flags, uint errorCode)
    {
        const uint address = 0xE123;
        uint handler = guest.AddHandler(new Assembly().Signal(1));
        new Assembly().Store(address, 1).Place(guest.Memory, TestGuest.UserCode);
        guest.MapAll().MapPage(address >> 12, entry);
        guest.Start(InRing3(new Assembly().Init().Gate(14, handler)));
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal(address, guest.GetData(8));
        Assert.Equal([errorCode, TestGuest.UserCode, UserCode], guest.Pushed(3));
        Assert.Equal(flags & ~0x200u, guest.Pushed(4)[3]);   // irq_enabled was 0
    }

    [Fact]
    public void DeviceWindowAccessesGoToTheLauncherWithTheirPhysicalAddress()
    {
        const uint physical = (TestGuest.Pages + 256) << 12;
        uint handler = guest.AddHandler(new Assembly().Signal(1));
        Assembly code = new Assembly().Init().Gate(14, handler).LoadEax(physical + 0x14);
        guest.MapAll().MapPage(0x20, physical | 3);
        code.Hypercall(4, TestGuest.Directory);
        uint at = TestGuest.Code + code.Length;
        guest.Start(code.LoadEax(0x20118));

        TrapRecord trap = guest.RunToTrap(14);   // in the linear start mode
        Assert.Equal(physical + 0x14, trap.Address);
        Assert.Equal(0xA1, trap.Instruction[0]);
        guest.Device.SetRegister(RegisterOffset.Eip, guest.Eip + 5);
        Assert.Equal(physical + 0x118, guest.RunToTrap(14).Address);
        Assert.Equal(at, guest.Eip);

        Assert.Equal(0u, guest.GetData(8));
        Assert.Equal(LguestError.None, guest.Device.InjectTrap(14));
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal(0x20118u, guest.GetData(8));
        Assert.Equal([0u, at], guest.Pushed(2));
    }

    [Fact]
    public void ANeighbouringUnmappedPageReadsAsZeroInTheRecord()
    {
        guest.MapAll().MapPage(0x21, 0);
        new Assembly().Signal(5).Place(guest.Memory, 0x20FFE);
        guest.Start(new Assembly().Init().Hypercall(4, TestGuest.Directory).Mov(0, 0x20FFE).Raw("ffe0"));
        TrapRecord trap = guest.RunToTrap(13);
        Assert.Equal(Convert.FromHexString("e6050000000000"), ((ReadOnlySpan<byte>)trap.Instruction).ToArray());
    }

    [Fact]
    public void FpuInstructionsTrapWhenAsked()
    {
        uint handler = guest.AddHandler(new Assembly().Hypercall(8, 0).Signal(1).Raw("cf"));
        guest.Start(new Assembly().Init().Gate(7, handler).Raw("d9e8").Hypercall(8, 1).Raw("d9e8").Signal(2));
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal(2, guest.RunToSignal());
        Assert.Equal(1, guest.Device.Counters.Traps[7]);
    }

    [Fact]
    public void SegmentsAreUsedAsLoaded()
    {
        // A thread-local segment of ring 3 with a base, loaded by LOAD_TLS, and one by LOAD_GDT_ENTRY.
        guest.Memory.Write(TestGuest.Scratch, 0x00CFF300_0000FFFFul | (ulong)TestGuest.UserStack << 16);
        guest.Memory.Write(TestGuest.UserStack, 0x11112222u);
        guest.Memory.Write(TestGuest.UserCode, 0x33334444u);
        uint low = (TestGuest.UserCode << 16) | 0xFFFF;
        guest.Start(new Assembly().Init().Hypercall(16, TestGuest.Scratch).Hypercall(18, 20, low, 0x00409200)
            .Mov(0, 0x33).Raw("8ee8")                       // mov gs, ax
            .Mov(0, 20 << 3 | 1).Raw("8ee0")                // mov fs, ax
            .Raw("658b3500000000 648b3d00000000")           // mov esi, gs:[0]; mov edi, fs:[0]
            .Signal(1));
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal((0x11112222u, 0x33334444u), (guest[RegisterOffset.Esi], guest[RegisterOffset.Edi]));
    }

    // Ring-3 segments in entries 14 and 15, a stack for traps, page tables, and an iret to user code.
    static Assembly InRing3(Assembly code)
    {
        code.Hypercall(18, 14, 0xFFFF, 0x00CFFA00).Hypercall(18, 15, 0xFFFF, 0x00CFF200).Hypercall(7, 0x69, TestGuest.InnerStack, 2)
            .Hypercall(4, TestGuest.Directory);
        foreach (uint word in (uint[])[UserData, TestGuest.UserStack, 0x202, UserCode, TestGuest.UserCode])
            code.Raw("68").Imm32(word);
        return code.Raw("b87b000000 8ed8 8ec0 cf");   // ds = es = user data
    }
}
