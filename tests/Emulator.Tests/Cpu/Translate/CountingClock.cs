using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Time that goes on whenever somebody looks: the same for two guests that do the same.</summary>
sealed class CountingClock : IClock
{
    const long Step = 100_000, Start = 1_700_000_000_000_000_000;
    long now;

    public long MonotonicNanoseconds => now += Step;

    public long WallNanoseconds => Start + (now += Step);
}
