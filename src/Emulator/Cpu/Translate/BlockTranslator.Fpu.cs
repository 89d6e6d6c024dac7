using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>x87 instructions: the host's own, on the guest's registers. See <see cref="NativeFpu"/> for how these get there.</summary>
sealed unsafe partial class BlockTranslator
{
    // Whether the guest's floating-point registers are in the host's for certain where code is being written.
    bool fpuIsHost;

    // The jump of the present instruction to the path that fetches them, 0 for none, and where that path comes back.
    int fpuSite, fpuRetry;
    FlagRecipe fpuRecipe;

    // An x87 instruction that has been written, but not the note that it was the last one.
    Op* unnoted;

    static bool UsesFpu(Op* op)
    {
        int opcode = op->Opcode >> 8;
        if ((op->Flags & (OpFlags.Invalid | OpFlags.Address16)) != 0 || op->Length == 0)
            return false;
        return (op->Flags & OpFlags.TwoByte) != 0 ? SimdForm.Of(opcode, SimdForm.PrefixOf(op->Flags)) is not null : opcode is 0x9B or (>= 0xD8 and <= 0xDF);
    }

    // Before an instruction that uses the registers. Destroys the host's flags unless an earlier one has fetched them.
    void EmitFpuCheck()
    {
        if (fpuIsHost)
            return;
        KeepFlags();
        emit.Memory(4, 0x83, 7, HostRegister.State, StateLayout.FpuPlace);
        emit.Byte((int)FpuPlace.Host);
        fpuSite = emit.JumpIfForward(Emitter.NotEqual);
        fpuRetry = emit.Offset;
        fpuRecipe = flagsSaved ? default : recipe;
        flagsNative = false;
        fpuIsHost = true;
    }

    bool TryEmitX87(int opcode, int digit, Op* op)
    {
        if (opcode == 0x9B)
        {
            EmitFpuCheck();   // that they are the host's says that no error is pending
            return true;
        }
        return (op->Flags & OpFlags.Memory) != 0 ? TryEmitX87Memory(opcode, digit, op) : TryEmitX87Register(opcode, digit, op);
    }

    bool TryEmitX87Register(int opcode, int digit, Op* op)
    {
        int whole = op->Opcode;
        const int clear = 0xDBE2, statusToAx = 0xDFE0;
        if (opcode == 0xDB && digit == 4 && whole != clear)
            return false;   // fninit, which clears the pointers too, and instructions of old that do nothing
        EmitFpuCheck();
        if (opcode is 0xDA or 0xDB && digit < 4)
            LoadFlags();        // fcmovcc
        emit.Byte(opcode);
        emit.Byte(whole & 0xFF);
        if (opcode is 0xDB or 0xDF && digit is 5 or 6)
            FlagsAreNative();   // fcomi and the like
        if (whole is not (clear or statusToAx))
            unnoted = op;
        return true;
    }

    bool TryEmitX87Memory(int opcode, int digit, Op* op)
    {
        if (X87Bytes(opcode, digit) is not int bytes)
            return false;
        bool isControl = (opcode, digit) is (0xD9, 5) or (0xD9, 7) or (0xDD, 7);
        EmitFpuCheck();
        // Digits 2, 3, 6 and 7 store, but for what computes with memory and fbld's and fild's neighbours.
        bool writes = (opcode & 1) != 0 && digit is 2 or 3 or 6 or 7;
        EmitOperand(op, bytes, writes);
        if ((opcode, digit) is (0xD9, 5))
        {
            EmitLoadControl();
            return true;
        }
        EmitAccess(4, opcode, digit);
        if (isControl)
            return true;
        EmitOffset(op, 4, HostRegister.Temp);
        emit.Memory(4, 0x89, HostRegister.Temp, HostRegister.State, StateLayout.FpuData);
        EmitStateConstant(StateLayout.FpuSegment, op->Segment);
        unnoted = op;
        return true;
    }

    // Bytes of a memory operand; null for those that move the whole environment or state.
    static int? X87Bytes(int opcode, int digit) => (opcode, digit) switch
    {
        (0xD9, 4 or 6) or (0xDD, 4 or 6) => null,
        (0xD9, 5 or 7) or (0xDD, 7) or (0xDE, _) => 2,
        (0xD8 or 0xD9 or 0xDA, _) => 4,
        (0xDB, 5 or 7) or (0xDF, 4 or 6) => 10,
        (0xDB, _) => 4,
        (0xDF, 5 or 7) or (0xDC or 0xDD, _) => 8,
        _ => 2,
    };

    // fldcw from the guest's memory, which a device may be writing: what is looked at must be what is loaded.
    void EmitLoadControl()
    {
        GiveUpNativeFlags();
        EmitAccess(4, 0xFB7, HostRegister.Temp);
        emit.Memory(4, 0x89, HostRegister.Temp, HostRegister.State, StateLayout.Scratch);
        EmitMissUnlessMasked(NativeFpu.ControlMasks);
        emit.Memory(4, 0xD9, 5, HostRegister.State, StateLayout.Scratch);
    }

    // The interpreter's, when a new control word in HostRegister.Temp leaves an exception unmasked.
    void EmitMissUnlessMasked(int masks)
    {
        emit.Registers(4, 0xF7, 2, HostRegister.Temp);
        emit.Registers(4, 0xF7, 0, HostRegister.Temp);
        emit.Int32(masks);
        Miss(Emitter.NotEqual);
    }

    // Before each instruction: the note is put off past those that will note themselves and can't leave the block before.
    void NoteX87(Op* next)
    {
        if (unnoted == null || (IsX87Computation(next) && fpuIsHost))
            return;
        EmitEip(HostRegister.Temp, block->Physical + unnoted->Offset);
        emit.Memory(4, 0x89, HostRegister.Temp, HostRegister.State, StateLayout.FpuEip);
        EmitStateConstant(StateLayout.FpuOpcode, unnoted->Opcode & 0x7FFu);
        unnoted = null;
    }

    static bool IsX87Computation(Op* op) =>
        (op->Flags & (OpFlags.Invalid | OpFlags.TwoByte | OpFlags.Memory | OpFlags.Address16)) == 0 && (op->Opcode >> 8) is >= 0xD8 and <= 0xDF
        && (op->Opcode & 0xFFE0) != 0xDBE0 && op->Opcode != 0xDFE0;

    void EmitStateConstant(int field, uint value)
    {
        emit.Memory(4, 0xC7, 0, HostRegister.State, field);
        emit.Int32((int)value);
    }

    // After the interpreter has run an instruction in a block whose rest has the registers in the host's: leaves when they can't go back there.
    void EmitFpuReturn(in ColdPath path)
    {
        emit.Call(thunks.EnterFpu);
        emit.Registers(4, 0x85, HostRegister.Temp, HostRegister.Temp);
        int entered = emit.JumpIfForward(Emitter.NotEqual);
        emit.Memory(8, 0x8D, HostRegister.Remaining, HostRegister.Remaining, Processor.InstructionsFrom(block, path.Instruction + 1));
        EmitEip(HostRegister.Address, Next(path.Instruction));
        emit.Jump(thunks.ExitAt);
        emit.Bind(entered);
    }

    bool UsesFpuAfter(Op* op)
    {
        for (Op* end = block->Ops + block->OpCount; ++op < end;)
            if (UsesFpu(op))
                return true;
        return false;
    }
}
