using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Hypervisor;
using LguestPS.Emulator.Memory;
using Xunit;

namespace LguestPS.Emulator.Tests.Hypervisor;

/// <summary>The tables that a guest loads by hypercalls, and the page that it shares.</summary>
public sealed class TableTests
{
    [Fact]
    public void GateKeepsAddressTypeAndPrivilege()
    {
        GateTable gates = new();
        Assert.Null(gates.Load(0x80, 0x0060ABCD, 0xC125EF00));
        Assert.Equal(new Gate(0xC125ABCD, Gate.Trap, 3, true), gates[0x80]);
        Assert.Null(gates.Load(0x80, 0x0060ABCD, 0xC1256F00));   // not present: cleared
        Assert.Equal(default, gates[0x80]);
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(8u)]
    [InlineData(15u)]
    [InlineData(0x1Fu)]
    public void GatesOfTheHostAreIgnored(uint vector)
    {
        GateTable gates = new();
        Assert.Null(gates.Load(vector, 0x00601234, 0xC1258500));   // not even its type matters
        Assert.False(gates[(int)vector].Present);
    }

    [Theory]
    [InlineData(3u, 0xC1258500u, "bad IDT type 5")]
    [InlineData(256u, 0xC1258E00u, "Setting idt entry 256")]
    public void BadGatesAreRefused(uint vector, uint high, string reason) =>
        Assert.Equal(reason, new GateTable().Load(vector, 0x00601234, high));

    [Theory]
    [InlineData(0, 0xF, true)]
    [InlineData(0, 0xE, false)]
    [InlineData(6, 0xF, true)]
    [InlineData(7, 0xF, false)]
    [InlineData(13, 0xF, false)]
    [InlineData(14, 0xF, false)]
    [InlineData(32, 0xF, false)]
    [InlineData(0x80, 0xF, true)]
    [InlineData(0x81, 0xF, false)]
    public void TrapGatesThatNeedNoHostAreDirect(int vector, uint type, bool direct)
    {
        GateTable gates = new();
        gates.Load((uint)vector, 0x00601234, 0xC1258000 | type << 8);
        Assert.Equal(direct, gates.IsDirect(vector, syscallVector: 0x80));
    }

    [Fact]
    public void SegmentsStartFlatInRing1()
    {
        SegmentTable segments = new();
        Assert.True(segments.TryRead(0x61, out ulong code));
        Segment loaded = Segment.FromDescriptor(0x61, code);
        Assert.True(loaded is { Base: 0, Limit: uint.MaxValue, Dpl: 1, IsCode: true, Readable: true, Is32Bit: true, Present: true });
        Assert.True(segments.TryRead(0x69, out ulong data));
        loaded = Segment.FromDescriptor(0x69, data);
        Assert.True(loaded is { Base: 0, Limit: uint.MaxValue, Dpl: 1, IsCode: false, Writable: true, Is32Bit: true, Present: true });
    }

    [Fact]
    public void PrivilegeIsRaisedAndAccessedSet()
    {
        SegmentTable segments = new();
        segments.Load(14, 0x0000FFFF, 0x00CF9A00);
        Assert.Equal(0x00CFBB000000FFFFul, segments[14]);
        segments.Load(15, 0x0000FFFF, 0x00CFF200);   // ring 3 stays
        Assert.Equal(0x00CFF3000000FFFFul, segments[15]);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(16)]
    [InlineData(31)]
    public void SegmentsOfTheHostAreIgnored(int index)
    {
        SegmentTable segments = new();
        segments.Load(index, 0xFFFF, 0x00CF9A00);
        Assert.Equal(0ul, segments[index]);
    }

    [Theory]
    [InlineData(0x0104)]   // beyond 32 entries... and a local table
    [InlineData(0x0100)]
    [InlineData(0x0064)]
    public void NoDescriptorBeyondTheTableOrInALocalOne(int selector) => Assert.False(new SegmentTable().TryRead((ushort)selector, out _));

    [Fact]
    public void RingSlotIsTakenOnce()
    {
        using GuestMemory memory = new(new HeapMemoryBacking(0x2000));
        const uint address = 0x200;
        memory.Slice(address + 24, 64).Fill(0xFF);
        memory.Write<byte>(address + 24 + 3, 0);
        for (uint i = 0; i < 5; i++)
            memory.Write(address + 88 + 3 * 20 + i * 4, 100 + i);
        LguestData data = new(memory, address);
        Assert.False(data.TryTakeRingSlot(2, out _));
        Assert.True(data.TryTakeRingSlot(3, out HypercallArguments call));
        Assert.Equal(new HypercallArguments(100, 101, 102, 103, 104), call);
        Assert.Equal(0xFF, memory.Read<byte>(address + 24 + 3));
        Assert.False(data.TryTakeRingSlot(3, out _));
    }

    [Fact]
    public void SharedFieldsLieWhereTheGuestLooks()
    {
        using GuestMemory memory = new(new HeapMemoryBacking(0x2000));
        const uint address = 0x200;
        memory.Write(address + 1376, 0xC0001111);
        memory.Write(address + 1380, 0xC0000000);
        memory.Write(address + 1384, 0x80);
        memory.Write(address + 4, 0x12u);
        LguestData data = new(memory, address);
        Assert.Equal((0xC0001111u, 0xC0000000u, 0x80u, 0x12u), (data.NoIrqIret, data.KernelAddress, data.SyscallVector, data.BlockedInterrupts));
        data.InterruptsEnabled = true;
        data.SetCr2(0xDEAD);
        data.SetTime(5_000_000_007);
        data.ShowWaiting(true);
        data.SetHostFacts(0x20000, 0);
        Assert.Equal(
            [0x200u, 0xDEADu, 5u, 7u, 0x200u, 0x20000u],
            new uint[] { 0, 8, 12, 16, 20, 1368 }.Select(offset => memory.Read<uint>(address + offset)));
        data.ShowWaiting(false);
        Assert.Equal(0u, memory.Read<uint>(address + 20));
    }
}
