using System.Text;
using LguestPS.Emulator.Hypervisor;
using Xunit;

namespace LguestPS.Emulator.Tests.Hypervisor;

/// <summary>The device as a launcher sees it: requests, start state, reads, deaths.</summary>
public sealed class LguestDeviceTests : IDisposable
{
    readonly TestGuest guest = new();

    public void Dispose() => guest.Dispose();

    [Fact]
    public void StartsAsTheInterfaceSays()
    {
        guest.Start(new Assembly().Signal(1));
        TrapRecord trap = guest.RunToTrap(13);
        Assert.Equal(Convert.FromHexString("e6010000000000"), ((ReadOnlySpan<byte>)trap.Instruction).ToArray());
        Dictionary<uint, uint> expected = new()
        {
            [RegisterOffset.Eip] = TestGuest.Code,
            [RegisterOffset.Cs] = 0x61,
            [RegisterOffset.Ds] = 0x69,
            [RegisterOffset.Es] = 0x69,
            [RegisterOffset.Ss] = 0x69,
            [RegisterOffset.Eflags] = 0x202,
        };
        for (uint offset = 0; offset <= RegisterOffset.Ss; offset += 4)
            if (offset != 44)   // no register there
                Assert.Equal(expected.GetValueOrDefault(offset), guest[offset]);
    }

    [Fact]
    public void RequestsAreAnsweredByErrno()
    {
        LguestDevice device = guest.Device;
        Assert.Equal(LguestError.Invalid, device.Write([2, 1]));   // before INITIALIZE
        Assert.Equal(-22, device.Read(new byte[12]));
        Assert.Equal(LguestError.Invalid, device.Write([0, 0, TestGuest.Pages + 1, TestGuest.Code, TestGuest.DeviceLimit]));
        Assert.Equal(LguestError.None, device.Write([0, 0, TestGuest.Pages, TestGuest.Code, TestGuest.DeviceLimit]));
        Assert.Equal(LguestError.Busy, device.Write([0, 0, TestGuest.Pages, TestGuest.Code, TestGuest.DeviceLimit]));
        Assert.Equal(LguestError.None, device.Write([2, 31]));
        foreach (uint[] bad in (uint[][])[[2, 32], [1, 0], [3, 0], [4, 0], [8, 0], [], [6, 0], [7, 13], [7, 256]])
            Assert.Equal(LguestError.Invalid, device.Write(bad));
        Assert.Equal(LguestError.NoEntry, device.Write([5, 44]));
        Assert.Equal(LguestError.NoEntry, device.Write([5, 2]));
        Assert.Equal(LguestError.NoEntry, device.Write([6, RegisterOffset.Cs, 0]));
        Assert.Equal(LguestError.NoEntry, device.Write([6, RegisterOffset.Eflags, 0]));
        Assert.Equal(LguestError.None, device.Write([6, RegisterOffset.Edi, 0x12345678]));
        Assert.Equal(LguestError.None, device.Write([5, RegisterOffset.Edi]));
        byte[] register = new byte[4];
        Assert.Equal(4, device.Read(register));
        Assert.Equal(0x12345678u, BitConverter.ToUInt32(register));
    }

    [Fact]
    public void ReadsTrapsAsTwelveBytesAndDeathAsText()
    {
        guest.Start(new Assembly().Signal(7).Hypercall(99));
        byte[] buffer = new byte[1024];
        Assert.Equal(12, guest.Device.Read(buffer));
        Assert.Equal(Convert.FromHexString("0de607b8630000" + "00" + "00000000"), buffer[..12]);
        guest.Device.Write([6, RegisterOffset.Eip, TestGuest.Code + 2]);
        Assert.Equal(-2, guest.Device.Read(buffer));
        int length = guest.Device.Read(buffer);
        Assert.Equal("hypercall 99 before INIT\0", Encoding.ASCII.GetString(buffer, 0, length));
        Assert.Equal(LguestError.NoEntry, guest.Device.Write([2, 1]));
        Assert.Equal(LguestError.NoEntry, guest.Device.Write([1]));
        Assert.Equal(LguestError.NoEntry, guest.Device.Write([0, 0, 1, 1, 1]));
    }

    [Theory]
    [InlineData(TestGuest.Scratch)]
    [InlineData(0x40000000u)]   // what Linux gives for no message
    public void RestartIsAnErrorOfItsOwn(uint message)
    {
        guest.Start(new Assembly().Init().Hypercall(2, message, 2));
        Assert.Equal(-85, guest.Device.Read(new byte[12]));
        Assert.Equal(LguestOutcome.Restart, guest.Device.Run(out _));
    }

    [Fact]
    public void StopMakesARunReturn()
    {
        guest.Start(new Assembly().Spin());
        using Timer timer = new(_ => guest.Device.Stop(), null, 50, Timeout.Infinite);
        Assert.Equal(LguestOutcome.Stopped, guest.Device.Run(out _));
        Assert.Equal(-4, guest.Device.Read(new byte[12]));
        Assert.True(guest.Device.InstructionsRetired > 1000);
    }

    [Theory]
    [InlineData(0u, "CRASH: Power down")]
    [InlineData(2u, "CRASH: Power down")]
    public void ShutdownGivesItsMessage(uint tail, string reason)
    {
        using TestGuest other = new();
        "Power down\0rest"u8.CopyTo(other.Memory.Slice(TestGuest.Scratch + tail, 15));
        other.Start(new Assembly().Init().Hypercall(2, TestGuest.Scratch + tail, 1));
        Assert.Equal(reason, other.RunToDeath());
    }

    [Fact]
    public void ALongMessageIsCut()
    {
        guest.Memory.Slice(TestGuest.Scratch, 200).Fill((byte)'x');
        guest.Start(new Assembly().Init().Hypercall(2, TestGuest.Scratch, 1));
        Assert.Equal("CRASH: " + new string('x', 127), guest.RunToDeath());
    }

    /// <summary>Each rule that a guest can break by one hypercall, and what it dies of.</summary>
    public static TheoryData<uint[], string> DeadlyHypercalls => new()
    {
        { [1, TestGuest.Data], "already have lguest_data" },
        { [3], "Bad hypercall 3" },
        { [20], "Bad hypercall 20" },
        { [0xFFFFFFFF], "Bad hypercall -1" },
        { [2, 0xFFFF1, 1], "bad read address 0xffff1 len 128" },
        { [6, 3, 0x601234, 0x8500], "bad IDT type 5" },
        { [6, 256, 0x601234, 0x8E00], "Setting idt entry 256" },
        { [7, 0x68, 0x1000, 1], "bad stack segment 104" },
        { [7, 0x69, 0x1000, 3], "bad stack pages 3" },
        { [14, 0, 0xFFFE0000, 0], "attempt to set pte into Switcher pages" },
        { [15, 0, 1025], "Attempt to set pgd 1025/1024" },
        { [16, 0xFFFF0], "bad read address 0xffff0 len 24" },
        { [18, 32], "too many gdt entries 32" },
        { [4, 0x200000], "bad read address 0x200000 len 4" },   // found out at the next instruction fetch
    };

    [Theory, MemberData(nameof(DeadlyHypercalls))]
    public void BrokenRulesAreDeath(uint[] call, string reason)
    {
        guest.Start(new Assembly().Init().Hypercall(call[0], call.ElementAtOrDefault(1), call.ElementAtOrDefault(2), call.ElementAtOrDefault(3)).Spin());
        Assert.Equal(reason, guest.RunToDeath());
    }

    [Theory]
    [InlineData(TestGuest.Data, 0x41u, 0xC0000000u, "bad syscall vector")]
    [InlineData(TestGuest.Data, 0x80u, 0xFFFE0000u, "bad kernel address 0xfffe0000")]
    [InlineData(0xFFB00u, 0x80u, 0xC0000000u, "bad guest page 0xffb00")]
    public void InitChecksWhatItIsGiven(uint address, uint syscallVector, uint kernelAddress, string reason)
    {
        guest.SetData(1384, syscallVector);
        guest.SetData(1380, kernelAddress);
        guest.Start(new Assembly().Hypercall(1, address).Spin());
        Assert.Equal(reason, guest.RunToDeath());
    }

    [Fact]
    public void EveryOtherHypercallMustWaitForInit()
    {
        guest.Start(new Assembly().Hypercall(10));
        Assert.Equal("hypercall 10 before INIT", guest.RunToDeath());
    }

    [Theory]
    [InlineData("0f0b", "unhandled trap 6 at 0x4000 (0)")]
    [InlineData("a100005000", "bad page table entry")]                            // beyond the device window
    [InlineData("a10000feff", "unhandled trap 14 at 0x4000 (0xfffe0000)")]        // the host's part of the address space
    [InlineData("cd80", "unhandled trap 13 at 0x4000 (0x402)")]                   // no gate, so no privilege to use it
    [InlineData("cc", "unhandled trap 13 at 0x4000 (0x1a)")]
    public void TrapsWithoutHandlersAreDeath(string code, string reason)
    {
        guest.Start(new Assembly().Raw(code));
        Assert.Equal(reason.Replace("(0)", "(0x0)"), guest.RunToDeath());
    }

    [Theory]
    [InlineData(0xB087u, 0x5007u, "bad page directory entry")]
    [InlineData(0x100007u, 0x5007u, "bad page directory entry")]
    [InlineData(0xB007u, 0x5087u, "bad page table entry")]
    [InlineData(0xB007u, 0x300007u, "bad page table entry")]
    public void BadPageTablesAreDeath(uint directoryEntry, uint entry, string reason)
    {
        guest.MapAll();
        guest.Memory.Write(TestGuest.Directory + 4, directoryEntry);   // 4 MB and up
        guest.MapPage(5, entry);
        guest.Start(new Assembly().Init().Hypercall(4, TestGuest.Directory).LoadEax(0x405000));
        Assert.Equal(reason, guest.RunToDeath());
    }

    [Fact]
    public void AnUnmappedStackIsDeath()
    {
        guest.MapAll().MapPage((TestGuest.Stack >> 12) - 1, 0);
        guest.Start(new Assembly().Init().Gate(6, TestGuest.Handlers).Hypercall(4, TestGuest.Directory).Raw("0f0b"));
        Assert.Equal($"Bad address 0x{TestGuest.Stack - 12:x}", guest.RunToDeath());
    }

    [Fact]
    public void HypercallsAllocateNothing()
    {
        var code = new Assembly().Init();
        foreach (uint rounds in (uint[])[500, 10, 3000])   // the first warms up
        {
            code.Mov(7, rounds);
            uint top = code.Length;
            // FLUSH_TLB, TS, SET_CLOCKEVENT, LOAD_TLS, SEND_INTERRUPTS
            code.Hypercall(5).Hypercall(8, 0).Hypercall(9, 0).Hypercall(16, TestGuest.Scratch).Hypercall(19);
            code.Raw("4f0f85").Imm32(top - (code.Length + 4)).Signal((byte)(rounds & 7));   // dec edi, jnz top
        }
        guest.Start(code);
        guest.RunToSignal();
        long[] allocated = new long[3];
        for (int i = 0; i < 3; i++)
        {
            allocated[i] = GC.GetAllocatedBytesForCurrentThread();
            if (i < 2)
                guest.RunToSignal();
        }
        // The signal at the end of each part is a fault, which does allocate, not always the same. One object a round would be more than this.
        const int smallestObject = 24;
        Assert.InRange(allocated[2] - allocated[1] - (allocated[1] - allocated[0]), long.MinValue, 2990 * smallestObject - 1);
    }
}
