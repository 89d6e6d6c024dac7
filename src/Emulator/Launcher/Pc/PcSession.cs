using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Platform;
using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Launcher;

/// <summary>A guest on a plain PC: a stock kernel, or any other that Linux's, PVH's or Multiboot's protocol boots.</summary>
sealed class PcSession : GuestSession
{
    const int MinimumMegabytes = 2;

    readonly PcPlatform pc;
    readonly SharedConsole console;

    /// <summary>Opens everything and loads the guest's memory. On failure nothing stays open.</summary>
    /// <exception cref="HostResourceException">Something can't be had or loaded.</exception>
    public PcSession(GuestDefinition definition, IConsoleBackend backend, IMachineLog log, GuestClock clock)
        : base(definition, log, clock, PciInterruptRouting.Pc)
    {
        console = new(backend);
        pc = new(Memory, Bus, clock, console.WriteSerial, ProcessorEngines.CreateCodeMemory(definition.Engine));
        console.SerialInput = pc.ReceiveSerial;
        try
        {
            if (definition.MemoryMB < MinimumMegabytes)
                throw new HostResourceException("MemoryOutOfRange", $"A PC needs {MinimumMegabytes} MB of memory at least", definition.MemoryMB);
            AddDevices(definition, console, consoleHasSize: true);
            PcKernel.Load(definition, Memory, log).Apply(pc, Memory);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Processor Processor => pc.Processor;

    /// <inheritdoc/>
    public override uint GuestEip => pc.CurrentEip;

    /// <inheritdoc/>
    public override long InstructionsRetired => pc.InstructionsRetired;

    /// <inheritdoc/>
    public override long CodeBytes => pc.CodeBytes;

    /// <inheritdoc/>
    protected override long[] Traps => pc.Traps;

    /// <inheritdoc/>
    protected override long[] Interrupts => pc.Interrupts;

    /// <inheritdoc/>
    public override TimeSpan HaltedTime => pc.HaltedTime;

    /// <inheritdoc/>
    public override void Stop() => pc.Stop();

    /// <inheritdoc/>
    public override void Pause() => pc.Pause();

    /// <inheritdoc/>
    public override void RaiseInterrupt(byte line) => pc.RaiseInterrupt(line);

    /// <inheritdoc/>
    protected override GuestExit? RunGuest()
    {
        PcOutcome outcome;
        while ((outcome = pc.Run()) == PcOutcome.Paused)
            Clock.Pass();
        if (Failure is Exception reason)
            return GuestExits.FromFailure(reason);
        return outcome switch
        {
            PcOutcome.Reset => null,
            PcOutcome.Halted => new(GuestExitKind.PowerOff, "Halted with interrupts disabled"),
            PcOutcome.TripleFault => new(GuestExitKind.Crash, $"Triple fault at 0x{pc.CurrentEip:x}"),
            PcOutcome.DebugExit => new(GuestExitKind.PowerOff, $"Debug exit {pc.DebugExitCode}"),
            _ => GuestExits.Stopped,
        };
    }

    /// <inheritdoc/>
    protected override void DisposeCore()
    {
        console.Dispose();
        pc.Dispose();
    }
}
