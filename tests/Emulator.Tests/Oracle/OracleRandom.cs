namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>Random numbers that are the same on every machine and runtime for the same seed (splitmix64), with a taste for corner values.</summary>
sealed class OracleRandom(ulong seed)
{
    static readonly uint[] Corners =
    [
        0, 1, 2, 0xFFFFFFFF, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFF8000, 0xFFFFFF80, 0x0F, 0x10, 0x99,
    ];

    ulong state = seed;

    /// <summary>Mixes a seed for one thing among many: a group's, then a case's.</summary>
    public static ulong Derive(ulong seed, ulong which) => new OracleRandom(seed ^ (which * 0x9E3779B97F4A7C15)).Next64();

    /// <summary>A seed for a name, equal in every process.</summary>
    public static ulong Derive(ulong seed, string name)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in name)
            hash = (hash ^ c) * 1099511628211;
        return Derive(seed, hash);
    }

    /// <summary>64 random bits.</summary>
    public ulong Next64()
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>32 random bits.</summary>
    public uint Next() => (uint)(Next64() >> 32);

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)(((Next64() >> 32) * (ulong)bound) >> 32);

    /// <summary>From <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>True so many times in a hundred.</summary>
    public bool Chance(int percent) => Below(100) < percent;

    /// <summary>One of several.</summary>
    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>A value for a register or an immediate: a corner, something near one, something small, or anything.</summary>
    public uint Value() => Below(10) switch
    {
        < 4 => Pick<uint>(Corners),
        4 => Pick<uint>(Corners) + (uint)Between(-2, 2),
        5 => (uint)Between(-128, 255),
        _ => Next(),
    };
}
