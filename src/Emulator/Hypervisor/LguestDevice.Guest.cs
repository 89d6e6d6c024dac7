using LguestPS.Emulator.Cpu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Hypervisor;

/// <content>The guest's side: what its processor reports, and what becomes of it.</content>
public sealed unsafe partial class LguestDevice
{
    const int DeviceNotAvailable = 7, GeneralProtection = 13, PageFault = 14;

    LguestData? data;
    uint lastErrorCode, lastFaultAddress;
    int nextRingSlot;

    /// <summary>The guest's segment descriptors.</summary>
    internal SegmentTable Segments { get; } = new();

    /// <summary>The guest's gates.</summary>
    internal GateTable Gates { get; } = new();

    /// <summary>The guest's timer.</summary>
    internal ClockEvent Timer { get; }

    /// <summary>The way into the guest's handlers.</summary>
    internal HandlerEntry Handlers { get; private set; } = null!;

    /// <summary>Ends the guest, because it broke a rule or wanted to end. The first reason counts.</summary>
    internal void Kill(string reason, bool restart = false)
    {
        if (deathReason is null)
            (deathReason, restartWanted) = (reason, restart);
        Cpu.RequestExit();
    }

    /// <summary>Lets the guest sleep until an interrupt can be delivered.</summary>
    internal void Halt()
    {
        halted = true;
        Cpu.RequestExit();
    }

    /// <summary>Changes to another page directory.</summary>
    internal void SetPageDirectory(uint physical)
    {
        bool wasLinear = tables.Directory is null;
        tables.Directory = physical & 0xFFFFF000;
        Cpu.FlushTlb(includeGlobal: wasLinear);
    }

    /// <summary>Makes the next FPU instruction trap, or not.</summary>
    internal void SetTaskSwitched(bool set)
    {
        CpuState* s = Cpu.State;
        s->Cr0 = set ? s->Cr0 | TaskSwitched : s->Cr0 & ~TaskSwitched;
    }

    /// <summary>Whether all page tables agree on an address.</summary>
    internal bool IsKernelAddress(uint linear) => data is not null && linear >= data.KernelAddress;

    /// <summary>Whether the processor may know a translation that a page directory has for an address.</summary>
    internal bool IsMappedNow(uint directory, uint linear) => IsKernelAddress(linear) || tables.Directory == (directory & 0xFFFFF000);

    /// <summary>Copies guest-physical memory; false, and the guest is dead, when it is not all RAM.</summary>
    internal bool TryReadPhysical(uint address, Span<byte> destination)
    {
        if (!memory.Contains(address, (uint)destination.Length))
        {
            Kill($"bad read address 0x{address:x} len {destination.Length}");
            return false;
        }
        memory.Slice(address, (uint)destination.Length).CopyTo(destination);
        return true;
    }

    WalkResult IProcessorOwner.Translate(Processor cpu, uint linear, MemoryAccess access, out PageTranslation page)
    {
        PageKind kind = tables.Translate(linear, access, out uint physical, out bool writable, out uint errorCode);
        page = new() { PhysicalPage = physical, Writable = writable, ErrorCode = errorCode, Global = IsKernelAddress(linear) };
        if (kind == PageKind.Ram)
            return WalkResult.Ok;
        // The device window is never backed: the access faults, and Deliver finds out for whom it is.
        if (kind is PageKind.Fault or PageKind.Device)
            return WalkResult.Fault;
        KillForPage(kind);
        return WalkResult.Stop;
    }

    bool IProcessorOwner.TryReadDescriptor(Processor cpu, ushort selector, out ulong descriptor) => Segments.TryRead(selector, out descriptor);

    void IProcessorOwner.WriteDescriptorHigh(Processor cpu, ushort selector, uint high) => Segments.WriteHigh(selector, high);

    void IProcessorOwner.Deliver(Processor cpu, in CpuEvent e)
    {
        if (deathReason is not null)
        {
            cpu.RequestExit();
            return;
        }
        Counters.Traps[e.Vector]++;
        if (e.Kind == CpuEventKind.SoftwareInterrupt)
            OnSoftwareInterrupt(e.Vector, e.InstructionEip);
        else
            OnException(e.Vector, e.HasErrorCode ? e.ErrorCode : null, e.LinearAddress);
        DeliverInterrupts();
    }

    void IProcessorOwner.AtBoundary(Processor cpu)
    {
        if (cpu.State->InterruptShadow == 0)
            DeliverInterrupts();
        else
            cpu.Notify();   // between a load of ss and that of esp there is no stack to push on
    }

    // A guest has neither ring 0 nor I/O privilege, and device pages are not mapped: the processor never gets to these.
    void IProcessorOwner.Halt(Processor cpu) => Halt();

    uint IProcessorOwner.ReadPort(Processor cpu, ushort port, int size) => uint.MaxValue;

    void IProcessorOwner.WritePort(Processor cpu, ushort port, int size, uint value)
    {
    }

    uint IProcessorOwner.ReadDevice(Processor cpu, uint physical, int size) => uint.MaxValue;

    void IProcessorOwner.WriteDevice(Processor cpu, uint physical, int size, uint value)
    {
    }

    ulong IProcessorOwner.ReadTimeStamp(Processor cpu) => (ulong)clock.MonotonicNanoseconds;

    static bool HasErrorCode(int vector) => vector is 8 or (>= 10 and <= 14) or 17;

    void OnSoftwareInterrupt(byte vector, uint instructionEip)
    {
        CpuState* s = Cpu.State;
        Gate gate = Gates[vector];
        int dpl = vector == GateTable.HypercallVector ? GateTable.HypercallDpl : gate.Dpl;
        if (s->Cpl > dpl)
        {
            // No gate is the same as one of ring 0. Error code: the vector, and the bit for the interrupt table.
            s->Eip = instructionEip;
            OnException(GeneralProtection, vector * 8u + 2, 0);
        }
        else if (vector == GateTable.HypercallVector)
        {
            Hypercall(new(s->R[Reg.Eax], s->R[Reg.Ebx], s->R[Reg.Ecx], s->R[Reg.Edx], s->R[Reg.Esi]));
        }
        else
        {
            Reflect(vector, errorCode: null, isFault: false);
        }
    }

    void OnException(int vector, uint? errorCode, uint linear)
    {
        lastErrorCode = errorCode ?? 0;
        switch (vector)
        {
            case GeneralProtection when errorCode == 0:
                GiveToLauncher(GeneralProtection, 0);
                return;
            case PageFault:
                lastFaultAddress = linear;
                if (IsDeviceAccess(linear, lastErrorCode, out uint physical))
                {
                    GiveToLauncher(PageFault, physical);
                    return;
                }
                SetCr2(linear);
                break;
        }
        if (Gates[vector].Present)
            Reflect(vector, errorCode, isFault: vector is not (1 or 3 or 4));
        else
            Kill($"unhandled trap {vector} at 0x{Cpu.State->Eip:x} (0x{(vector == PageFault ? linear : lastErrorCode):x})");
    }

    /// <summary>Takes a trap to the guest's handler, as the processor or as the host does it.</summary>
    void Reflect(int vector, uint? errorCode, bool isFault)
    {
        ref readonly Gate gate = ref Gates[vector];
        uint flags = Cpu.State->Eflags;
        if (isFault)
            flags |= EflagsBits.Resume;   // as a processor saves them (Intel SDM vol. 3, 18.3.1.1)
        if (Gates.IsDirect(vector, data?.SyscallVector ?? 0))
        {
            Handlers.Push(gate.Address, errorCode, flags);
            return;
        }
        if (data is { InterruptsEnabled: false })
            flags &= ~EflagsBits.Interrupt;
        Handlers.Push(gate.Address, errorCode, flags);
        if (gate.Type == Gate.Interrupt && data is not null)
            data.InterruptsEnabled = false;
    }

    /// <summary>Whether a page fault came of touching the device window rather than of what the guest's tables forbid.</summary>
    bool IsDeviceAccess(uint linear, uint errorCode, out uint physical)
    {
        const uint present = 1;
        physical = 0;
        return (errorCode & present) == 0 && tables.Peek(linear, out physical) == PageKind.Device;
    }

    void GiveToLauncher(byte trap, uint address)
    {
        CpuState* s = Cpu.State;
        waitingTrap = new() { Trap = trap, Address = address };
        Span<byte> instruction = waitingTrap.Instruction;
        tables.Read(s->Cs.Base + s->Eip, instruction);
        trapWaits = true;
        Cpu.RequestExit();
    }

    void Hypercall(in HypercallArguments call)
    {
        if (data is null)
        {
            if (call.Number == Hypercalls.Init)
                Init(call.First);
            else
                Kill($"hypercall {(int)call.Number} before INIT");
            return;
        }
        WorkOffRing(data);
        if (deathReason is null)
            Hypercalls.Execute(this, call);
    }

    void WorkOffRing(LguestData shared)
    {
        // A slot that the guest fills while another is executed waits for its turn: each is looked at once.
        for (int i = 0; i < LguestData.RingSlots && deathReason is null; i++)
        {
            if (!shared.TryTakeRingSlot(nextRingSlot, out HypercallArguments call))
                return;
            nextRingSlot = (nextRingSlot + 1) % LguestData.RingSlots;
            Hypercalls.Execute(this, call);
        }
    }

    void Init(uint address)
    {
        Counters.Hypercalls[Hypercalls.Init]++;
        if (!memory.Contains(address, LguestData.Length))
        {
            Kill($"bad guest page 0x{address:x}");
            return;
        }
        LguestData shared = new(memory, address);
        if (shared.SyscallVector is not (0x80 or 0x40))
        {
            Kill("bad syscall vector");
            return;
        }
        if (shared.KernelAddress >= GuestPageTables.ReservedStart)
        {
            Kill($"bad kernel address 0x{shared.KernelAddress:x}");
            return;
        }
        shared.SetTime(clock.WallNanoseconds);
        // The counter's speed is given as unknown: it is no measure of time where instructions are emulated.
        shared.SetHostFacts(GuestPageTables.ReservedBytes, timeStampKilohertz: 0);
        data = shared;
    }

    /// <summary>Looks at the lowest interrupt that is pending and not blocked, and delivers it if the guest lets it.</summary>
    void DeliverInterrupts()
    {
        if (data is null || deathReason is not null || trapWaits)
            return;
        uint deliverable = Volatile.Read(ref pendingInterrupts);
        if (deliverable != 0)
            deliverable &= ~data.BlockedInterrupts;
        if (deliverable == 0)
        {
            data.ShowWaiting(false);
            return;
        }
        if (halted)
        {
            data.InterruptsEnabled = true;
            halted = false;
        }
        else if (!data.InterruptsEnabled)
        {
            data.ShowWaiting(true);
            return;
        }

        int irq = System.Numerics.BitOperations.TrailingZeroCount(deliverable);
        uint bit = 1u << irq;
        ref readonly Gate gate = ref Gates[GateTable.FirstInterruptVector + irq];
        if (gate.Present)
        {
            Interlocked.And(ref pendingInterrupts, ~bit);
            Counters.Interrupts[irq]++;
            CpuState* s = Cpu.State;
            if (s->Eip == data.NoIrqIret && s->Cpl == 1)
                Handlers.TakeOverFrame(gate.Address);
            else
                Handlers.Push(gate.Address, errorCode: null, s->Eflags);
            if (gate.Type == Gate.Interrupt)
                data.InterruptsEnabled = false;
        }
        data.SetTime(clock.WallNanoseconds);
        data.ShowWaiting((deliverable & ~bit) != 0);
    }

    void SetCr2(uint linear)
    {
        Cpu.State->Cr2 = linear;
        data?.SetCr2(linear);
    }

    void KillForPage(PageKind kind) => Kill(kind switch
    {
        PageKind.BadDirectoryEntry => "bad page directory entry",
        PageKind.BadTableEntry => "bad page table entry",
        _ => $"bad read address 0x{tables.Directory:x} len 4",
    });
}
