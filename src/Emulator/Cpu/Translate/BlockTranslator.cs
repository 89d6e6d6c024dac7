using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Writes the machine code of one decoded block: 32-bit code whose CS, SS, DS and ES are flat.</summary>
/// <remarks>
/// This part goes through the block and writes its ends; the others have one group of instructions each. Whatever is rare in an instruction
/// (a page that the TLB does not know, a segment that is not flat, a division that overflows) leaves it before it has changed anything, for a
/// cold path behind the block that has the whole instruction run by the interpreter.
/// </remarks>
sealed unsafe partial class BlockTranslator(CodeCache cache, GuestMemory memory, byte* arena)
{
    /// <summary>Set in <see cref="NativeState.LinkSite"/> for a jump that may close a loop.</summary>
    public const uint BackwardSite = 0x80000000;

    /// <summary>Set there for a look that has failed for accesses joined in a run: they are to be done apart, by <see cref="TranslateApart"/>.</summary>
    public const uint ApartSite = 0x40000000;

    /// <summary>Set there for a jump of a block whose accesses are direct.</summary>
    public const uint DirectSite = 0x20000000;

    /// <summary>Set there for a jump that is taken with the flags in the host's, too.</summary>
    public const uint FlagsSite = 0x10000000;

    /// <summary>The rest of it is the jump's place.</summary>
    public const uint SiteMask = FlagsSite - 1;

    readonly Emitter emit = cache.Emit;
    readonly Thunks thunks = cache.Thunks;
    readonly List<ColdPath> coldPaths = [];
    readonly List<int> misses = [];
    readonly List<SlowAccess> slowAccesses = [];
    Block* block;
    int firstMiss, firstSlow;
    bool leavesByState, locked;
    FlagRecipe missRecipe;

    /// <summary>Translates a block, anew where it was. There must be room in the cache.</summary>
    /// <param name="block">The block.</param>
    /// <param name="direct">Whether its accesses are to be direct.</param>
    public void Translate(Block* block, bool direct)
    {
        Begin(block);
        joinsAccesses = !direct;
        this.direct = direct;
        block->NativeChecked = cache.Address(emit.Offset);
        EmitBoundary();
        block->Native = cache.Address(emit.Offset);
        block->NativeWithFlags = null;
        FlagsAreSaved();
        if (FlagLiveness.AreReadFirst(block->Ops, block->Ops + block->OpCount))
        {
            LoadFlags();
            block->NativeWithFlags = cache.Address(emit.Offset);
        }
        EmitInstructions(block->Ops);
    }

    /// <summary>Translates the rest of a block, from a physical address on, for those who come by a look that has failed; returns where it is.</summary>
    public int TranslateApart(Block* block, uint place)
    {
        Begin(block);
        joinsAccesses = direct = false;
        Op* first = block->Ops;
        while (block->Physical + first->Offset != place || first->Length == 0)
            first++;
        int start = emit.Offset;
        FlagsAreSaved();
        EmitInstructions(first);
        return start;
    }

    void Begin(Block* block)
    {
        this.block = block;
        coldPaths.Clear();
        misses.Clear();
        slowAccesses.Clear();
        directAccesses.Clear();
        runs.AsSpan().Clear();
    }

    void EmitInstructions(Op* first)
    {
        emit.Memory(8, 0x8D, HostRegister.Remaining, HostRegister.Remaining, -Processor.InstructionsFrom(block, first));
        fpuIsHost = false;
        unnoted = null;

        Op* last = block->Ops + block->OpCount - 1;
        bool calledOut = false;
        for (Op* op = first; op <= last; op++)
        {
            NoteX87(op);
            if (op == last && op->Length == 0)
            {
                EmitContinue(op, calledOut);
                break;
            }
            firstMiss = misses.Count;
            firstSlow = slowAccesses.Count;
            firstDirect = directAccesses.Count;
            leavesByState = false;
            locked = (op->Flags & OpFlags.Lock) != 0;
            fpuSite = 0;
            FlagRecipe before = recipe;
            bool keepsRecipe = ProtectRecipe(op);
            calledOut = !TryEmit(op);
            if (calledOut)
                EmitCallOut(op, op == last);
            if (calledOut)
                runs.AsSpan().Clear();
            else
                FollowRuns(op, runs);
            if (!keepsRecipe && recipe == before && !FlagLiveness.OverwritesAll(op))
                recipe = default;
            fpuIsHost &= !calledOut && UsesFpuAfter(op);
            var cold = new ColdPath { Instruction = op, Resume = emit.Offset, FlagsNative = flagsNative, LeavesByState = leavesByState, FpuIsHost = fpuIsHost };
            if (misses.Count > firstMiss || slowAccesses.Count > firstSlow)
                coldPaths.Add(cold with { Kind = ColdKind.Miss, First = firstMiss, Count = misses.Count - firstMiss, FirstSlow = firstSlow, SlowCount = slowAccesses.Count - firstSlow, Recipe = missRecipe });
            if (directAccesses.Count > firstDirect)
                coldPaths.Add(cold with { Kind = ColdKind.Direct, First = firstDirect, Count = directAccesses.Count - firstDirect });
            if (fpuSite != 0)
                coldPaths.Add(cold with { Kind = ColdKind.Fpu, First = fpuSite, Retry = fpuRetry, Recipe = fpuRecipe });
        }
        foreach (ColdPath path in coldPaths)
            Emit(path);
    }

    // Before the block: the instruction limit and requests, as the run loop looks at them.
    void EmitBoundary()
    {
        emit.Memory(8, 0x3B, HostRegister.Remaining, HostRegister.State, StateLayout.StopAt);
        coldPaths.Add(new ColdPath { Kind = ColdKind.Boundary, First = emit.JumpIfForward(Emitter.LessOrEqual) });
    }

    // The interpreter runs the instruction. The one at the end has set eip; it may have changed anything but that, so that C# must look; only repeated string instructions are known to change nothing of the mode.
    void EmitCallOut(Op* op, bool last)
    {
        SaveFlags();
        CallInterpreter(op);
        flagsNative = false;
        if (last)
            emit.Jump(IsString(op) ? thunks.DispatchState : thunks.Exit);
    }

    void CallInterpreter(Op* op)
    {
        emit.MoveConstant(HostRegister.Temp, (uint)((byte*)op - arena));
        emit.MoveConstant(HostRegister.Temp2, (uint)((byte*)block - arena));
        emit.Call(thunks.Execute);
    }

    static bool IsString(Op* op) => (op->Flags & (OpFlags.TwoByte | OpFlags.Invalid)) == 0 && (op->Opcode >> 8) is (>= 0xA4 and <= 0xA7) or (>= 0xAA and <= 0xAF);

    void EmitContinue(Op* op, bool calledOut)
    {
        uint next = Target(op);
        if (calledOut)
        {
            // What was called may have been an instruction that ends blocks because it changes the mode.
            EmitEip(HostRegister.Address, next);
            emit.Jump(thunks.ExitAt);
            return;
        }
        EmitJumpTo(next);
    }

    // Two blocks are joined for good only within a page: what ends one of them ends the other.
    bool IsInPage(uint target) => ((target ^ block->Physical) & ~0xFFFu) == 0;

    // Every loop has a jump to a block that does not begin later than its own.
    bool IsBackward(uint target) => target <= block->Physical;

    // Whether they must be saved for a jump. The look that goes before a loop's next turn destroys them, and if it finds something they must be known.
    bool NeedsFlagsAt(uint target)
    {
        if (!IsInPage(target) || (IsBackward(target) && recipe.Kind == FlagRecipeKind.None))
            return true;
        return !FlagLiveness.AreDead(CodeAt(target));
    }

    void EmitJumpTo(uint target)
    {
        if (NeedsFlagsAt(target))
            SaveFlags();
        if (IsInPage(target))
        {
            AddLink(emit.JumpForward(), target);
            return;
        }
        EmitEip(HostRegister.Address, target);
        emit.Jump(thunks.Dispatch);
    }

    // For a jump that is written: until it is bound to its target's code it leads to a cold path.
    void AddLink(int site, uint target)
    {
        var path = new ColdPath { Kind = ColdKind.Link, First = site, Target = target, FlagsNative = flagsNative && !flagsSaved, Recipe = flagsSaved ? default : recipe, BringsFlags = flagsNative && flagsSaved };
        if (!IsInPage(target))
            path.Kind = ColdKind.Dispatch;
        else if (IsBackward(target) && !flagsSaved)
            path.Kind = ColdKind.LoopLink;
        else if (IsBackward(target) && flagsNative && recipe.Kind != FlagRecipeKind.None && FlagLiveness.AreReadFirst(CodeAt(target)))
            path = path with { Kind = ColdKind.LoopLink, Recipe = recipe };
        coldPaths.Add(path);
    }

    // The code of the block's page from an address in it on.
    ReadOnlySpan<byte> CodeAt(uint target)
    {
        uint offset = target & 0xFFF;
        return new(memory.Base + (block->Physical & ~0xFFFu) + offset, (int)(GuestMemory.PageSize - offset));
    }

    void Emit(in ColdPath path)
    {
        switch (path.Kind)
        {
            case ColdKind.Boundary:
                emit.Bind(path.First);
                EmitEip(HostRegister.Address, block->Physical);
                emit.Jump(thunks.ExitAt);
                break;
            case ColdKind.Miss:
                EmitSlowAccesses(path);
                BindMisses(path);
                EmitFlagsOf(path);
                EmitInterpreted(path);
                break;
            case ColdKind.Direct:
                EmitDirectFaults(path);
                break;
            case ColdKind.Fpu:
                emit.Bind(path.First);
                EmitFlagsOf(path);
                emit.Call(thunks.EnterFpu);
                emit.Registers(4, 0x85, HostRegister.Temp, HostRegister.Temp);
                emit.JumpIf(Emitter.NotEqual, path.Retry);
                EmitInterpreted(path);
                break;
            case ColdKind.Apart:
                EmitApart(path);
                break;
            case ColdKind.Link:
                emit.Bind(path.First);
                if (path.FlagsNative || path.Recipe.Kind != FlagRecipeKind.None)
                {
                    if (!path.FlagsNative)
                        EmitRecipe(path.Recipe);
                    EmitSaveFlags();
                }
                EmitExitToLink(path.Target, (uint)path.First | (IsBackward(path.Target) ? BackwardSite : path.BringsFlags ? FlagsSite : 0));
                break;
            case ColdKind.LoopLink:
                EmitLoopLink(path);
                break;
            case ColdKind.Dispatch:
                emit.Bind(path.First);
                EmitEip(HostRegister.Address, path.Target);
                emit.Jump(thunks.Dispatch);
                break;
        }
    }

    void EmitFlagsOf(in ColdPath path)
    {
        if (path.Recipe.Kind == FlagRecipeKind.None)
            return;
        EmitRecipe(path.Recipe);
        EmitSaveFlags();
    }

    // The interpreter runs the instruction; the block goes on behind it.
    void EmitInterpreted(in ColdPath path)
    {
        CallInterpreter(path.Instruction);
        if (path.LeavesByState)
        {
            emit.Jump(thunks.DispatchState);
            return;
        }
        if (path.FpuIsHost)
            EmitFpuReturn(path);
        if (path.FlagsNative)
            EmitLoadFlags();
        emit.Jump(path.Resume);
    }

    // The look before a loop's next turn, where nothing but what it might find wants the flags, or where the next turn wants them at once: then they have been saved, and are worked out again.
    void EmitLoopLink(in ColdPath path)
    {
        emit.Bind(path.First);
        emit.Memory(8, 0x3B, HostRegister.Remaining, HostRegister.State, StateLayout.StopAt);
        int leaves = emit.JumpIfForward(Emitter.LessOrEqual);
        if (path.BringsFlags)
            EmitRecipe(path.Recipe);
        int site = emit.JumpForward();
        emit.Bind(site);
        if (!path.BringsFlags)
            EmitFlagsOf(path);
        EmitExitToLink(path.Target, (uint)site | (path.BringsFlags ? FlagsSite : 0));
        emit.Bind(leaves);
        if (!path.BringsFlags)
            EmitFlagsOf(path);
        EmitEip(HostRegister.Address, path.Target);
        emit.Jump(thunks.ExitAt);
    }

    void EmitExitToLink(uint target, uint site)
    {
        EmitEip(HostRegister.Address, target);
        emit.MoveConstant(HostRegister.Temp, site | (direct ? DirectSite : 0));
        emit.Jump(thunks.ExitToLink);
    }

    // The long way of each access: through the TLB and back, else on to the interpreter.
    void EmitSlowAccesses(in ColdPath path)
    {
        Span<int> onward = stackalloc int[path.SlowCount];
        for (int i = 0; i < path.SlowCount; i++)
        {
            SlowAccess access = slowAccesses[path.FirstSlow + i];
            emit.Bind(access.Site);
            emit.Call(access.Write ? thunks.SlowWrite : thunks.SlowRead);
            emit.JumpIf(Emitter.NotEqual, access.Resume);
            onward[i] = emit.JumpForward();
        }
        foreach (int site in onward)
            emit.Bind(site);
    }

    void BindMisses(in ColdPath path)
    {
        for (int i = 0; i < path.Count; i++)
            emit.Bind(misses[path.First + i]);
    }

    enum ColdKind : byte
    {
        /// <summary>The look before the block found something: leave.</summary>
        Boundary,
        /// <summary>The interpreter runs the instruction.</summary>
        Miss,
        /// <summary>A direct access has faulted: likewise.</summary>
        Direct,
        /// <summary>The guest's floating-point registers are fetched.</summary>
        Fpu,
        /// <summary>The look of a run has failed.</summary>
        Apart,
        /// <summary>A jump within the page that is not yet bound.</summary>
        Link,
        /// <summary>One backward, bound or not, that brings flags along, or what they can be worked out from.</summary>
        LoopLink,
        /// <summary>A conditional jump out of the page.</summary>
        Dispatch,
    }

    // An access whose page the window does not show.
    struct SlowAccess
    {
        public int Site, Resume;
        public bool Write;
    }

    struct ColdPath
    {
        public ColdKind Kind;
        public bool FlagsNative;
        public FlagRecipe Recipe;
        public bool LeavesByState;
        public bool FpuIsHost;
        public bool BringsFlags;
        public int First;
        public int Count;
        public int FirstSlow;
        public int SlowCount;
        public int Resume;
        public int Retry;
        public uint Target;
        public Op* Instruction;
    }
}
