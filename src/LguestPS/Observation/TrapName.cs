namespace LguestPS;

/// <summary>What traps are called (Intel SDM vol. 3, table 6-1).</summary>
static class TrapName
{
    const int Hypercall = 0x1F, SystemCall = 0x80;

    static readonly string?[] Exceptions =
    [
        "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", null, "#TS", "#NP", "#SS", "#GP", "#PF", null, "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
    ];

    /// <summary>The name of a vector.</summary>
    /// <param name="vector">0 to 255.</param>
    /// <param name="onLguest">Whether the guest makes hypercalls.</param>
    public static string Of(int vector, bool onLguest) => vector switch
    {
        Hypercall when onLguest => "int 0x1f (hypercall)",
        SystemCall => "int 0x80 (system call)",
        _ => (vector < Exceptions.Length ? Exceptions[vector] : null) ?? $"int 0x{vector:x2}",
    };
}
