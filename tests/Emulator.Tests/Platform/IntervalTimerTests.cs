using LguestPS.Emulator.Platform;
using LguestPS.Emulator.Tests.Hypervisor;
using LguestPS.Emulator.Time;
using Xunit;

namespace LguestPS.Emulator.Tests.Platform;

/// <summary>The 8254 against its data sheet, in time that is moved by hand.</summary>
public sealed class IntervalTimerTests
{
    /// <summary>A clock that moves on each time somebody looks at it, as the host's does.</summary>
    sealed class RunningClock : IClock
    {
        public const long Step = 1000;

        long now = 1_000_000_000_000;

        public long MonotonicNanoseconds => now += Step;

        public long WallNanoseconds => MonotonicNanoseconds;

        public void Advance(long nanoseconds) => now += nanoseconds;
    }

    const ushort Control = 0x43, Speaker = 0x61;

    readonly ManualClock clock = new();
    readonly IntervalTimer timer;
    int fired;

    public IntervalTimerTests() => timer = new(clock, () => fired++);

    [Fact]
    public void NothingFiresBeforeACountIsLoaded()
    {
        Assert.Equal(long.MaxValue, timer.Deadline);
        timer.Write(Control, 0x34);
        Assert.Equal(long.MaxValue, timer.Deadline);
        timer.Write(0x40, 0x00);   // half a count
        Assert.Equal(long.MaxValue, timer.Deadline);
    }

    [Theory]
    [InlineData(0x34)]   // rate generator
    [InlineData(0x36)]   // square wave
    public void PeriodicModesFireEachPeriod(byte mode)
    {
        Load(0, mode, 11932);
        for (int i = 1; i <= 3; i++)
        {
            AdvanceTo(timer.Deadline - 1);
            timer.Poll();
            Assert.Equal(i - 1, fired);
            AdvanceTo(timer.Deadline);
            timer.Poll();
            Assert.Equal(i, fired);
        }
        // Three periods, no rounding added up.
        Assert.InRange(clock.MonotonicNanoseconds - 1_000_000_000, 3 * 11932L * 1_000_000_000 / IntervalTimer.Frequency, 3 * 11932L * 1_000_000_000 / IntervalTimer.Frequency + 1);
    }

    [Fact]
    public void MissedPeriodsAreNotMadeUpFor()
    {
        Load(0, 0x34, 1000);
        AdvanceTicks(10_500);
        timer.Poll();
        timer.Poll();
        Assert.Equal(1, fired);
        AdvanceTicks(501);
        timer.Poll();
        Assert.Equal(2, fired);
    }

    [Fact]
    public void TheTerminalCountFiresOnce()
    {
        Load(0, 0x30, 500);
        AdvanceTicks(499);
        timer.Poll();
        Assert.Equal(0, fired);
        AdvanceTicks(2);
        timer.Poll();
        timer.Poll();
        Assert.Equal(1, fired);
        Assert.Equal(long.MaxValue, timer.Deadline);
        Load(0, 0x30, 500);
        Assert.NotEqual(long.MaxValue, timer.Deadline);
    }

    [Fact]
    public void AZeroCountIsTheLargest()
    {
        Load(0, 0x34, 0);
        Assert.InRange(timer.Deadline - clock.MonotonicNanoseconds, 54_925_400, 54_925_500);   // 65536 counts
    }

    [Fact]
    public void ATickThatIsDueIsNotLostToACommand()
    {
        Load(0, 0x38, 1000);   // once
        AdvanceTicks(1001);
        timer.Write(Control, 0x00);   // latch, before anybody has looked at the clock
        Assert.Equal(1, fired);
        timer.Poll();
        Assert.Equal(1, fired);
    }

    [Theory]
    [InlineData(Control, 0x00)]   // latch counter 0
    [InlineData(Control, 0xB0)]   // counter 2's mode
    [InlineData(0x42, 0x12)]      // half of its count
    [InlineData(0x40, 0x12)]      // half of a new count for counter 0
    public void ATickThatComesDueWithinACommandIsNotLost(ushort port, byte value)
    {
        RunningClock running = new();
        int ticks = 0;
        IntervalTimer hurried = new(running, () => ticks++);
        hurried.Write(Control, 0x38);   // once
        hurried.Write(0x40, 0x10);
        hurried.Write(0x40, 0x00);
        running.Advance(hurried.Deadline - running.MonotonicNanoseconds - 2 * RunningClock.Step);
        hurried.Write(port, value);   // not due at the first look at the clock, due at the next
        hurried.Poll();
        Assert.Equal(1, ticks);
    }

    [Fact]
    public void AShortCountThatIsOverBeforeItIsLookedAtStillFires()
    {
        RunningClock slow = new();
        int ticks = 0;
        IntervalTimer hurried = new(slow, () => ticks++);
        hurried.Write(Control, 0x18);   // once, low byte only
        hurried.Write(0x40, 1);   // less than what passes between two looks at the clock
        hurried.Poll();
        Assert.Equal(1, ticks);
    }

    [Fact]
    public void ACountRunsDown()
    {
        Load(0, 0x34, 5000);
        AdvanceTicks(1200);
        Assert.Equal(3800, ReadBoth(0x40), 1.0);
        AdvanceTicks(4000);
        Assert.Equal(4800, ReadBoth(0x40), 1.0);
    }

    [Fact]
    public void ASquareWaveCountsByTwo()
    {
        Load(0, 0x36, 5000);
        AdvanceTicks(1000);
        Assert.Equal(3000, ReadBoth(0x40), 2.0);
        AdvanceTicks(2000);
        Assert.Equal(4000, ReadBoth(0x40), 2.0);
    }

    [Fact]
    public void ATerminalCountGoesOnBelowZero()
    {
        Load(0, 0x30, 100);
        AdvanceTicks(150);
        Assert.Equal(0x10000 - 50, ReadBoth(0x40), 1.0);
    }

    [Fact]
    public void ALatchedCountStays()
    {
        Load(0, 0x34, 0x8000);
        AdvanceTicks(0x1000);
        timer.Write(Control, 0x00);
        AdvanceTicks(0x1000);
        timer.Write(Control, 0x00);   // a second latch before the first is read changes nothing
        Assert.Equal(0x7000, ReadBoth(0x40), 1.0);
        Assert.Equal(0x6000, ReadBoth(0x40), 1.0);
    }

    [Fact]
    public void ReadBackLatchesStatusAndCount()
    {
        Load(2, 0xB0, 0x1234);
        timer.Write(Control, 0xC8);   // status and count of counter 2
        Assert.Equal(0x30, timer.Read(0x42) & 0x3F);   // both bytes, mode 0, binary
        Assert.Equal(0x1234, ReadBoth(0x42), 1.0);
        timer.Write(Control, 0xB0);
        timer.Write(Control, 0xE8);   // status only, before a count is loaded
        Assert.Equal(0x40, timer.Read(0x42) & 0x40);
    }

    [Fact]
    public void SingleByteAccess()
    {
        timer.Write(Control, 0x94);   // counter 2, low byte, mode 2
        timer.Write(0x42, 200);
        AdvanceTicks(50);
        Assert.Equal(150, timer.Read(0x42), 1.0);
        timer.Write(Control, 0xA4);   // high byte
        timer.Write(0x42, 0x20);
        AdvanceTicks(0x180);
        Assert.Equal(0x1E, timer.Read(0x42));
    }

    [Fact]
    public void DecimalCounts()
    {
        Load(0, 0x35, 0x1000);   // a thousand in BCD
        AdvanceTicks(1);
        Assert.Equal(0x0999, ReadBoth(0x40));
        Assert.InRange(timer.Deadline - 1_000_000_000, 838_000, 839_000);
    }

    [Fact]
    public void TheSpeakerPortShowsCounter2AsKernelsMeasureTime()
    {
        timer.Write(Speaker, 0x01);
        Load(2, 0xB0, 59659);   // 50 ms
        Assert.Equal(0, timer.Read(Speaker) & 0x20);
        AdvanceTicks(59658);
        Assert.Equal(0, timer.Read(Speaker) & 0x20);
        AdvanceTicks(2);
        Assert.Equal(0x21, timer.Read(Speaker) & 0x21);
        Assert.Equal(0, fired);
    }

    [Fact]
    public void ARisingGateStartsAOneShot()
    {
        timer.Write(Speaker, 0x00);
        Load(2, 0xB2, 100);   // mode 1
        AdvanceTicks(500);
        timer.Write(Speaker, 0x01);
        Assert.Equal(0, timer.Read(Speaker) & 0x20);
        AdvanceTicks(101);
        Assert.Equal(0x20, timer.Read(Speaker) & 0x20);
    }

    void Load(int counter, byte control, int count)
    {
        timer.Write(Control, control);
        timer.Write((ushort)(0x40 + counter), (byte)count);
        timer.Write((ushort)(0x40 + counter), (byte)(count >> 8));
    }

    double ReadBoth(ushort port)
    {
        int low = timer.Read(port);
        return low | timer.Read(port) << 8;
    }

    void AdvanceTo(long time) => clock.MonotonicNanoseconds = time;

    // Rounded up, so that the tick has come.
    void AdvanceTicks(long ticks) => clock.MonotonicNanoseconds += (ticks * 1_000_000_000 + IntervalTimer.Frequency - 1) / IntervalTimer.Frequency;
}
