using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Runs of accesses near each other, at one register plus constants, as those to a stack frame: one look at their page for all.</summary>
/// <remarks>
/// While the window shows a page it goes on showing it until the block is left. So accesses that a run has covered need no temporaries, keep the host's flags and
/// can't fault. Where the look fails, or the run lies on two pages, the rest of the block is translated once more, every access by itself, and the failing look
/// led there as a jump is led to its block. A run never wraps around at 4 GB, since the window never shows the first and the last page.
/// </remarks>
sealed unsafe partial class BlockTranslator
{
    // Accesses further apart are rarely of one thing. Far less than a page, see the remarks.
    const int Reach = 1024;

    readonly Run[] runs = new Run[HostRegister.GuestEsp + 1];
    bool joinsAccesses;

    // The memory operand at a register plus a constant, by a run or by a look of its own.
    void EmitOperandAt(Op* op, int register, int displacement, int size, bool write)
    {
        if (direct)
        {
            SetDirect(register, -1, 0, displacement);
            return;
        }
        if (TryJoinRun(op, register, displacement, size, write))
            return;
        KeepFlags();
        emit.Memory(4, 0x8D, Place, register, displacement);
        EmitCheck(size, write);
    }

    bool TryJoinRun(Op* op, int register, int displacement, int size, bool write)
    {
        if (!joinsAccesses)
            return false;
        if (!runs[register].Covers(displacement, size, write))
        {
            // The present instruction's ways to the interpreter come back behind it: they must not pass by a look that is made from here on.
            if (misses.Count > firstMiss || slowAccesses.Count > firstSlow || fpuSite != 0)
                return false;
            StartRuns(op);
            if (!runs[register].Covers(displacement, size, write))
                return false;
        }
        operand = new Operand { Base = register, Displacement = displacement };
        return true;
    }

    // Looks for accesses from an instruction on that can share one look; one that there is already is given up only when it is not enough.
    void TryStartRun(Op* first, int register, bool anew)
    {
        if (!anew && runs[register].High > runs[register].Low)
            return;
        var run = new Run { Low = int.MaxValue, High = int.MinValue };
        int count = 0, step = 0;
        for (Op* op = first, end = block->Ops + block->OpCount; op < end; op++)
        {
            int bytes = MemoryUse.OperandAt(op, register, out bool writes);
            if (bytes != 0 && !run.TryExtend((int)op->Displacement + step, bytes, writes, ref count))
                break;
            if (register == Esp && MemoryUse.Pushes(op) && !run.TryExtend(step - 4, 4, true, ref count))
                break;
            if (register == Esp && MemoryUse.Pops(op) && !run.TryExtend(step, 4, false, ref count))
                break;
            if ((RegisterUse.WrittenBy(op) & (1 << register)) == 0)
                continue;
            if (!MemoryUse.TryGetStep(op, register, out int change))
                break;
            if (!IsNear(step + (long)change))
                break;
            step += change;
        }
        if (count < 2)
            return;
        EmitRunCheck(first, register, run);
        runs[register] = run;
    }

    void EmitRunCheck(Op* op, int register, in Run run)
    {
        const int page = HostRegister.Temp, tag = HostRegister.Temp2;
        KeepFlags();
        emit.Memory(4, 0x8D, page, register, run.High - 1);
        emit.Memory(4, 0x8D, tag, register, run.Low);
        int site = EmitTagCheck(page, tag, run.Write);
        coldPaths.Add(new ColdPath { Kind = ColdKind.Apart, Instruction = op, First = site, Recipe = flagsSaved ? default : recipe });
        flagsNative = false;
    }

    // Before an access that wants one: all runs that can begin here and go on in code that is always reached, so that no look at another one gets into the way of flags.
    void StartRuns(Op* first)
    {
        for (Op* op = first, end = block->Ops + block->OpCount; op < end && !IsConditionalJump(op); op++)
        {
            if (op->Length == 0)
                continue;
            if ((op->Flags & OpFlags.Memory) != 0 && op->Base != Reg.None && op->Index == Reg.None)
                TryStartRun(first, HostRegister.Of(op->Base), op == first);
            if (MemoryUse.Pushes(op) || MemoryUse.Pops(op))
                TryStartRun(first, Esp, op == first);
        }
    }

    static bool IsConditionalJump(Op* op) =>
        (op->Opcode >> 8) is var opcode && ((op->Flags & OpFlags.TwoByte) != 0 ? opcode is >= 0x80 and < 0x90 : opcode is >= 0x70 and < 0x80);

    // After an instruction: where runs are by now, and which have ended.
    static void FollowRuns(Op* op, Span<Run> runs)
    {
        int written = RegisterUse.WrittenBy(op);
        for (int register = 0; written != 0; register++, written >>= 1)
        {
            if ((written & 1) == 0)
                continue;
            if (MemoryUse.TryGetStep(op, register, out int step) && IsNear(runs[register].Step + (long)step))
                runs[register].Step += step;
            else
                runs[register] = default;
        }
    }

    // Neither what is accessed nor where the register moves to may be further away: the sum that the host makes of register and displacement does not wrap as the guest's does.
    static bool IsNear(long distance) => Math.Abs(distance) <= Reach;

    // Whether all accesses of an instruction are known to succeed.
    static bool IsCovered(Op* op, ReadOnlySpan<Run> runs)
    {
        if ((op->Flags & OpFlags.Memory) != 0 && op->Opcode >> 8 != 0x8D)
        {
            if (op->Base == Reg.None)
                return false;
            int register = HostRegister.Of(op->Base), size = MemoryUse.OperandAt(op, register, out bool write);
            if (size == 0 || !runs[register].Covers((int)op->Displacement, size, write))
                return false;
        }
        if (MemoryUse.Pushes(op))
            return runs[Esp].Covers(-4, 4, write: true);
        if (MemoryUse.Pops(op))
            return runs[Esp].Covers(0, 4, write: false);
        return !RegisterUse.MayTouchStack(op);
    }

    // Where a run's look fails: as if the block ended before the instruction.
    void EmitApart(in ColdPath path)
    {
        emit.Bind(path.First);
        if (path.Recipe.Kind != FlagRecipeKind.None)
        {
            EmitRecipe(path.Recipe);
            EmitSaveFlags();
        }
        emit.Memory(8, 0x8D, HostRegister.Remaining, HostRegister.Remaining, Processor.InstructionsFrom(block, path.Instruction));
        int site = emit.JumpForward();
        emit.Bind(site);
        emit.MoveConstant(HostRegister.Temp, (uint)((byte*)block - arena));
        emit.Memory(4, 0x89, HostRegister.Temp, HostRegister.State, StateLayout.ApartBlock);
        EmitExitToLink(block->Physical + path.Instruction->Offset, (uint)site | ApartSite);
    }

    /// <summary>What is known of a register: bytes around what it was when the run began lie on one page, which may be read, or written.</summary>
    struct Run
    {
        public int Low, High, Step;
        public bool Write;

        /// <summary>Whether they contain some more bytes; nothing does of the default.</summary>
        public readonly bool Covers(int displacement, int size, bool write) =>
            displacement + Step >= Low && displacement + Step + size <= High && (Write || !write);

        public bool TryExtend(int start, int size, bool write, ref int count)
        {
            if (!IsNear(start))
                return false;
            int low = Math.Min(Low, start), high = Math.Max(High, start + size);
            if (high - low > Reach)
                return false;
            (Low, High) = (low, high);
            Write |= write;
            count++;
            return true;
        }
    }
}
