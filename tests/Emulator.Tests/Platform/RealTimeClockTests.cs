using LguestPS.Emulator.Platform;
using LguestPS.Emulator.Tests.Hypervisor;
using Xunit;

namespace LguestPS.Emulator.Tests.Platform;

/// <summary>The CMOS clock, its interrupts and its memory.</summary>
public sealed class RealTimeClockTests
{
    readonly ManualClock time = new();
    readonly RealTimeClock clock;
    int raised;

    public RealTimeClockTests() => clock = new(time, () => raised++, 64 << 20);

    [Fact]
    public void TheTimeIsInDecimalDigits()
    {
        Set(new DateTime(2031, 12, 28, 23, 59, 47, DateTimeKind.Utc));   // a Sunday
        Assert.Equal([0x47, 0x59, 0x23, 0x01, 0x28, 0x12, 0x31, 0x20], ((int[])[0, 2, 4, 6, 7, 8, 9, 0x32]).Select(Read));
    }

    [Fact]
    public void OrInBinary()
    {
        Set(new DateTime(2031, 12, 28, 23, 59, 47, DateTimeKind.Utc));
        Write(0x0B, 0x06);
        Assert.Equal([47, 59, 23, 1, 28, 12, 31, 20], ((int[])[0, 2, 4, 6, 7, 8, 9, 0x32]).Select(Read));
    }

    [Theory]
    [InlineData(0, 0x12)]
    [InlineData(1, 0x01)]
    [InlineData(12, 0x92)]
    [InlineData(23, 0x91)]
    public void TwelveHours(int hour, int expected)
    {
        Set(new DateTime(2026, 1, 1, hour, 0, 0, DateTimeKind.Utc));
        Write(0x0B, 0);
        Assert.Equal(expected, Read(4));
    }

    [Fact]
    public void NoUpdateIsInProgressAndTheBatteryIsGood()
    {
        Assert.Equal((0, 0x80, 0), (Read(0x0A) & 0x80, Read(0x0D), Read(0x0C)));
    }

    [Fact]
    public void OtherBytesAreMemory()
    {
        Write(0x40, 0x5A);
        Assert.Equal((0x5A, 0), (Read(0x40), Read(0x41)));
        clock.Write(0x70, 0x80 | 0x40);   // with the non-maskable interrupt's mask
        Assert.Equal(0x5A, clock.Read(0x71));
    }

    [Fact]
    public void FirmwareHasNotedTheSizeOfMemory()
    {
        Assert.Equal([0x80, 0x02, 0x00, 0xFC, 0x00, 0xFC, 0x00, 0x03], ((int[])[0x15, 0x16, 0x17, 0x18, 0x30, 0x31, 0x34, 0x35]).Select(Read));
    }

    [Fact]
    public void NothingIsRaisedUnlessItIsEnabled()
    {
        Assert.Equal(long.MaxValue, clock.Deadline);
        Pass(5_000_000_000);
        Assert.Equal((0, 0x50), (raised, Read(0x0C)));   // though register C tells of the time that passed
        Assert.Equal(0, Read(0x0C));
    }

    [Fact]
    public void EachSecondEndsAnUpdate()
    {
        Write(0x0B, 0x12);
        Read(0x0C);
        for (int i = 1; i <= 3; i++)
        {
            Assert.InRange(clock.Deadline - time.MonotonicNanoseconds, 1, 1_000_000_000);
            Pass(clock.Deadline - time.MonotonicNanoseconds);
            Assert.Equal(i, raised);
            Assert.Equal(0x90, Read(0x0C) & 0x90);
        }
    }

    [Fact]
    public void ARequestStandsUntilRegisterCIsRead()
    {
        Write(0x0B, 0x12);
        Read(0x0C);
        Pass(1_000_000_000);
        Pass(1_000_000_000);
        Assert.Equal(1, raised);
        Read(0x0C);
        Pass(1_000_000_000);
        Assert.Equal(2, raised);
    }

    [Fact]
    public void ThePeriodIsThatOfRegisterA()
    {
        Write(0x0A, 0x2F);   // 2 a second
        Write(0x0B, 0x42);
        Read(0x0C);
        for (int i = 1; i <= 4; i++)
        {
            Pass(500_000_000);
            Assert.Equal((i, 0xC0), (raised, Read(0x0C) & 0xC0));
        }
        Write(0x0A, 0x20);   // none
        Pass(2_000_000_000);
        Assert.Equal(4, raised);
    }

    [Theory]
    [InlineData(0x59, 2)]
    [InlineData(0xFF, 1)]   // any second
    public void TheAlarmComesAtItsTime(byte second, int expectedSecond)
    {
        Set(new DateTime(2026, 1, 1, 12, 30, 57, DateTimeKind.Utc));
        Write(1, second);
        Write(3, 0x30);
        Write(5, 0x12);
        Read(0x0C);
        Write(0x0B, 0x22);
        for (int i = 1; i <= 2; i++)
        {
            Pass(1_000_000_000);
            Assert.Equal(i < expectedSecond ? 0 : 1, raised);
        }
        Assert.Equal(0xA0, Read(0x0C) & 0xA0);
    }

    [Fact]
    public void ReadersAreWarnedBeforeTheTimeChanges()
    {
        time.WallNanoseconds = 1_000_000_000_000 - 244_000;
        Assert.Equal(0x80, Read(0x0A) & 0x80);
        time.WallNanoseconds += 244_000;
        Assert.Equal(0, Read(0x0A) & 0x80);
    }

    void Pass(long nanoseconds)
    {
        time.MonotonicNanoseconds += nanoseconds;
        time.WallNanoseconds += nanoseconds;
        clock.Poll();
    }

    void Set(DateTime moment) => time.WallNanoseconds = (moment - DateTime.UnixEpoch).Ticks * 100;

    int Read(int register)
    {
        clock.Write(0x70, (byte)register);
        return clock.Read(0x71);
    }

    void Write(int register, byte value)
    {
        clock.Write(0x70, (byte)register);
        clock.Write(0x71, value);
    }
}
