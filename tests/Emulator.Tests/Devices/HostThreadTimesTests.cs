using System.Diagnostics;
using LguestPS.Emulator.Linux;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>Processor time of threads that come and go.</summary>
public sealed class HostThreadTimesTests
{
    static readonly TimeSpan Work = TimeSpan.FromMilliseconds(30), Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void ThreadsAreCountedWhileTheyRunAndAfterTheirEnd()
    {
        HostThreadTimes times = new();
        using ManualResetEventSlim worked = new(), looked = new();
        Thread worker = new(() =>
        {
            using HostThreadTimes.Span span = times.Enter();
            while (times.Total < Work)
                Thread.SpinWait(1000);
            worked.Set();
            looked.Wait(Patience);
        });
        worker.Start();
        Assert.True(worked.Wait(Patience));
        TimeSpan during = times.Total;
        looked.Set();
        worker.Join();
        TimeSpan after = times.Total;

        Assert.InRange(during, Work, Patience);
        Assert.InRange(after, during, Patience);
        Assert.Equal(after, times.Total);
    }

    [Fact]
    public void AThreadThatSleepsTakesNoTime()
    {
        HostThreadTimes times = new();
        long start = Stopwatch.GetTimestamp();
        using (times.Enter())
            Thread.Sleep(300);
        Assert.InRange(times.Total, TimeSpan.Zero, Stopwatch.GetElapsedTime(start) / 2);
    }
}
