using LguestPS.Emulator.Platform;
using LguestPS.Emulator.Tests.Hypervisor;
using Xunit;

namespace LguestPS.Emulator.Tests.Platform;

/// <summary>The CMOS clock and its memory.</summary>
public sealed class RealTimeClockTests
{
    readonly ManualClock time = new();
    readonly RealTimeClock clock;

    public RealTimeClockTests() => clock = new(time);

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
