using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>A machine without a processor: RAM, a bus, and a record of what devices ask of it.</summary>
sealed class TestMachine : IDeviceHost, IDisposable
{
    public const uint RamBytes = 4 << 20;
    public const uint Eip = 0xC0DE;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly List<string> verbose = [], warnings = [];
    readonly List<DriverViolation> violations = [];
    readonly int[] interrupts = new int[32];
    volatile Exception? failure;

    public TestMachine(uint ramBytes = RamBytes)
    {
        Memory = new GuestMemory(new HeapMemoryBacking(ramBytes));
        Bus = new PciBus(this);
    }

    public PciBus Bus { get; }

    public string GuestName => "test";

    public GuestMemory Memory { get; }

    public uint GuestEip => Eip;

    public bool IsVerbose { get; set; } = true;

    /// <summary>Whether the guest lives on when its driver breaks a rule.</summary>
    public bool GoesOn { get; set; }

    public Exception? Failure => failure;

    /// <summary>Rules that were broken and survived.</summary>
    public DriverViolation[] Violations { get { lock (violations) return [.. violations]; } }

    public string[] VerboseLines { get { lock (verbose) return [.. verbose]; } }

    public string[] Warnings { get { lock (verbose) return [.. warnings]; } }

    /// <summary>Called, on the raising thread, at each interrupt.</summary>
    public Action<byte>? Interrupted { get; set; }

    public int InterruptsOf(VirtioDevice device) => Volatile.Read(ref interrupts[device.Line]);

    public void RaiseInterrupt(byte line)
    {
        Interlocked.Increment(ref interrupts[line]);
        Interrupted?.Invoke(line);
    }

    public void Fail(Exception reason) => Interlocked.CompareExchange(ref failure, reason, null);

    public bool TryGoOn(DriverViolation violation)
    {
        if (GoesOn)
            lock (violations)
                violations.Add(violation);
        return GoesOn;
    }

    public void Verbose(string line) { lock (verbose) verbose.Add(line); }

    public void Warn(string line) { lock (verbose) warnings.Add(line); }

    /// <summary>Waits until something is so; the test fails if it doesn't become so, or if a device fails.</summary>
    public void WaitFor(Func<bool> condition, string what)
    {
        bool happened = SpinWait.SpinUntil(() => condition() || failure is not null, Patience);
        if (failure is not null && !condition())
            throw new InvalidOperationException($"A device failed while waiting for {what}: {failure.Message}", failure);
        if (!happened)
            throw new TimeoutException($"Waited in vain for {what}.");
    }

    /// <summary>Waits for a queue's thread to report a broken rule.</summary>
    public DriverViolation WaitForViolation()
    {
        if (!SpinWait.SpinUntil(() => failure is not null, Patience))
            throw new TimeoutException("No rule was reported.");
        return failure is DriverViolationException broken ? broken.Violation : throw new InvalidOperationException("The failure was another.", failure);
    }

    public void Dispose()
    {
        Bus.Dispose();
        Memory.Dispose();
    }
}
