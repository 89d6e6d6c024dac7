using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Interrupts;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Cpu.Translate;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu;

/// <summary>A 32-bit x86 processor: the state, and the loop that runs decoded blocks on it.</summary>
/// <remarks>One thread runs it; only <see cref="RequestExit"/> and <see cref="Notify"/> may be called from others.</remarks>
public sealed unsafe class Processor : IDisposable
{
    readonly CpuState* s;
    readonly LinearWindow? window;
    readonly ExactWindows? exact;
    readonly Tlb tlb;
    readonly CodeStore code;
    readonly Translator? translator;
    Exception? setAside;
    bool reachedLimit;

    /// <summary>Makes a processor in protected mode with flat ring-0 segments and paging off; the owner sets what differs.</summary>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="owner">What the processor asks.</param>
    /// <param name="codeMemory">Memory for machine code, which the processor then owns: on an x86-64 host it translates. Null: it interprets.</param>
    public Processor(GuestMemory memory, IProcessorOwner owner, ICodeMemory? codeMemory = null)
    {
        Memory = memory;
        Owner = owner;
        if (codeMemory != null && memory.TryOpenWindow() is { } hostWindow)
            window = new LinearWindow(hostWindow, memory.Size);
        if (codeMemory is { AllowsSegmentBases: true })
            exact = ExactWindows.TryOpen(memory);
        tlb = new Tlb(memory.Base, window, exact);
        s = (CpuState*)NativeMemory.AlignedAlloc((nuint)sizeof(CpuState), 64);
        NativeMemory.Clear(s, (nuint)sizeof(CpuState));
        s->ProcessorHandle = GCHandle.ToIntPtr(GCHandle.Alloc(this));
        s->SystemTlb = tlb.Supervisor;
        s->Eflags = 0;
        // CR0.PE and ET: what this processor never leaves, and what it always has.
        s->Cr0 = 0x11;
        s->Dr[6] = 0xFFFF0FF0;
        s->Dr[7] = 0x400;
        s->Pat = ModelSpecificRegisters.InitialPat;
        s->MiscEnable = ModelSpecificRegisters.InitialMiscEnable;
        s->Fpu.Reset();
        code = new CodeStore(this, s, tlb);
        Mmu = new Mmu.Mmu(this, s, tlb, code);
        if (codeMemory != null)
            code.Translator = translator = new Translator(this, s, code, tlb, codeMemory, exact is not null);
        for (var register = SegmentRegister.Es; register <= SegmentRegister.Gs; register++)
            SetSegment(register, 0, FlatData);
        SetCodeSegment(0, FlatCode);
    }

    /// <summary>A present, accessed, flat 32-bit data descriptor of ring 0.</summary>
    public const ulong FlatData = 0x00CF93000000FFFF;

    /// <summary>The same for code.</summary>
    public const ulong FlatCode = 0x00CF9B000000FFFF;

    /// <summary>The registers.</summary>
    public CpuState* State => s;

    /// <summary>Guest-physical memory.</summary>
    public GuestMemory Memory { get; }

    /// <summary>What the processor asks when it can't go on alone.</summary>
    public IProcessorOwner Owner { get; }

    /// <summary>Bytes of machine code that were made of the guest's; 0 when it interprets. From any thread.</summary>
    public long CodeBytes => translator?.CodeBytes ?? 0;

    internal Mmu.Mmu Mmu { get; }

    /// <summary>Which blocks' accesses are direct; null when none are, on this host or by the interpreter.</summary>
    internal HotBlocks? Hot => translator?.Hot;

    /// <summary>Who decides how long it runs at a time; its owner when null.</summary>
    internal IProcessorPace? Pace { get; set; }

    /// <summary>Runs until about <paramref name="instructions"/> more have retired or an exit is requested. State is exact on return.</summary>
    public void Run(long instructions)
    {
        if (Pace is not null)
            instructions = Pace.Begin(this, instructions);
        long limit = s->Retired + instructions;
        reachedLimit = false;
        s->Native.LoadedBase = null;   // another thread, or another processor of this one
        UpdateMode();
        while (!RunUntilFault(limit, out CpuEvent e))
        {
            if (Pace is not null && s->Retired >= limit)
            {
                reachedLimit = true;   // the instruction raises it again in the next run
                break;
            }
            s->InterruptShadow = 0;
            Owner.Deliver(this, e);
            UpdateMode();
        }
        Pace?.End(this, reachedLimit);
    }

    /// <summary>Asks <see cref="Run"/> to return at the next instruction boundary. From the owner's callbacks or any thread; a request made while it is not running ends the next call at once.</summary>
    public void RequestExit() => Post(RequestBits.Exit);

    /// <summary>Asks for a call of <see cref="IProcessorOwner.AtBoundary"/> soon. From any thread.</summary>
    public void Notify() => Post(RequestBits.Boundary);

    /// <summary>Loads CS with what the owner has decided on, without checks, and sets CPL (from the selector).</summary>
    public void SetCodeSegment(ushort selector, ulong descriptor)
    {
        s->Cs = Segment.FromDescriptor(selector, descriptor);
        SetCpl(selector & 3);
    }

    /// <summary>Loads a segment register from a descriptor, without checks.</summary>
    public void SetSegment(SegmentRegister register, ushort selector, ulong descriptor)
    {
        *CpuState.SegmentAt(s, (int)register) = Segment.FromDescriptor(selector, descriptor);
        UpdateMode();
    }

    /// <summary>Changes CPL: picks the TLB that goes with it.</summary>
    public void SetCpl(int cpl)
    {
        s->Cpl = cpl;
        UpdateMode();
    }

    /// <summary>Must follow any change of segment registers, CPL, CR0, EFLAGS.VM, EFLAGS.AC or debug registers made without the methods above: works out again what the engine keeps of them.</summary>
    public void UpdateMode()
    {
        BlockMode mode = s->Cs.Is32Bit ? BlockMode.Code32 : BlockMode.None;
        if ((s->Cr0 & 1) == 0 || (s->OtherFlags & EflagsBits.Virtual8086) != 0)
            mode |= BlockMode.NotProtected;
        if (s->Cpl == 3)
            mode |= BlockMode.User;
        if (s->Cs.Limit != uint.MaxValue)
            mode |= BlockMode.LimitedCode;
        s->BlockKey = (uint)mode | code.Key;
        s->Native.OldestKey = code.OldestKey;
        s->Native.CodePages = code.Pages(s->Cpl == 3);
        s->FlatStack = s->Ss.Is32Bit && s->Ss.FlatWrite != 0 ? 1 : 0;
        bool breakpoints = DebugEvents.HasBreakpoints(s);
        s->Stepping = breakpoints ? 1 : 0;
        s->Tlb = breakpoints || Mmu.ChecksAlignment ? tlb.Empty : s->Cpl == 3 ? tlb.User : tlb.Supervisor;
        s->WindowTags = tlb.TagsOf(s->Tlb);
        if (exact is not null)
            s->Native.ExactBase = s->Tlb == tlb.Empty ? exact.Empty : exact.Of(s->Cpl == 3).Base;
    }

    /// <summary>Forgets translations; global ones too when asked.</summary>
    public void FlushTlb(bool includeGlobal)
    {
        tlb.Flush(includeGlobal);
        code.FlushPages(includeGlobal);
        UpdateMode();
        s->BlockEnd = null;
    }

    /// <summary>Forgets one linear page.</summary>
    public void FlushTlbPage(uint linear)
    {
        tlb.FlushPage(linear);
        if (code.FlushPage(linear))
        {
            UpdateMode();
            s->BlockEnd = null;
        }
    }

    /// <summary>Copies bytes out of linear memory with supervisor rights (or user rights), as an owner sees it: no fault reaches the guest. Returns how many bytes could be read.</summary>
    public int ReadLinear(uint linear, Span<byte> destination, bool user = false)
    {
        MemoryAccess access = user ? MemoryAccess.User : MemoryAccess.Read;
        int done = 0;
        while (done < destination.Length)
        {
            if (Owner.Translate(this, linear, access, out PageTranslation page) != WalkResult.Ok)
                break;
            uint physical = page.PhysicalPage | (linear & 0xFFF);
            int count = Math.Min(destination.Length - done, (int)(GuestMemory.PageSize - (linear & 0xFFF)));
            if (!Memory.Contains(physical, (uint)count))
                break;
            Memory.Slice(physical, (uint)count).CopyTo(destination[done..]);
            done += count;
            linear += (uint)count;
        }
        return done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        code.Dispose();
        translator?.Dispose();
        tlb.Dispose();
        window?.Dispose();
        exact?.Dispose();
        GCHandle.FromIntPtr(s->ProcessorHandle).Free();
        NativeMemory.AlignedFree(s);
    }

    internal void Post(int request)
    {
        Interlocked.Or(ref s->Request, request);
        Volatile.Write(ref s->Native.StopAt, long.MaxValue);
    }

    // False: an exception is to be delivered. True: leave Run.
    bool RunUntilFault(long limit, out CpuEvent e)
    {
        try
        {
            RunBlocks(limit);
        }
        catch (CpuFault fault)
        {
            RollBack();
            e = EventDelivery.ToEvent(fault, s->Eip);
            return false;
        }
        catch (CpuStopped)
        {
            RollBack();
        }
        e = default;
        Exception? waiting = setAside;
        setAside = null;
        switch (waiting)
        {
            case CpuFault fault:
                e = EventDelivery.ToEvent(fault, s->Eip);
                return false;
            case null or CpuStopped:
                return true;
            case Exception other:
                ExceptionDispatchInfo.Throw(other);
                return true;
        }
    }

    /// <summary>An exception of the present instruction, or of fetching it, that can't be thrown or need not be: undoes what was counted for the instruction, and keeps the exception until the run loop is left.</summary>
    internal void SetAside(Exception e)
    {
        RollBack();
        setAside = e;
    }

    /// <summary>Machine code is about to have an instruction interpreted since an access of it, with the present privilege, is not in the TLB: whether it faults; then the fault is set aside.</summary>
    internal bool SetsAsideFaultOf(uint linear, bool write)
    {
        if (s->Tlb == tlb.Empty)
            return false;   // more than the page is to be looked at
        MemoryAccess access = (s->Cpl == 3 ? MemoryAccess.User : MemoryAccess.Read) | (write ? MemoryAccess.Write : MemoryAccess.Read);
        if (Mmu.TryTranslate(linear, access, out _) is not { } fault)
            return false;
        SetAside(fault);
        return true;
    }

    /// <summary>Leads a direct access of machine code that has faulted to where it goes on.</summary>
    internal void FindColdPath() => translator!.FindColdPath();

    /// <summary>The interpreter has done what a direct access could not: the next one may be able to.</summary>
    internal void ShowTouched()
    {
        long linear = s->Native.FaultAddress - s->Native.LoadedBase;
        s->Native.FaultAddress = null;
        if (linear is >= 0 and <= uint.MaxValue && s->Tlb != tlb.Empty)
            tlb.ShowExactly((uint)linear, s->Cpl == 3);
    }

    // The innermost loop: no exception handling in the method that holds it, so that the present instruction lives in a host register.
    void RunBlocks(long limit)
    {
        CpuState* s = this.s;
        CodeStore code = this.code;
        Translator? translator = this.translator;
        while (true)
        {
            s->CurrentOp = null;
            // Not in an interrupt shadow, which would be forgotten.
            long left = limit - s->Retired;
            if (left <= 0 && s->InterruptShadow == 0 && (s->Request & RequestBits.Exit) == 0)
            {
                reachedLimit = true;
                return;
            }
            bool step = false, watched = true;
            if ((s->Request | s->InterruptShadow | s->Stepping | (int)(s->OtherFlags & EflagsBits.Trap)) != 0)
            {
                Boundary boundary = AtBoundary();
                if (boundary == Boundary.Leave)
                    return;
                step = boundary != Boundary.Run;
                watched = boundary != Boundary.StepUnwatched;
            }

            if (step && DebugEvents.Before(this, watched))
                continue;
            uint linear = s->Cs.Base + s->Eip;
            Block* block = code.FindQuickly(linear);
            if (block == null)
            {
                block = code.Find(linear);
                if (block == null)
                    return;
            }

            if (translator != null && !step && translator.TryRun(block, limit))
            {
                if (setAside != null)
                    return;
                continue;
            }

            s->CurrentBlock = block;
            s->BlockEip = s->Eip;
            s->Retired += block->Instructions;
            Op* op = block->Ops, end = op + block->OpCount;
            s->BlockEnd = step ? EndOfFirstInstructions(op, 1) : left < block->Instructions ? EndOfFirstInstructions(op, Math.Max(left, 1)) : end;
            do
            {
                s->CurrentOp = op;
                op->Execute(s, op);
                op++;
            }
            while (op < s->BlockEnd);

            if (s->BlockEnd != end)
                LeftEarly(s, block, op);
            if (step)
                DebugEvents.After(this);
        }
    }

    // Past the guards that may stand before them.
    static Op* EndOfFirstInstructions(Op* op, long count)
    {
        for (; count > 0; op++)
            if (op->Length != 0)
                count--;
        return op;
    }

    // The block gave up its rest: eip is at the next instruction, unless the last one has set it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void LeftEarly(CpuState* s, Block* block, Op* next)
    {
        if (next == block->Ops + block->OpCount)
            return;
        s->Eip = s->BlockEip + next->Offset;
        s->Retired -= InstructionsFrom(block, next);
    }

    // The present instruction did not happen; there is none when the fault came of fetching it.
    void RollBack()
    {
        s->PendingDebug = 0;
        if (s->CurrentOp == null)
            return;
        s->Eip = s->BlockEip + s->CurrentOp->Offset;
        s->Retired -= InstructionsFrom(s->CurrentBlock, s->CurrentOp);
    }

    /// <summary>Instructions of a block from one of its entries on.</summary>
    internal static int InstructionsFrom(Block* block, Op* op)
    {
        int count = 0;
        for (Op* end = block->Ops + block->OpCount; op < end; op++)
            if (op->Length != 0)
                count++;
        return count;
    }

    enum Boundary
    {
        Run,
        Step,
        StepUnwatched,
        Leave,
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    Boundary AtBoundary()
    {
        int shadow = s->InterruptShadow;
        Boundary step = shadow == CpuState.AfterStackSegment ? Boundary.StepUnwatched : Boundary.Step;
        s->InterruptShadow = 0;
        if (s->Request != 0)
        {
            int requests = Interlocked.And(ref s->Request, shadow != 0 ? RequestBits.Boundary : 0);
            if ((requests & RequestBits.CodeWritten) != 0)
                code.DropDeviceWrites();
            if ((requests & RequestBits.Exit) != 0)
            {
                s->InterruptShadow = shadow;
                Interlocked.Or(ref s->Request, requests & RequestBits.Boundary);
                return Boundary.Leave;
            }
            if ((requests & RequestBits.Boundary) != 0)
            {
                if (shadow != 0)
                    return step;
                Owner.AtBoundary(this);
                UpdateMode();
                if ((s->Request & RequestBits.Exit) != 0)
                    return AtBoundary();
            }
        }
        return (s->OtherFlags & EflagsBits.Trap) != 0 || s->Stepping != 0 ? step : Boundary.Run;
    }
}
