using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Cpu.Translate;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Platform;

/// <summary>Why a PC stopped running.</summary>
public enum PcOutcome
{
    /// <summary>Somebody asked for it.</summary>
    Stopped,
    /// <summary>Software reset the machine.</summary>
    Reset,
    /// <summary>It halted with interrupts disabled: nothing can wake it. So a kernel without a power switch ends.</summary>
    Halted,
    /// <summary>A fault within a double fault.</summary>
    TripleFault,
    /// <summary>Software wrote to the debug-exit port.</summary>
    DebugExit,
    /// <summary><see cref="PcPlatform.Pause"/> was called.</summary>
    Paused,
}

/// <summary>A plain PC without firmware: processor, interrupt controllers, timer, clock, serial port, PCI bus, and the ports that reset it.</summary>
/// <remarks>All members belong to the thread that runs the guest, except <see cref="RaiseInterrupt"/>, <see cref="ReceiveSerial"/>, <see cref="Stop"/>, <see cref="Pause"/>, <see cref="CurrentEip"/>, <see cref="HaltedTime"/> and <see cref="InstructionsRetired"/>.</remarks>
public sealed unsafe class PcPlatform : HardwareOwner, IProcessorOwner, IDisposable
{
    // Instructions between two looks at the clock: a fraction of a millisecond.
    const long Slice = 20_000;

    const ushort FirstSerialPort = 0x3F8, ResetControl = 0xCF9;
    const int TimerLine = 0, SerialLine = 4, ClockLine = 8, FloatingPointLine = 13;
    const byte ResetControlReset = 4;

    readonly IClock clock;
    readonly PciBus bus;
    readonly Processor cpu;
    readonly InterruptController interrupts = new();
    readonly IntervalTimer timer;
    readonly SerialPort serial;
    readonly RealTimeClock calendar;
    readonly Dictionary<ushort, IPortDevice> ports = [];
    readonly AutoResetEvent wake = new(false);
    readonly SleepMeter sleep = new();
    PcOutcome? outcome;
    bool halted;
    volatile bool stopRequested, pauseRequested;

    /// <summary>Makes a PC with these devices on its bus.</summary>
    /// <param name="memory">Its RAM.</param>
    /// <param name="bus">Its PCI bus; disposed by its owner.</param>
    /// <param name="clock">Its time.</param>
    /// <param name="serialOutput">Takes what is sent to the serial port.</param>
    /// <param name="codeMemory">Memory for machine code, which the PC then owns: its processor translates. Null: it interprets.</param>
    public PcPlatform(GuestMemory memory, PciBus bus, IClock clock, Action<byte> serialOutput, ICodeMemory? codeMemory = null)
    {
        this.bus = bus;
        this.clock = clock;
        cpu = new(memory, this, codeMemory);
        timer = new(clock, () => RaiseInterrupt(TimerLine));
        serial = new(FirstSerialPort, serialOutput, () => RaiseInterrupt(SerialLine));
        calendar = new(clock, () => RaiseInterrupt(ClockLine), memory.Size);
        foreach (IPortDevice device in (IPortDevice[])[interrupts, timer, serial, calendar, new ResetPorts(() => End(PcOutcome.Reset), ExitByPort)])
            foreach (ushort port in device.Ports)
                ports.Add(port, device);
    }

    /// <summary>The processor.</summary>
    internal Processor Processor => cpu;

    /// <summary>The registers, for the one who starts it.</summary>
    public CpuState* State => cpu.State;

    /// <summary>Loads all segment registers flat, as a boot loader leaves them.</summary>
    public void SetFlatSegments(ushort codeSelector, ushort dataSelector)
    {
        cpu.SetCodeSegment(codeSelector, Processor.FlatCode);
        for (var register = SegmentRegister.Es; register <= SegmentRegister.Gs; register++)
            if (register != SegmentRegister.Cs)
                cpu.SetSegment(register, dataSelector, Processor.FlatData);
    }

    /// <summary>Leaves interrupt controllers and timer as PC firmware does for the boot loader: vectors from 8 and from 0x70, the timer's line and those of keyboard and clock open, 18.2 ticks a second.</summary>
    public void LeaveAsFirmware()
    {
        foreach ((ushort port, byte value) in ((ushort, byte)[])[
            (0x20, 0x11), (0x21, 0x08), (0x21, 0x04), (0x21, 0x01), (0x21, 0xB8),
            (0xA0, 0x11), (0xA1, 0x70), (0xA1, 0x02), (0xA1, 0x01), (0xA1, 0x8E)])
            interrupts.Write(port, value);
        foreach ((ushort port, byte value) in ((ushort, byte)[])[(0x43, 0x36), (0x40, 0), (0x40, 0)])
            timer.Write(port, value);
    }

    /// <summary>The instruction pointer; exact on the guest's thread while it is stopped, else near.</summary>
    public uint CurrentEip => cpu.State->Eip;

    /// <summary>How long the processor has been halted so far.</summary>
    public TimeSpan HaltedTime => sleep.Total;

    /// <summary>Instructions retired so far.</summary>
    public long InstructionsRetired => Volatile.Read(ref cpu.State->Retired);

    /// <summary>Interrupts taken, by line. Others may read at any time.</summary>
    public long[] Interrupts => interrupts.Acknowledged;

    /// <summary>Bytes of machine code that the processor holds. From any thread.</summary>
    public long CodeBytes => cpu.CodeBytes;

    /// <summary>The byte that was written to the debug-exit port.</summary>
    public byte DebugExitCode { get; private set; }

    /// <inheritdoc/>
    protected override bool InterruptWaits => interrupts.HasRequest;

    /// <summary>Runs until something ends it.</summary>
    public PcOutcome Run()
    {
        while (true)
        {
            if (stopRequested)
                return PcOutcome.Stopped;
            if (outcome is PcOutcome result)
                return result;
            if (pauseRequested)
            {
                pauseRequested = false;
                return PcOutcome.Paused;
            }
            timer.Poll();
            calendar.Poll();
            if (!halted)
                cpu.Run(Slice);
            else if (interrupts.HasRequest)
                halted = false;
            else
                sleep.Sleep(wake, MillisecondsToTimer());
        }
    }

    /// <summary>A pulse on an interrupt line, 0 to 15. From any thread.</summary>
    public void RaiseInterrupt(int line)
    {
        interrupts.Pulse(line);
        cpu.Notify();
        wake.Set();
    }

    /// <summary>A byte for the serial port. From any thread.</summary>
    public void ReceiveSerial(byte value) => serial.Receive(value);

    /// <summary>Makes <see cref="Run"/> return soon, and again whenever it is called. From any thread.</summary>
    public void Stop()
    {
        stopRequested = true;
        cpu.RequestExit();
        wake.Set();
    }

    /// <summary>Makes <see cref="Run"/> return once, soon, at an instruction boundary. From any thread.</summary>
    public void Pause()
    {
        pauseRequested = true;
        cpu.RequestExit();
        wake.Set();
    }

    /// <summary>Frees the processor. Nobody may raise interrupts any more.</summary>
    public void Dispose()
    {
        cpu.Dispose();
        wake.Dispose();
    }

    /// <inheritdoc/>
    public override void Halt(Processor cpu)
    {
        if ((cpu.State->OtherFlags & EflagsBits.Interrupt) == 0)
            End(PcOutcome.Halted);
        halted = true;
        cpu.RequestExit();
    }

    /// <inheritdoc/>
    public override uint ReadPort(Processor cpu, ushort port, int size)
    {
        if (PciBus.IsConfigurationPort(port))
            return bus.ReadPort(port, Mask(size));
        uint bytes = 0;
        for (int i = 0; i < size; i++)
            bytes |= (ports.TryGetValue((ushort)(port + i), out IPortDevice? device) ? device.Read((ushort)(port + i)) : 0xFFu) << (8 * i);
        return bytes;
    }

    /// <inheritdoc/>
    public override void WritePort(Processor cpu, ushort port, int size, uint value)
    {
        if (port == ResetControl && size == 1)
        {
            if ((value & ResetControlReset) != 0)
                End(PcOutcome.Reset);
            return;
        }
        if (PciBus.IsConfigurationPort(port))
        {
            bus.WritePort(port, Mask(size), value);
            return;
        }
        for (int i = 0; i < size; i++)
            if (ports.TryGetValue((ushort)(port + i), out IPortDevice? device))
                device.Write((ushort)(port + i), (byte)(value >> (8 * i)));
        // A request may have become deliverable: unmasked, or no longer behind one in service.
        if (interrupts.HasRequest)
            cpu.Notify();
    }

    /// <inheritdoc/>
    public override uint ReadDevice(Processor cpu, uint physical, int size) =>
        bus.TryFindDevice(physical, out VirtioDevice? device, out uint offset) ? device.ReadWindow(offset, Mask(size)) : Mask(size);

    /// <inheritdoc/>
    public override void WriteDevice(Processor cpu, uint physical, int size, uint value)
    {
        if (bus.TryFindDevice(physical, out VirtioDevice? device, out uint offset))
            device.WriteWindow(offset, value, Mask(size));
    }

    /// <inheritdoc/>
    public override ulong ReadTimeStamp(Processor cpu) => (ulong)clock.MonotonicNanoseconds;

    /// <summary>The processor's FERR# pin, by which PCs told of floating-point errors before CR0.NE.</summary>
    void IProcessorOwner.FloatingPointError(Processor cpu) => RaiseInterrupt(FloatingPointLine);

    /// <inheritdoc/>
    protected override byte AcknowledgeInterrupt(Processor cpu) => interrupts.Acknowledge();

    /// <inheritdoc/>
    protected override void Shutdown(Processor cpu) => End(PcOutcome.TripleFault);

    static uint Mask(int size) => uint.MaxValue >> (32 - 8 * size);

    void ExitByPort(byte value)
    {
        DebugExitCode = value;
        End(PcOutcome.DebugExit);
    }

    void End(PcOutcome result)
    {
        outcome ??= result;
        cpu.RequestExit();
    }

    int MillisecondsToTimer()
    {
        long deadline = Math.Min(timer.Deadline, calendar.Deadline);
        if (deadline == long.MaxValue)
            return Timeout.Infinite;
        long nanoseconds = deadline - clock.MonotonicNanoseconds;
        return nanoseconds <= 0 ? 0 : (int)Math.Min((nanoseconds + 999_999) / 1_000_000, int.MaxValue);
    }
}
