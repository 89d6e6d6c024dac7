using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Hypervisor;

/// <summary>The page that guest and hypervisor share, <c>lguest_data</c>. All of it is in guest memory; what the guest may set only before INIT is copied there once.</summary>
sealed class LguestData
{
    /// <summary>Bytes of the structure.</summary>
    public const uint Length = 1388;

    /// <summary>Slots of the ring of asynchronous hypercalls.</summary>
    public const int RingSlots = 64;

    /// <summary>irq_enabled and irq_pending when they are set: the interrupt flag of EFLAGS.</summary>
    public const uint InterruptFlag = 0x200;

    const uint IrqEnabledAt = 0, BlockedAt = 4, Cr2At = 8, TimeAt = 12, IrqPendingAt = 20, StatusAt = 24, RingAt = 88,
        ReserveMemAt = 1368, TscKhzAt = 1372, NoIrqIretAt = 1376, KernelAddressAt = 1380, SyscallVectorAt = 1384;
    const uint RingSlotLength = 20;

    readonly GuestMemory memory;
    readonly uint address;
    bool waitingShown;

    /// <summary>Takes the structure at a physical address that the caller has checked.</summary>
    public LguestData(GuestMemory memory, uint address)
    {
        this.memory = memory;
        this.address = address;
        NoIrqIret = memory.Read<uint>(address + NoIrqIretAt);
        KernelAddress = memory.Read<uint>(address + KernelAddressAt);
        SyscallVector = memory.Read<uint>(address + SyscallVectorAt);
        waitingShown = memory.Read<uint>(address + IrqPendingAt) != 0;
    }

    /// <summary>The linear address of the one instruction at which no interrupt may be pushed.</summary>
    public uint NoIrqIret { get; }

    /// <summary>From here up all page tables agree.</summary>
    public uint KernelAddress { get; }

    /// <summary>The vector of system calls.</summary>
    public uint SyscallVector { get; }

    /// <summary>Whether the guest takes interrupts.</summary>
    public bool InterruptsEnabled
    {
        get => memory.Read<uint>(address + IrqEnabledAt) != 0;
        set => memory.Write(address + IrqEnabledAt, value ? InterruptFlag : 0);
    }

    /// <summary>Bit n: interrupt n is masked.</summary>
    public uint BlockedInterrupts => memory.Read<uint>(address + BlockedAt);

    /// <summary>Tells the guest the address of its page fault.</summary>
    public void SetCr2(uint linear) => memory.Write(address + Cr2At, linear);

    /// <summary>Tells the guest whether an interrupt waits for it to enable interrupts.</summary>
    /// <remarks>The guest only reads the word, so that it need not be written twice.</remarks>
    public void ShowWaiting(bool waiting)
    {
        if (waiting == waitingShown)
            return;
        waitingShown = waiting;
        memory.Write(address + IrqPendingAt, waiting ? InterruptFlag : 0);
    }

    /// <summary>Tells the guest the time: seconds and nanoseconds since 1970.</summary>
    public void SetTime(long wallNanoseconds)
    {
        memory.Write(address + TimeAt, (uint)(wallNanoseconds / 1_000_000_000));
        memory.Write(address + TimeAt + 4, (uint)(wallNanoseconds % 1_000_000_000));
    }

    /// <summary>Tells the guest, at INIT, what it has to leave alone at the top of the address space, and how fast its time-stamp counter is (0: not to be used).</summary>
    public void SetHostFacts(uint reservedBytes, uint timeStampKilohertz)
    {
        memory.Write(address + ReserveMemAt, reservedBytes);
        memory.Write(address + TscKhzAt, timeStampKilohertz);
    }

    /// <summary>Takes a hypercall out of a ring slot. False: none waits in it.</summary>
    public bool TryTakeRingSlot(int slot, out HypercallArguments call)
    {
        const byte done = 0xFF;
        uint status = address + StatusAt + (uint)slot;
        if (memory.Read<byte>(status) == done)
        {
            call = default;
            return false;
        }
        uint words = address + RingAt + (uint)slot * RingSlotLength;
        call = new(memory.Read<uint>(words), memory.Read<uint>(words + 4), memory.Read<uint>(words + 8), memory.Read<uint>(words + 12), memory.Read<uint>(words + 16));
        memory.Write(status, done);
        return true;
    }
}

/// <summary>A hypercall: its number and the words in ebx, ecx, edx and esi (or in a ring slot).</summary>
readonly record struct HypercallArguments(uint Number, uint First, uint Second, uint Third, uint Fourth);
