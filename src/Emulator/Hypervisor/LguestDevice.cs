using System.Buffers.Binary;
using System.Text;
using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Cpu.Translate;
using LguestPS.Emulator.Memory;
using LguestPS.Emulator.Time;

namespace LguestPS.Emulator.Hypervisor;

/// <summary>The stand-in for /dev/lguest: one guest with one virtual processor. A launcher writes requests to it and reads from it to run the guest.</summary>
/// <remarks>
/// This file is the launcher's side of it; the guest's side, what the processor reports, is in LguestDevice.Guest.cs.
/// All members belong to the thread that runs the guest, except <see cref="RaiseInterrupt"/>, <see cref="Stop"/>, <see cref="Pause"/>, <see cref="CurrentEip"/>, <see cref="HaltedTime"/> and <see cref="InstructionsRetired"/>.
/// </remarks>
public sealed unsafe partial class LguestDevice : IProcessorOwner, IGuestRegisters, IDisposable
{
    /// <summary>Interrupts of a guest.</summary>
    public const int InterruptCount = 32;

    const uint StartFlags = EflagsBits.Interrupt | 2;

    // How a host sets its processor for guests: paging, write protection in every supervisor ring, native FPU errors, alignment checks, SSE.
    const uint StartCr0 = 0x80050033, StartCr4 = 0x600;
    const uint TaskSwitched = 1 << 3;

    // Instructions between two looks at the clock, a fraction of a millisecond; and while an interrupt waits for the guest to
    // enable interrupts by an iret, of which nobody is told.
    const long Slice = 30_000, ShortSlice = 2_000;

    readonly GuestMemory memory;
    readonly IClock clock;
    readonly AutoResetEvent wake = new(false);
    readonly SleepMeter sleep = new();

    GuestPageTables tables = null!;   // made by Initialize, as are the next two
    bool initialized;
    uint? selectedRegister;
    string? deathReason;
    bool restartWanted, deathReported;
    bool halted;
    bool trapWaits;
    TrapRecord waitingTrap;
    uint pendingInterrupts;
    volatile bool stopRequested, pauseRequested;

    /// <summary>Opens the device for a guest with this memory. With memory for machine code, which the device then owns, its processor translates.</summary>
    public LguestDevice(GuestMemory memory, IClock clock, ICodeMemory? codeMemory = null)
    {
        this.memory = memory;
        this.clock = clock;
        Timer = new(clock);
        Cpu = new(memory, this, codeMemory);
    }

    /// <summary>What has happened so far.</summary>
    public HypervisorCounters Counters { get; } = new();

    /// <summary>Why the guest died; null while it lives.</summary>
    public string? DeathReason => deathReason;

    /// <summary>The guest's instruction pointer; exact on the guest's thread while it is stopped, else near.</summary>
    public uint CurrentEip => Cpu.State->Eip;

    /// <summary>How long the guest has been halted so far.</summary>
    public TimeSpan HaltedTime => sleep.Total;

    /// <summary>Instructions retired so far.</summary>
    public long InstructionsRetired => Volatile.Read(ref Cpu.State->Retired);

    /// <summary>Bytes of machine code that the processor holds. From any thread.</summary>
    public long CodeBytes => Cpu.CodeBytes;

    /// <summary>The processor.</summary>
    internal Processor Cpu { get; }

    /// <summary>Takes a request as words.</summary>
    public LguestError Write(ReadOnlySpan<uint> words)
    {
        if (words.IsEmpty)
            return LguestError.Invalid;
        return (LguestRequest)words[0] switch
        {
            LguestRequest.Initialize when words.Length >= 5 => Initialize(words[2], words[3], words[4]),
            LguestRequest.Irq when words.Length >= 2 => RaiseInterrupt(words[1]),
            LguestRequest.GetRegister when words.Length >= 2 => SelectRegister(words[1]),
            LguestRequest.SetRegister when words.Length >= 3 => SetRegister(words[1], words[2]),
            LguestRequest.Trap when words.Length >= 2 => InjectTrap(words[1]),
            _ => deathReason is null ? LguestError.Invalid : LguestError.NoEntry,
        };
    }

    /// <summary>Reads: a selected register, else <see cref="Run"/>, whose answer comes as bytes.</summary>
    /// <returns>Bytes read, or a negated <see cref="LguestError"/>.</returns>
    public int Read(Span<byte> buffer)
    {
        if (!initialized)
            return -(int)LguestError.Invalid;
        if (selectedRegister is uint offset)
        {
            selectedRegister = null;
            return BinaryPrimitives.TryWriteUInt32LittleEndian(buffer, GetRegister(offset)) ? sizeof(uint) : -(int)LguestError.Invalid;
        }
        if (deathReported)
            return CopyDeathReason(buffer);

        switch (Run(out TrapRecord record))
        {
            case LguestOutcome.Trap when buffer.Length >= 12:
                buffer[0] = record.Trap;
                ((ReadOnlySpan<byte>)record.Instruction).CopyTo(buffer[1..]);
                BinaryPrimitives.WriteUInt32LittleEndian(buffer[8..], record.Address);
                return 12;
            case LguestOutcome.Trap:
                return -(int)LguestError.Invalid;
            case LguestOutcome.Restart:
                return -(int)LguestError.Restart;
            case LguestOutcome.Stopped or LguestOutcome.Paused:
                return -(int)LguestError.Interrupted;
            default:
                deathReported = true;
                return -(int)LguestError.NoEntry;
        }
    }

    /// <summary>Makes the guest: RAM up to a page limit, the device window from there to the device limit, and the physical address to start at.</summary>
    public LguestError Initialize(uint pageLimit, uint start, uint deviceLimit)
    {
        if (deathReason is not null)
            return LguestError.NoEntry;
        if (initialized)
            return LguestError.Busy;
        if ((ulong)pageLimit * GuestMemory.PageSize > memory.Size)
            return LguestError.Invalid;

        tables = new(memory, pageLimit, deviceLimit);
        Handlers = new(Cpu, tables, Segments, reason => Kill(reason));
        CpuState* s = Cpu.State;
        s->Cr0 = StartCr0;
        s->Cr4 = StartCr4;
        s->Eflags = StartFlags;
        s->Eip = start;
        Cpu.SetCodeSegment(SegmentTable.KernelCode, Segments[SegmentTable.KernelCode >> 3]);
        foreach (SegmentRegister register in (ReadOnlySpan<SegmentRegister>)[SegmentRegister.Ds, SegmentRegister.Es, SegmentRegister.Ss])
            Cpu.SetSegment(register, SegmentTable.KernelData, Segments[SegmentTable.KernelData >> 3]);
        Cpu.SetSegment(SegmentRegister.Fs, 0, 0);
        Cpu.SetSegment(SegmentRegister.Gs, 0, 0);
        initialized = true;
        return LguestError.None;
    }

    /// <summary>Raises an interrupt. From any thread.</summary>
    public LguestError RaiseInterrupt(uint irq)
    {
        if (Refusal is LguestError refusal)
            return refusal;
        if (irq >= InterruptCount)
            return LguestError.Invalid;
        Interlocked.Or(ref pendingInterrupts, 1u << (int)irq);
        Cpu.Notify();
        wake.Set();
        return LguestError.None;
    }

    /// <summary>Makes the next <see cref="Read"/> return a register.</summary>
    public LguestError SelectRegister(uint offset)
    {
        if (Refusal is LguestError refusal)
            return refusal;
        if (!TryReadRegister(offset, out _))
            return LguestError.NoEntry;
        selectedRegister = offset;
        return LguestError.None;
    }

    /// <inheritdoc/>
    public uint GetRegister(uint offset) =>
        TryReadRegister(offset, out uint value) ? value : throw new ArgumentOutOfRangeException(nameof(offset));

    /// <inheritdoc/>
    public LguestError SetRegister(uint offset, uint value)
    {
        if (Refusal is LguestError refusal)
            return refusal;
        CpuState* s = Cpu.State;
        if (offset == RegisterOffset.Eip)
            s->Eip = value;
        else if (GeneralRegister(offset) is int number)
            s->R[number] = value;
        else
            return LguestError.NoEntry;
        return LguestError.None;
    }

    /// <inheritdoc/>
    public LguestError InjectTrap(uint trap)
    {
        if (Refusal is LguestError refusal)
            return refusal;
        if (trap >= GateTable.Length || !Gates[(int)trap].Present)
            return LguestError.Invalid;
        if (trap == PageFault)
            SetCr2(lastFaultAddress);
        Reflect((int)trap, HasErrorCode((int)trap) ? lastErrorCode : null, isFault: true);
        return LguestError.None;
    }

    /// <summary>Runs the guest until something is for the launcher.</summary>
    public LguestOutcome Run(out TrapRecord record)
    {
        if (!initialized)
            throw new InvalidOperationException("the guest has not been initialized");
        while (true)
        {
            record = default;
            if (deathReason is not null)
                return restartWanted ? LguestOutcome.Restart : LguestOutcome.Dead;
            if (stopRequested)
                return LguestOutcome.Stopped;
            if (pauseRequested)
            {
                pauseRequested = false;
                return LguestOutcome.Paused;
            }
            if (trapWaits)
            {
                trapWaits = false;
                record = waitingTrap;
                return LguestOutcome.Trap;
            }

            if (Timer.TryTake())
                Interlocked.Or(ref pendingInterrupts, 1u);
            DeliverInterrupts();
            if (deathReason is not null)
                continue;
            if (halted)
                sleep.Sleep(wake, Timer.MillisecondsLeft);
            else
                Cpu.Run(Volatile.Read(ref pendingInterrupts) == 0 ? Slice : ShortSlice);
        }
    }

    /// <summary>Makes <see cref="Run"/> return soon, and again whenever it is called. From any thread.</summary>
    public void Stop()
    {
        stopRequested = true;
        Cpu.RequestExit();
        wake.Set();
    }

    /// <summary>Makes <see cref="Run"/> return once, soon, at an instruction boundary. From any thread.</summary>
    public void Pause()
    {
        pauseRequested = true;
        Cpu.RequestExit();
        wake.Set();
    }

    /// <summary>Frees the processor. Nobody may raise interrupts any more.</summary>
    public void Dispose()
    {
        Cpu.Dispose();
        wake.Dispose();
    }

    LguestError? Refusal => deathReason is not null ? LguestError.NoEntry : !initialized ? LguestError.Invalid : null;

    int CopyDeathReason(Span<byte> buffer)
    {
        byte[] text = Encoding.UTF8.GetBytes(deathReason + '\0');
        int length = Math.Min(text.Length, buffer.Length);
        text.AsSpan(0, length).CopyTo(buffer);
        return length;
    }

    bool TryReadRegister(uint offset, out uint value)
    {
        CpuState* s = Cpu.State;
        uint? found = offset switch
        {
            RegisterOffset.Ds => s->Ds.Selector,
            RegisterOffset.Es => s->Es.Selector,
            RegisterOffset.Fs => s->Fs.Selector,
            RegisterOffset.Gs => s->Gs.Selector,
            RegisterOffset.Eip => s->Eip,
            RegisterOffset.Cs => s->Cs.Selector,
            RegisterOffset.Eflags => s->Eflags,
            RegisterOffset.Ss => s->Ss.Selector,
            _ => GeneralRegister(offset) is int number ? s->R[number] : null,
        };
        value = found.GetValueOrDefault();
        return found is not null;
    }

    static int? GeneralRegister(uint offset) => offset switch
    {
        RegisterOffset.Ebx => Reg.Ebx,
        RegisterOffset.Ecx => Reg.Ecx,
        RegisterOffset.Edx => Reg.Edx,
        RegisterOffset.Esi => Reg.Esi,
        RegisterOffset.Edi => Reg.Edi,
        RegisterOffset.Ebp => Reg.Ebp,
        RegisterOffset.Eax => Reg.Eax,
        RegisterOffset.Esp => Reg.Esp,
        _ => null,
    };
}
