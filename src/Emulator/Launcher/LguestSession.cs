using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Hypervisor;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Launcher;

/// <summary>A guest that knows lguest: run by the stand-in for /dev/lguest, its port and device accesses emulated here.</summary>
sealed unsafe class LguestSession : GuestSession
{
    readonly LguestDevice hypervisor;
    readonly InstructionEmulator instructions;
    readonly DeviceWindowEmulator window;

    /// <summary>Opens everything and loads the guest's memory. On failure nothing stays open.</summary>
    /// <exception cref="HostResourceException">Something can't be had or loaded.</exception>
    public LguestSession(GuestDefinition definition, IConsoleBackend console, IMachineLog log, GuestClock clock)
        : base(definition, log, clock, PciInterruptRouting.Lguest)
    {
        hypervisor = new(Memory, clock, ProcessorEngines.CreateCodeMemory(definition.Engine));
        instructions = new(hypervisor, Bus, log);
        window = new(hypervisor, Bus, log);
        try
        {
            AddDevices(definition, console, consoleHasSize: definition.ConsoleSize is not null);   // the launcher's console has none
            Load(definition);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Processor Processor => hypervisor.Cpu;

    /// <inheritdoc/>
    public override uint GuestEip => hypervisor.CurrentEip;

    /// <inheritdoc/>
    public override long InstructionsRetired => hypervisor.InstructionsRetired;

    /// <inheritdoc/>
    public override long CodeBytes => hypervisor.CodeBytes;

    /// <inheritdoc/>
    protected override long[] Traps => Counters.Traps;

    /// <inheritdoc/>
    protected override long[] Interrupts => Counters.Interrupts;

    /// <inheritdoc/>
    protected override long[] Hypercalls => Counters.Hypercalls;

    /// <inheritdoc/>
    public override TimeSpan HaltedTime => hypervisor.HaltedTime;

    /// <summary>What the guest has asked for and what has happened to it.</summary>
    public HypervisorCounters Counters => hypervisor.Counters;

    /// <inheritdoc/>
    public override void Stop() => hypervisor.Stop();

    /// <inheritdoc/>
    public override void Pause() => hypervisor.Pause();

    /// <inheritdoc/>
    public override void RaiseInterrupt(byte line) => hypervisor.RaiseInterrupt(line);

    /// <inheritdoc/>
    protected override GuestExit? RunGuest()
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
                case var _ when Failure is Exception reason:
                    return GuestExits.FromFailure(reason);
                case LguestOutcome.Paused:
                    Clock.Pass();
                    break;
                case LguestOutcome.Restart:
                    return null;
                case LguestOutcome.Stopped:
                    return GuestExits.Stopped;
                default:
                    return GuestExits.FromDeath(hypervisor.DeathReason!);
            }
        }
    }

    /// <inheritdoc/>
    protected override void DisposeCore() => hypervisor.Dispose();

    /// <summary>Puts kernel, initial RAM disk and boot page into memory.</summary>
    /// <exception cref="HostResourceException">Something can't be loaded.</exception>
    internal static LoadedKernel LoadKernel(GuestDefinition definition, GuestMemory memory, IMachineLog log)
    {
        LoadedKernel kernel = KernelLoader.Load(definition.KernelPath, memory, log);
        InitialRamDisk? ramDisk = definition.InitrdPath is string path
            ? InitialRamDisk.Load(path, memory, Math.Max(kernel.End, BootPage.End), log)
            : null;
        BootPage.Write(memory, definition.CommandLine, ramDisk);
        return kernel;
    }

    void Load(GuestDefinition definition)
    {
        if (IsVerbose)
            Log.Verbose($"Guest base is at 0x{(ulong)Memory.Base:x}");
        LoadedKernel kernel = LoadKernel(definition, Memory, Log);

        if (IsVerbose)
            Log.Verbose($"Guest: 0x{(ulong)Memory.Base:x} - 0x{(ulong)Memory.Base + Memory.Size:x} ({CFormat.Hex(Memory.Size)}, MMIO {CFormat.Hex(Bus.WindowEnd)})");
        uint deviceLimit = (Bus.WindowEnd + GuestMemory.PageSize - 1) / GuestMemory.PageSize;
        hypervisor.Initialize(Memory.Size / GuestMemory.PageSize, kernel.Start, deviceLimit);
    }
}
