using LguestPS.Emulator.Platform;
using Xunit;

namespace LguestPS.Emulator.Tests.Platform;

/// <summary>The 8259A pair as its data sheet has it, set up as a PC's BIOS does: vectors from 0x20 and 0x28.</summary>
public sealed class InterruptControllerTests
{
    const ushort Command = 0x20, Data = 0x21, SecondCommand = 0xA0, SecondData = 0xA1;
    const byte End = 0x20, SpecificEnd = 0x60, ReadRequests = 0x0A, ReadInService = 0x0B, Poll = 0x0C;

    readonly InterruptController controller = new();

    public InterruptControllerTests() => Initialize();

    [Fact]
    public void EveryLineHasItsVector()
    {
        foreach (int line in Enumerable.Range(0, 16).Where(line => line != 2))
        {
            controller.Pulse(line);
            Assert.True(controller.HasRequest);
            Assert.Equal(0x20 + line, controller.Acknowledge());
            EndBoth();
            Assert.False(controller.HasRequest);
            Assert.Equal(1, controller.Acknowledged[line]);
        }
        Assert.Equal(15, controller.Acknowledged.Sum());
    }

    [Fact]
    public void LowerLinesGoFirstAndTheSecondChipAtLine2()
    {
        foreach (int line in (int[])[15, 3, 8, 1])
            controller.Pulse(line);
        List<int> order = [];
        while (controller.HasRequest)
        {
            order.Add(controller.Acknowledge() - 0x20);
            EndBoth();
        }
        Assert.Equal([1, 8, 15, 3], order);
    }

    [Fact]
    public void WhatIsInServiceHoldsBackTheLessUrgent()
    {
        controller.Pulse(4);
        Assert.Equal(0x24, controller.Acknowledge());
        controller.Pulse(4);
        controller.Pulse(6);
        Assert.False(controller.HasRequest);
        controller.Pulse(3);
        Assert.Equal(0x23, controller.Acknowledge());
        controller.Write(Command, End);
        Assert.False(controller.HasRequest);
        controller.Write(Command, End);
        Assert.Equal(0x24, controller.Acknowledge());
    }

    [Fact]
    public void AMaskedRequestWaits()
    {
        controller.Write(Data, 1 << 5);
        Assert.Equal(1 << 5, controller.Read(Data));
        controller.Pulse(5);
        Assert.False(controller.HasRequest);
        controller.Write(Data, 0);
        Assert.Equal(0x25, controller.Acknowledge());
    }

    [Fact]
    public void TheMaskOfLine2HoldsBackTheWholeSecondChip()
    {
        controller.Write(Data, 1 << 2);
        controller.Pulse(12);
        Assert.False(controller.HasRequest);
        controller.Write(Data, 0);
        Assert.Equal(0x2C, controller.Acknowledge());
    }

    [Fact]
    public void PulsesBeforeTheAcknowledgeAreOne()
    {
        controller.Pulse(1);
        controller.Pulse(1);
        controller.Acknowledge();
        controller.Write(Command, End);
        Assert.False(controller.HasRequest);
    }

    [Fact]
    public void ASpecificEndNamesItsLine()
    {
        controller.Pulse(5);
        controller.Acknowledge();
        controller.Pulse(1);
        controller.Acknowledge();
        controller.Write(Command, SpecificEnd | 5);
        Assert.Equal(1 << 1, InService(Command));
        controller.Write(Command, End);
        Assert.Equal(0, InService(Command));
    }

    [Fact]
    public void ARotatingEndMakesItsLineTheLeastUrgent()
    {
        controller.Pulse(0);
        controller.Acknowledge();
        controller.Write(Command, 0xA0);   // rotate on non-specific end
        controller.Pulse(0);
        controller.Pulse(1);
        Assert.Equal(0x21, controller.Acknowledge());
        controller.Write(Command, End);
        Assert.Equal(0x20, controller.Acknowledge());
    }

    [Fact]
    public void PriorityCanBeSet()
    {
        controller.Write(Command, 0xC0 | 4);   // line 4 the least urgent, so line 5 the most
        controller.Pulse(0);
        controller.Pulse(5);
        Assert.Equal(0x25, controller.Acknowledge());
    }

    [Fact]
    public void AnAutomaticEndLeavesNothingInService()
    {
        Initialize(mode: 0x03);
        controller.Pulse(0);
        controller.Acknowledge();
        Assert.Equal(0, InService(Command));
        controller.Pulse(7);
        Assert.Equal(0x27, controller.Acknowledge());
    }

    [Fact]
    public void TheSpecialMaskLetsTheLessUrgentThrough()
    {
        controller.Pulse(0);
        controller.Acknowledge();
        controller.Write(Data, 1);
        controller.Pulse(6);
        Assert.False(controller.HasRequest);
        controller.Write(Command, 0x68);
        Assert.Equal(0x26, controller.Acknowledge());
        controller.Write(Command, 0x48);   // and back
    }

    [Fact]
    public void ARequestThatHasGoneIsSpurious()
    {
        Assert.Equal(0x27, controller.Acknowledge());
        Assert.Equal(0, InService(Command));
        controller.Pulse(3);
        controller.Write(Data, 1 << 3);
        Assert.Equal(0x27, controller.Acknowledge());
    }

    [Fact]
    public void RequestsAndServiceCanBeRead()
    {
        controller.Pulse(3);
        controller.Pulse(9);
        controller.Acknowledge();   // line 9: it comes in at line 2
        Assert.Equal(1 << 2, InService(Command));
        Assert.Equal(1 << 1, InService(SecondCommand));
        controller.Write(Command, ReadRequests);
        Assert.Equal(1 << 3, controller.Read(Command));
    }

    [Fact]
    public void APollAcknowledges()
    {
        controller.Write(Command, Poll);
        Assert.Equal(0, controller.Read(Command) & 0x80);
        controller.Pulse(6);
        controller.Write(Command, Poll);
        Assert.Equal(0x86, controller.Read(Command));
        Assert.Equal(1 << 6, InService(Command));
        Assert.False(controller.HasRequest);
    }

    [Fact]
    public void InitializationClearsMaskAndService()
    {
        controller.Pulse(1);
        controller.Acknowledge();
        controller.Write(Data, 0xFF);
        controller.Pulse(2);
        Initialize(vectorBase: 0x70);
        Assert.Equal((0, 0), (controller.Read(Data), InService(Command)));
        Assert.False(controller.HasRequest);
        controller.Pulse(1);
        Assert.Equal(0x71, controller.Acknowledge());
    }

    [Fact]
    public void NothingComesBeforeInitialization()
    {
        InterruptController untouched = new();
        untouched.Pulse(0);
        Assert.False(untouched.HasRequest);
    }

    [Fact]
    public void TheTriggerModeIsKept()
    {
        controller.Write(0x4D0, 0x20);
        controller.Write(0x4D1, 0x0C);
        Assert.Equal((0x20, 0x0C), (controller.Read(0x4D0), controller.Read(0x4D1)));
    }

    void Initialize(byte vectorBase = 0x20, byte mode = 0x01)
    {
        foreach ((ushort command, ushort data, byte first, byte cascade) in ((ushort, ushort, byte, byte)[])[(Command, Data, vectorBase, 4), (SecondCommand, SecondData, (byte)(vectorBase + 8), 2)])
        {
            controller.Write(command, 0x11);
            controller.Write(data, first);
            controller.Write(data, cascade);
            controller.Write(data, mode);
        }
    }

    int InService(ushort port)
    {
        controller.Write(port, ReadInService);
        return controller.Read(port);
    }

    void EndBoth()
    {
        controller.Write(SecondCommand, End);
        controller.Write(Command, End);
    }
}
