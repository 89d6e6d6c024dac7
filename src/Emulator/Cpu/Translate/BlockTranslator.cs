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

    readonly Emitter emit = cache.Emit;
    readonly Thunks thunks = cache.Thunks;
    readonly List<ColdPath> coldPaths = [];
    readonly List<int> misses = [];
    Block* block;
    bool leavesByState, locked;
    FlagRecipe missRecipe;

    /// <summary>Translates a block. There must be room in the cache.</summary>
    public void Translate(Block* block)
    {
        this.block = block;
        coldPaths.Clear();
        misses.Clear();
        block->NativeChecked = cache.Address(emit.Offset);
        EmitBoundary();
        block->Native = cache.Address(emit.Offset);
        emit.Memory(8, 0x8D, HostRegister.Remaining, HostRegister.Remaining, -block->Instructions);
        FlagsAreSaved();
        fpuIsHost = false;
        unnoted = null;

        Op* last = block->Ops + block->OpCount - 1;
        bool calledOut = false;
        for (Op* op = block->Ops; op <= last; op++)
        {
            NoteX87(op);
            if (op == last && op->Length == 0)
            {
                EmitContinue(op, calledOut);
                break;
            }
            int firstMiss = misses.Count;
            leavesByState = false;
            locked = (op->Flags & OpFlags.Lock) != 0;
            fpuSite = 0;
            FlagRecipe before = recipe;
            bool keepsRecipe = ProtectRecipe(op);
            calledOut = !TryEmit(op);
            if (calledOut)
                EmitCallOut(op, op == last);
            if (!keepsRecipe && recipe == before && !FlagLiveness.OverwritesAll(op))
                recipe = default;
            fpuIsHost &= !calledOut && UsesFpuAfter(op);
            var cold = new ColdPath { Instruction = op, Resume = emit.Offset, FlagsNative = flagsNative, LeavesByState = leavesByState, FpuIsHost = fpuIsHost };
            if (misses.Count > firstMiss)
                coldPaths.Add(cold with { Kind = ColdKind.Miss, First = firstMiss, Count = misses.Count - firstMiss, Recipe = missRecipe });
            if (fpuSite != 0)
                coldPaths.Add(cold with { Kind = ColdKind.Fpu, First = fpuSite, Retry = fpuRetry, Recipe = fpuRecipe });
        }
        foreach (ColdPath path in coldPaths)
            Emit(path);
    }

    // Before the block: the instruction limit and requests, as the run loop looks at them.
    void EmitBoundary()
    {
        emit.Registers(8, 0x85, HostRegister.Remaining, HostRegister.Remaining);
        int limit = emit.JumpIfForward(Emitter.LessOrEqual);
        emit.Memory(4, 0x83, 7, HostRegister.State, StateLayout.Request);
        emit.Byte(0);
        int request = emit.JumpIfForward(Emitter.NotEqual);
        misses.Add(limit);
        misses.Add(request);
        coldPaths.Add(new ColdPath { Kind = ColdKind.Boundary, First = 0, Count = 2 });
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
        uint next = block->Eip + op->Immediate;
        if (calledOut)
        {
            // What was called may have been an instruction that ends blocks because it changes the mode.
            emit.MoveConstant(HostRegister.Address, next);
            emit.Jump(thunks.ExitAt);
            return;
        }
        EmitJumpTo(next);
    }

    // Two blocks are joined for good only within a page: what ends one of them ends the other.
    bool IsInPage(uint target) => ((target ^ block->Eip) & ~0xFFFu) == 0;

    // Every loop has a jump to a block that does not begin later than its own.
    bool IsBackward(uint target) => target <= block->Eip;

    bool NeedsFlagsAt(uint target)
    {
        if (!IsInPage(target) || IsBackward(target))
            return true;
        uint offset = target & 0xFFF;
        byte* page = memory.Base + (block->Physical & ~0xFFFu);
        return !FlagLiveness.AreDead(new ReadOnlySpan<byte>(page + offset, (int)(GuestMemory.PageSize - offset)));
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
        emit.MoveConstant(HostRegister.Address, target);
        emit.Jump(thunks.Dispatch);
    }

    // For a jump that is written: until it is bound to its target's code it leads to a cold path.
    void AddLink(int site, uint target) =>
        coldPaths.Add(new ColdPath { Kind = IsInPage(target) ? ColdKind.Link : ColdKind.Dispatch, First = site, Target = target, FlagsNative = flagsNative && !flagsSaved, Recipe = flagsSaved ? default : recipe });

    void Emit(in ColdPath path)
    {
        switch (path.Kind)
        {
            case ColdKind.Boundary:
                BindMisses(path);
                emit.MoveConstant(HostRegister.Address, block->Eip);
                emit.Jump(thunks.ExitAt);
                break;
            case ColdKind.Miss:
                BindMisses(path);
                EmitFlagsOf(path);
                EmitInterpreted(path);
                break;
            case ColdKind.Fpu:
                emit.Bind(path.First);
                EmitFlagsOf(path);
                emit.Call(thunks.EnterFpu);
                emit.Registers(4, 0x85, HostRegister.Temp, HostRegister.Temp);
                emit.JumpIf(Emitter.NotEqual, path.Retry);
                EmitInterpreted(path);
                break;
            case ColdKind.Link:
                emit.Bind(path.First);
                if (path.FlagsNative || path.Recipe.Kind != FlagRecipeKind.None)
                {
                    if (!path.FlagsNative)
                        EmitRecipe(path.Recipe);
                    EmitSaveFlags();
                }
                emit.MoveConstant(HostRegister.Address, path.Target);
                emit.MoveConstant(HostRegister.Temp, (uint)path.First | (IsBackward(path.Target) ? BackwardSite : 0));
                emit.Jump(thunks.ExitToLink);
                break;
            case ColdKind.Dispatch:
                emit.Bind(path.First);
                emit.MoveConstant(HostRegister.Address, path.Target);
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
        /// <summary>The guest's floating-point registers are fetched.</summary>
        Fpu,
        /// <summary>A jump within the page that is not yet bound.</summary>
        Link,
        /// <summary>A conditional jump out of the page.</summary>
        Dispatch,
    }

    struct ColdPath
    {
        public ColdKind Kind;
        public bool FlagsNative;
        public FlagRecipe Recipe;
        public bool LeavesByState;
        public bool FpuIsHost;
        public int First;
        public int Count;
        public int Resume;
        public int Retry;
        public uint Target;
        public Op* Instruction;
    }
}
