using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Mmu;

/// <summary>An <see cref="ExactWindow"/> for supervisors and one for ring 3, and one that stays empty, for times when every access must be looked at.</summary>
sealed unsafe class ExactWindows : IDisposable
{
    readonly IMemoryWindow empty;

    ExactWindows(IMemoryWindow supervisor, IMemoryWindow user, IMemoryWindow empty)
    {
        Supervisor = new(supervisor);
        User = new(user);
        this.empty = empty;
    }

    /// <summary>The supervisors'.</summary>
    public ExactWindow Supervisor { get; }

    /// <summary>Ring 3's.</summary>
    public ExactWindow User { get; }

    /// <summary>Where linear address 0 of the empty one is.</summary>
    public byte* Empty => empty.Base;

    /// <summary>Opens them; null where the host has no such thing.</summary>
    public static ExactWindows? TryOpen(GuestMemory memory)
    {
        IMemoryWindow? supervisor = memory.TryOpenWindow(), user = memory.TryOpenWindow(), empty = memory.TryOpenWindow();
        if (supervisor is not null && user is not null && empty is not null)
            return new(supervisor, user, empty);
        supervisor?.Dispose();
        user?.Dispose();
        empty?.Dispose();
        return null;
    }

    /// <summary>One of the two.</summary>
    public ExactWindow Of(bool user) => user ? User : Supervisor;

    public void Dispose()
    {
        Supervisor.Dispose();
        User.Dispose();
        empty.Dispose();
    }
}
