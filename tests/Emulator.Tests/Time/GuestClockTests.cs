using LguestPS.Emulator.Tests.Hypervisor;
using LguestPS.Emulator.Time;
using Xunit;

namespace LguestPS.Emulator.Tests.Time;

/// <summary>A guest's time goes with the host's, but for what it spends at the closed gate.</summary>
public sealed class GuestClockTests
{
    readonly ManualClock host = new();
    readonly GuestClock clock;

    public GuestClockTests() => clock = new(host);

    [Fact]
    public void TimeIsTheHostsWhileNobodyWaits()
    {
        clock.Close();   // the guest has not come to the gate: for it time goes on
        Advance(5);
        Assert.Equal((host.MonotonicNanoseconds, host.WallNanoseconds), (clock.MonotonicNanoseconds, clock.WallNanoseconds));
        clock.Open();
        clock.Pass();    // and it doesn't wait at an open one
    }

    [Fact]
    public async Task TimeStandsWhileTheGuestWaitsAndGoesOnFromThere()
    {
        (long monotonic, long wall) = (clock.MonotonicNanoseconds, clock.WallNanoseconds);
        Task guest = await Halt();
        Advance(1000);
        Assert.Equal((monotonic, wall), (clock.MonotonicNanoseconds, clock.WallNanoseconds));
        clock.Open();
        await guest;
        Advance(3);
        Assert.Equal((monotonic + 3, wall + 3), (clock.MonotonicNanoseconds, clock.WallNanoseconds));
        guest = await Halt();
        Advance(1000);
        clock.Open();
        await guest;
        Assert.Equal((monotonic + 3, wall + 3), (clock.MonotonicNanoseconds, clock.WallNanoseconds));
    }

    [Fact]
    public async Task ANewStartMakesUpForPauses()
    {
        Task guest = await Halt();
        Advance(1000);
        clock.CatchUp();   // not while it waits
        Assert.Equal(host.MonotonicNanoseconds - 1000, clock.MonotonicNanoseconds);
        clock.Open();
        await guest;
        clock.CatchUp();
        Assert.Equal(host.MonotonicNanoseconds, clock.MonotonicNanoseconds);
    }

    [Fact]
    public async Task AGateThatIsClosedAgainAtOnceIsComeToAgain()
    {
        bool ending = false;
        Task guest = Task.Run(() =>
        {
            while (!Volatile.Read(ref ending))
                clock.Pass();
        });
        for (int i = 0; i < 2000; i++)
        {
            clock.Close();
            Assert.True(await Task.Run(() => clock.WaitUntilStanding(default)).WaitAsync(TimeSpan.FromMinutes(1)));
            clock.Open();
        }
        Volatile.Write(ref ending, true);
        await guest;
    }

    [Fact]
    public async Task WhoIsReleasedNeverWaitsAgain()
    {
        Task guest = await Halt();
        clock.Release();
        await guest;
        clock.Close();
        clock.Pass();
        Assert.False(clock.WaitUntilStanding(default));
    }

    [Fact]
    public void AWaitForTheGuestCanBeGivenUp()
    {
        clock.Close();
        using CancellationTokenSource soon = new(20);
        Assert.Throws<OperationCanceledException>(() => clock.WaitUntilStanding(soon.Token));
    }

    async Task<Task> Halt()
    {
        clock.Close();
        Task guest = Task.Run(clock.Pass);
        Assert.True(await Task.Run(() => clock.WaitUntilStanding(default)));
        Assert.True(clock.IsClosed);
        return guest;
    }

    void Advance(long nanoseconds)
    {
        host.MonotonicNanoseconds += nanoseconds;
        host.WallNanoseconds += nanoseconds;
    }
}
