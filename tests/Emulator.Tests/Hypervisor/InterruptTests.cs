using System.Diagnostics;
using LguestPS.Emulator.Hypervisor;
using Xunit;

namespace LguestPS.Emulator.Tests.Hypervisor;

/// <summary>Interrupts, sleep, the timer, and the ring of asynchronous hypercalls.</summary>
public sealed class InterruptTests : IDisposable
{
    const uint Enabled = 0, Blocked = 4, Time = 12, Waiting = 20;

    readonly ManualClock clock = new();
    readonly TestGuest guest;

    public InterruptTests() => guest = new(clock);

    public void Dispose() => guest.Dispose();

    [Fact]
    public void AnEnabledInterruptPushesAFrame()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(2).Store(TestGuest.Data, 0x200).Raw("cf"));
        guest.Start(new Assembly().Init().Gate(35, handler).Store(TestGuest.Data, 0x200).Signal(1).Raw("9090").Signal(3));
        Assert.Equal(1, guest.RunToSignal());
        uint eip = guest.Eip;
        clock.WallNanoseconds = 7_000_000_005;
        guest.Device.RaiseInterrupt(3);
        Assert.Equal(2, guest.RunToSignal());
        Assert.Equal([eip, 0x61u], guest.Pushed(2));
        Assert.NotEqual(0u, guest.Pushed(3)[2] & 0x200);
        Assert.Equal(0u, guest.GetData(Enabled));
        Assert.Equal((7u, 5u), (guest.GetData(Time), guest.GetData(Time + 4)));
        Assert.Equal(3, guest.RunToSignal());
        Assert.Equal(1, guest.Device.Counters.Interrupts[3]);
    }

    [Fact]
    public void ADisabledInterruptWaitsAndSaysSo()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(2));
        guest.Start(new Assembly().Init().Gate(32 + 5, handler).Signal(1).Store(TestGuest.Data, 0x200).Hypercall(19).Signal(3));
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal(0u, guest.GetData(Waiting));
        guest.Device.RaiseInterrupt(5);
        Assert.Equal(2, guest.RunToSignal());   // in SEND_INTERRUPTS, and not before
        Assert.Equal(0u, guest.GetData(Waiting));
        Assert.Equal(1, guest.Device.Counters.Hypercalls[19]);
    }

    [Fact]
    public void WaitingIsShownWhileInterruptsAreDisabled()
    {
        guest.Start(new Assembly().Init().Gate(37, TestGuest.Handlers).Signal(1).Raw("9090").Signal(2).Store(TestGuest.Data + Blocked, 1 << 5).Hypercall(0).Signal(3));
        Assert.Equal(1, guest.RunToSignal());
        guest.Device.RaiseInterrupt(5);
        Assert.Equal(2, guest.RunToSignal());
        Assert.Equal(0x200u, guest.GetData(Waiting));
        Assert.Equal(3, guest.RunToSignal());   // masked now: nothing waits
        Assert.Equal(0u, guest.GetData(Waiting));
    }

    [Fact]
    public void TheLowestUnblockedComesFirstAndTheNextIsShownWaiting()
    {
        uint second = guest.AddHandler(new Assembly().Signal(2).Store(TestGuest.Data, 0x200).Hypercall(19));
        uint fourth = guest.AddHandler(new Assembly().Signal(4));
        guest.Start(new Assembly().Init().Gate(34, second).Gate(36, fourth).Store(TestGuest.Data + Blocked, 1 << 1).Signal(1).Store(TestGuest.Data, 0x200).Hypercall(19));
        Assert.Equal(1, guest.RunToSignal());
        foreach (uint irq in (uint[])[4, 1, 2])
            guest.Device.RaiseInterrupt(irq);
        Assert.Equal(2, guest.RunToSignal());
        Assert.Equal(0x200u, guest.GetData(Waiting));
        Assert.Equal(4, guest.RunToSignal());
        Assert.Equal(0u, guest.GetData(Waiting));
        Assert.Equal(0, guest.Device.Counters.Interrupts[1]);
    }

    [Fact]
    public void NoInterruptIsPushedOntoTheFrameOfAnIret()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(2));
        // A frame to return to 0x5000 with the carry flag, and the iret at which nothing may be pushed.
        Assembly code = new Assembly().Init().Gate(33, handler).Raw("68").Imm32(0x203).Raw("68").Imm32(0x61).Raw("68").Imm32(0x5000)
            .Store(TestGuest.Data, 0x200).Signal(1);
        guest.SetData(1376, TestGuest.Code + code.Length);
        guest.Start(code.Raw("cf"));
        Assert.Equal(1, guest.RunToSignal());
        uint esp = guest[RegisterOffset.Esp];
        guest.Device.RaiseInterrupt(1);
        Assert.Equal(2, guest.RunToSignal());
        Assert.Equal(esp, guest[RegisterOffset.Esp]);
        Assert.Equal([0x5000u, 0x61u, 0x203u], guest.Pushed(3));
        Assert.Equal(0x203u, guest[RegisterOffset.Eflags]);
    }

    [Fact]
    public void AnInterruptComesInTheMiddleOfALoop()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(2));
        guest.Start(new Assembly().Init().Gate(33, handler).Store(TestGuest.Data, 0x200).Spin());
        using Timer timer = new(_ => guest.Device.RaiseInterrupt(1), null, 50, Timeout.Infinite);
        Assert.Equal(2, guest.RunToSignal());
    }

    [Fact]
    public void InterruptsComeToAGuestThatEnablesThemWithoutSaying()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(2));
        guest.Start(new Assembly().Init().Gate(33, handler).Signal(1).Raw("9090").Store(TestGuest.Data, 0x200).Spin());
        Assert.Equal(1, guest.RunToSignal());
        guest.Device.RaiseInterrupt(1);
        Assert.Equal(2, guest.RunToSignal());
    }

    [Fact]
    public void NothingComesBeforeInit()
    {
        guest.Start(new Assembly().Raw("9090").Signal(1).Init().Signal(2));
        guest.Device.RaiseInterrupt(1);
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal(2, guest.RunToSignal());
        Assert.Equal(0x200u, guest.GetData(Waiting));
    }

    [Fact]
    public void HaltSleepsUntilAnInterrupt()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(2).Raw("cf"));
        guest.Start(new Assembly().Init().Gate(33, handler).Signal(1).Hypercall(10).Signal(3));
        Assert.Equal(1, guest.RunToSignal());
        using Timer timer = new(_ => guest.Device.RaiseInterrupt(1), null, 300, Timeout.Infinite);
        long retired = guest.Device.InstructionsRetired;
        Assert.Equal(2, guest.RunToSignal());
        Assert.True(guest.Device.InstructionsRetired - retired < 20, "the guest did not sleep");
        Assert.NotEqual(0u, guest.Pushed(3)[2] & 0x200);   // HALT enables interrupts
        Assert.Equal(3, guest.RunToSignal());
    }

    [Fact]
    public void ABlockedInterruptDoesNotEndHalt()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(2));
        guest.SetData(Blocked, 1 << 1);
        guest.Start(new Assembly().Init().Gate(33, handler).Gate(34, handler).Hypercall(10).Signal(3));
        guest.Device.RaiseInterrupt(1);
        using Timer timer = new(_ => guest.Device.RaiseInterrupt(2), null, 100, Timeout.Infinite);
        Assert.Equal(2, guest.RunToSignal());
        Assert.Equal((0L, 1L), (guest.Device.Counters.Interrupts[1], guest.Device.Counters.Interrupts[2]));
    }

    [Fact]
    public void StopEndsHalt()
    {
        guest.Start(new Assembly().Init().Hypercall(10));
        using Timer timer = new(_ => guest.Device.Stop(), null, 100, Timeout.Infinite);
        Assert.Equal(LguestOutcome.Stopped, guest.Device.Run(out _));
    }

    [Fact]
    public void TheTimerComesOnceAtItsTime()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(2).Raw("cf"));
        guest.Start(new Assembly().Init().Gate(32, handler).Store(TestGuest.Data, 0x200).Hypercall(9, 5_000_000).Signal(1).Signal(3).Hypercall(19).Hypercall(19).Signal(4));
        Assert.Equal(1, guest.RunToSignal());
        clock.MonotonicNanoseconds += 4_999_999;
        Assert.Equal(3, guest.RunToSignal());
        clock.MonotonicNanoseconds += 1;
        Assert.Equal(2, guest.RunToSignal());
        clock.MonotonicNanoseconds += 50_000_000;
        Assert.Equal(4, guest.RunToSignal());
        Assert.Equal(1, guest.Device.Counters.Interrupts[0]);
    }

    [Fact]
    public void ZeroCancelsTheTimer()
    {
        uint handler = guest.AddHandler(new Assembly().Signal(2));
        guest.Start(new Assembly().Init().Gate(32, handler).Store(TestGuest.Data, 0x200).Hypercall(9, 5_000).Hypercall(9, 0).Signal(1).Signal(3));
        Assert.Equal(1, guest.RunToSignal());
        clock.MonotonicNanoseconds += 1_000_000;
        Assert.Equal(3, guest.RunToSignal());
    }

    [Fact]
    public void TheTimerEndsHaltByItself()
    {
        using TestGuest other = new();
        uint handler = other.AddHandler(new Assembly().Signal(2));
        other.Start(new Assembly().Init().Gate(32, handler).Hypercall(9, 150_000_000).Hypercall(10));
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal(2, other.RunToSignal());
        Assert.InRange(watch.ElapsedMilliseconds, 100, 10_000);
    }

    [Fact]
    public void TheRingIsWorkedOffInOrderFromWhereItWasLeft()
    {
        // Slots 0 and 1 load gate 6 twice, the second counts; slot 2 is done; slot 3 waits behind it.
        uint handler = guest.AddHandler(new Assembly().Signal(6));
        FillSlot(0, 6, 6, 0x00600000 | 0x1234, 0x8E00);
        FillSlot(1, 6, 6, 0x00600000 | handler, 0x8E00);
        FillSlot(3, 99);
        guest.Start(new Assembly().Init().Hypercall(0).Signal(1).Hypercall(0).Raw("0f0b"));
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal([0xFF, 0xFF, 0xFF, 0], guest.Memory.Slice(TestGuest.Data + 24, 4).ToArray());
        FillSlot(2, 8, 0);   // now slot 3 is next after it, and deadly
        Assert.Equal("Bad hypercall 99", guest.RunToDeath());
        Assert.Equal(2, guest.Device.Counters.Hypercalls[6]);
        Assert.Equal(1, guest.Device.Counters.Hypercalls[8]);
    }

    [Fact]
    public void SetPteMakesAChangedEntrySeen()
    {
        guest.MapAll();
        guest.Memory.Write(0x21000, 0x1111u);
        guest.Memory.Write(0x22000, 0x2222u);
        guest.Start(new Assembly().Init().Hypercall(4, TestGuest.Directory).LoadEax(0x21000).Store(TestGuest.Table + 0x21 * 4, 0x22007)
            .Hypercall(14, TestGuest.Directory, 0x21000, 0x22007).LoadEax(0x21000).Signal(1));
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal(0x2222u, guest[RegisterOffset.Eax]);
    }

    [Fact]
    public void FlushTlbMakesAChangedEntrySeen()
    {
        guest.MapAll();
        guest.Memory.Write(0x22000, 0x2222u);
        guest.Start(new Assembly().Init().Hypercall(4, TestGuest.Directory).LoadEax(0x21000).Store(TestGuest.Table + 0x21 * 4, 0x22007)
            .Hypercall(5, 0).LoadEax(0x21000).Signal(1));
        Assert.Equal(1, guest.RunToSignal());
        Assert.Equal(0x2222u, guest[RegisterOffset.Eax]);
    }

    void FillSlot(uint slot, params uint[] words)
    {
        for (uint i = 0; i < words.Length; i++)
            guest.SetData(88 + slot * 20 + i * 4, words[i]);
        guest.Memory.Write<byte>(TestGuest.Data + 24 + slot, 0);
    }
}
