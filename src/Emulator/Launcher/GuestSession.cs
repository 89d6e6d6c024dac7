using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Hypervisor;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Launcher;

/// <summary>A guest from its loading to its end or restart: memory, devices and hypervisor, all made for it and freed with it.</summary>
sealed unsafe class GuestSession : IDeviceHost, IDisposable
{
    readonly IMachineLog log;
    readonly PciBus bus;
    readonly LguestDevice hypervisor;
    readonly InstructionEmulator instructions;
    readonly DeviceWindowEmulator window;
    Exception? failure;
    bool disposed;

    /// <summary>Opens everything and loads the guest's memory. On failure nothing stays open.</summary>
    /// <exception cref="HostResourceException">Something can't be had or loaded.</exception>
    public GuestSession(GuestDefinition definition, IConsoleBackend console, IMachineLog log, IClock clock)
    {
        this.log = log;
        GuestName = definition.Name;
        Memory = GuestMemoryFactory.Create(definition.Name, definition.MemoryMB);
        hypervisor = new(Memory, clock);
        bus = new(this);
        instructions = new(hypervisor, bus, log);
        window = new(hypervisor, bus, log);
        try
        {
            Add(new ConsoleDevice(console));
            foreach (DeviceSettings settings in definition.Devices)
                Add(settings.Create(this));
            Load(definition);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string GuestName { get; }

    /// <inheritdoc/>
    public GuestMemory Memory { get; }

    /// <inheritdoc/>
    public uint GuestEip => hypervisor.CurrentEip;

    /// <inheritdoc/>
    public bool IsVerbose => log.IsVerbose;

    /// <summary>Instructions retired so far.</summary>
    public long InstructionsRetired => hypervisor.InstructionsRetired;

    /// <summary>What the guest has asked for and what has happened to it.</summary>
    public HypervisorCounters Counters => hypervisor.Counters;

    /// <summary>Runs the guest until it ends; null when it wants to start anew.</summary>
    public GuestExit? Run()
    {
        try
        {
            while (true)
            {
                switch (hypervisor.Run(out TrapRecord trap))
                {
                    case LguestOutcome.Trap when trap.Trap == 14:
                        window.Emulate(trap);
                        break;
                    case LguestOutcome.Trap:
                        instructions.Emulate(trap);
                        break;
                    case var outcome when Volatile.Read(ref failure) is Exception reason:
                        return GuestExits.FromFailure(reason);
                    case LguestOutcome.Restart:
                        return null;
                    case LguestOutcome.Stopped:
                        return GuestExits.Stopped;
                    default:
                        return GuestExits.FromDeath(hypervisor.DeathReason!);
                }
            }
        }
        catch (Exception e)
        {
            return GuestExits.FromFailure(e);
        }
    }

    /// <summary>Makes <see cref="Run"/> return. From any thread.</summary>
    public void Stop() => hypervisor.Stop();

    /// <inheritdoc/>
    public void RaiseInterrupt(byte line) => hypervisor.RaiseInterrupt(line);

    /// <inheritdoc/>
    public void Fail(Exception reason)
    {
        Interlocked.CompareExchange(ref failure, reason, null);
        hypervisor.Stop();
    }

    /// <inheritdoc/>
    public void Verbose(string line) => log.Verbose(line);

    /// <inheritdoc/>
    public void Warn(string line) => log.Warn(line);

    /// <summary>Ends the device threads, then frees what they used.</summary>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        try
        {
            bus.Dispose();
        }
        finally
        {
            hypervisor.Dispose();
            Memory.Dispose();
        }
    }

    void Add(VirtioDevice device)
    {
        try
        {
            bus.Add(device);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    void Load(GuestDefinition definition)
    {
        if (IsVerbose)
            log.Verbose($"Guest base is at 0x{(ulong)Memory.Base:x}");
        LoadedKernel kernel = KernelLoader.Load(definition.KernelPath, Memory, log);
        InitialRamDisk? ramDisk = definition.InitrdPath is string path
            ? InitialRamDisk.Load(path, Memory, Math.Max(kernel.End, BootPage.End), log)
            : null;
        BootPage.Write(Memory, definition.CommandLine, ramDisk);

        if (IsVerbose)
            log.Verbose($"Guest: 0x{(ulong)Memory.Base:x} - 0x{(ulong)Memory.Base + Memory.Size:x} ({CFormat.Hex(Memory.Size)}, MMIO {CFormat.Hex(bus.WindowEnd)})");
        uint deviceLimit = (bus.WindowEnd + GuestMemory.PageSize - 1) / GuestMemory.PageSize;
        hypervisor.Initialize(Memory.Size / GuestMemory.PageSize, kernel.Start, deviceLimit);
    }
}
