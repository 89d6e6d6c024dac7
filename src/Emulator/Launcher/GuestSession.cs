using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Launcher;

/// <summary>A guest from its loading to its end or restart: memory and devices, and what runs it, all made for it and freed with it.</summary>
abstract class GuestSession : IDeviceHost, IDisposable
{
    readonly ViolationAction onViolation;
    Exception? failure;
    bool disposed;

    /// <summary>Makes memory and an empty bus.</summary>
    protected GuestSession(GuestDefinition definition, IMachineLog log, GuestClock clock, PciInterruptRouting routing)
    {
        Log = log;
        Clock = clock;
        onViolation = definition.OnViolation;
        GuestName = definition.Name;
        Memory = GuestMemoryFactory.Create(definition.Name, definition.MemoryMB);
        Bus = new(this, routing);
    }

    /// <summary>Opens everything a guest needs and loads its memory, on the platform that suits it. On failure nothing stays open.</summary>
    /// <exception cref="HostResourceException">Something can't be had or loaded.</exception>
    public static GuestSession Open(GuestDefinition definition, IConsoleBackend console, IMachineLog log, GuestClock clock)
    {
        GuestMemoryFactory.Check(definition.MemoryMB);   // a definition's own faults come before those of its files
        PlatformChoice platform = PlatformChoice.Make(definition);
        if (log.IsVerbose && definition.Platform == GuestPlatform.Auto && platform.Platform != GuestPlatform.Lguest)
            log.Verbose($"Platform {platform.Platform}: {platform.Reason}");
        return platform.Platform == GuestPlatform.Pc
            ? new PcSession(definition, console, log, clock)
            : new LguestSession(definition, console, log, clock);
    }

    /// <inheritdoc/>
    public string GuestName { get; }

    /// <inheritdoc/>
    public GuestMemory Memory { get; }

    /// <inheritdoc/>
    public bool ServesOnNotify { get; set; }

    /// <summary>The guest's processor.</summary>
    public abstract Processor Processor { get; }

    /// <inheritdoc/>
    public abstract uint GuestEip { get; }

    /// <inheritdoc/>
    public bool IsVerbose => Log.IsVerbose;

    /// <summary>Instructions retired so far.</summary>
    public abstract long InstructionsRetired { get; }

    /// <summary>Bytes of machine code made of the guest's.</summary>
    public abstract long CodeBytes { get; }

    /// <inheritdoc/>
    public HostThreadTimes ThreadTimes { get; } = new();

    /// <summary>Exceptions and software interrupts by vector. Counted on the guest's thread, as are the next two; read by any.</summary>
    protected abstract long[] Traps { get; }

    /// <summary>Interrupts taken, by line.</summary>
    protected abstract long[] Interrupts { get; }

    /// <summary>Hypercalls by number.</summary>
    protected virtual long[] Hypercalls => [];

    /// <summary>How long the processor has been halted so far.</summary>
    public abstract TimeSpan HaltedTime { get; }

    /// <summary>What tells a guest that is idle from one that works. From any thread.</summary>
    public MachineIdleness Idleness
    {
        get
        {
            long requests = 0, bytes = 0;
            foreach (VirtioDevice device in Bus.Devices)
                device.AddActivity(ref requests, ref bytes);
            return new(HaltedTime, requests);
        }
    }

    /// <summary>Where messages go.</summary>
    protected IMachineLog Log { get; }

    /// <summary>The guest's time, at whose gate it waits while it is paused.</summary>
    protected GuestClock Clock { get; }

    /// <summary>The guest's devices.</summary>
    protected PciBus Bus { get; }

    /// <summary>What a device has reported that ends the guest.</summary>
    protected Exception? Failure => Volatile.Read(ref failure);

    /// <summary>What the session has done until now. From any thread, until it is disposed.</summary>
    public MachineActivity Measure() => new()
    {
        Instructions = InstructionsRetired,
        Traps = [.. Traps],
        Interrupts = [.. Interrupts],
        Hypercalls = [.. Hypercalls],
        Devices = [.. Bus.Devices.Select(device => device.Activity)],
        ProcessorTime = ThreadTimes.Total,
        MemoryBytes = Memory.Size,
        ResidentBytes = Memory.ResidentBytes,
        CodeBytes = CodeBytes,
    };

    /// <summary>Sums of it, and the bytes of each device added to those given, in slot order from the console on. From any thread, until it is disposed.</summary>
    public MachineSample Sample(Span<long> deviceBytes)
    {
        long requests = 0;
        for (int i = 0; i < Math.Min(Bus.Devices.Count, deviceBytes.Length); i++)
            Bus.Devices[i].AddActivity(ref requests, ref deviceBytes[i]);
        return new(InstructionsRetired, Sum(Traps), Sum(Interrupts), Sum(Hypercalls), requests);
    }

    /// <summary>Runs the guest until it ends; null when it wants to start anew.</summary>
    public GuestExit? Run()
    {
        using HostThreadTimes.Span span = ThreadTimes.Enter();
        try
        {
            return RunGuest();
        }
        catch (Exception e)
        {
            return GuestExits.FromFailure(e);
        }
    }

    /// <summary>Makes <see cref="Run"/> return. From any thread.</summary>
    public abstract void Stop();

    /// <summary>Brings the guest to the gate of its clock. From any thread.</summary>
    public abstract void Pause();

    /// <inheritdoc/>
    public abstract void RaiseInterrupt(byte line);

    /// <inheritdoc/>
    public void Fail(Exception reason)
    {
        Interlocked.CompareExchange(ref failure, reason, null);
        Stop();
    }

    /// <inheritdoc/>
    public bool TryGoOn(DriverViolation violation)
    {
        if (onViolation == ViolationAction.Stop)
            return false;
        Log.Violation(violation);
        return true;
    }

    /// <inheritdoc/>
    public void Verbose(string line) => Log.Verbose(line);

    /// <inheritdoc/>
    public void Warn(string line) => Log.Warn(line);

    /// <summary>Ends the device threads, then frees what they used.</summary>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        try
        {
            Bus.Dispose();
        }
        finally
        {
            DisposeCore();
            Memory.Dispose();
        }
    }

    /// <summary>Runs the guest; what it throws ends the guest.</summary>
    protected abstract GuestExit? RunGuest();

    /// <summary>Frees what runs the guest. No device thread is left.</summary>
    protected abstract void DisposeCore();

    /// <summary>Puts the console and the definition's devices on the bus.</summary>
    protected void AddDevices(GuestDefinition definition, IConsoleBackend console, bool consoleHasSize)
    {
        Add(new ConsoleDevice(console, consoleHasSize));
        foreach (DeviceSettings settings in definition.Devices)
            Add(settings.Create(this));
    }

    static long Sum(long[] counts)
    {
        long sum = 0;
        foreach (long count in counts)
            sum += count;
        return sum;
    }

    void Add(VirtioDevice device)
    {
        try
        {
            Bus.Add(device);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }
}
