namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Where the guest's arithmetic flags are. Between blocks they are saved in <see cref="NativeState.Flags"/>; within one they stay in the host's until something destroys them.</summary>
/// <remarks>
/// Every access to memory destroys the host's flags and may fault, so that the guest's must be known there; but few are looked at. So where they can be
/// worked out again from registers that still hold what they held (the <see cref="FlagRecipe"/>), they are not saved: the cold path does the work.
/// </remarks>
sealed unsafe partial class BlockTranslator
{
    bool flagsNative, flagsSaved;
    FlagRecipe recipe;

    void FlagsAreSaved()
    {
        flagsNative = false;
        flagsSaved = true;
        recipe = default;
    }

    // The instruction just written has set all of the host's flags as the guest's.
    void FlagsAreNative(FlagRecipe recipe = default)
    {
        flagsNative = true;
        flagsSaved = false;
        this.recipe = recipe;
    }

    // Nothing will look at the flags that are there now.
    void FlagsAreDead() => FlagsAreSaved();

    // What follows destroys the host's flags for good.
    void SaveFlags()
    {
        if (flagsSaved)
            return;
        if (!flagsNative)
            EmitRecipe(recipe);
        EmitSaveFlags();
        flagsSaved = true;
    }

    // What follows destroys the host's flags and can leave the block.
    void KeepFlags()
    {
        if (recipe.Kind == FlagRecipeKind.None)
            SaveFlags();
    }

    // What follows destroys them and can leave, though no access to memory did before.
    void GiveUpNativeFlags()
    {
        KeepFlags();
        flagsNative = false;
    }

    // Before an instruction that reads them, or changes only some.
    void LoadFlags()
    {
        if (flagsNative)
            return;
        if (flagsSaved)
            EmitLoadFlags();
        else
            EmitRecipe(recipe);
        flagsNative = true;
    }

    // For instructions that read or keep CF and overwrite all others.
    void LoadCarry()
    {
        if (flagsNative)
            return;
        if (!flagsSaved)
        {
            LoadFlags();
            return;
        }
        emit.Memory(4, 0xFBA, 4, HostRegister.State, StateLayout.Flags);
        emit.Byte(HostFlags.CarryBit);
    }

    // Before an instruction: flags that only the recipe holds must not lose the registers it needs. Returns whether the recipe is good afterwards.
    bool ProtectRecipe(Op* op)
    {
        if (recipe.Kind == FlagRecipeKind.None || (RegisterUse.WrittenBy(op) & recipe.Registers) == 0)
            return true;
        if (!FlagLiveness.OverwritesAll(op) && (!flagsNative || !(IsCovered(op, runs) || KeepsFlagsDirectly(op)) || (UsesFpu(op) && !fpuIsHost)))
            SaveFlags();
        return false;
    }

    // Whether they are overwritten before anything reads them or leaves the block.
    bool AreFlagsDeadAfter(Op* op)
    {
        Span<Run> ahead = stackalloc Run[runs.Length];
        runs.CopyTo(ahead);
        for (Op* end = block->Ops + block->OpCount; ++op < end;)
        {
            FollowRuns(op - 1, ahead);
            if (!IsCovered(op, ahead))
                return false;
            FlagLiveness.Effect effect = FlagLiveness.EffectWithoutFault(op);
            if (effect != FlagLiveness.Effect.None)
                return effect == FlagLiveness.Effect.Overwrites;
        }
        return false;
    }

    void EmitSaveFlags()
    {
        emit.Move(HostRegister.Temp2, HostRegister.Rax);
        emit.Byte(0x9F);                                        // lahf
        emit.Registers(1, 0xF90, 0, HostRegister.Rax);          // seto al
        emit.Memory(4, 0x89, HostRegister.Rax, HostRegister.State, StateLayout.Flags);
        emit.Move(HostRegister.Rax, HostRegister.Temp2);
    }

    // al of 0 or 1 plus 0x7F overflows when it is 1.
    void EmitLoadFlags()
    {
        emit.Move(HostRegister.Temp2, HostRegister.Rax);
        emit.Memory(4, 0x8B, HostRegister.Rax, HostRegister.State, StateLayout.Flags);
        emit.Byte(0x04);
        emit.Byte(0x7F);
        emit.Byte(0x9E);                                        // sahf
        emit.Move(HostRegister.Rax, HostRegister.Temp2);
    }

    // Sets the host's flags as the instruction did.
    void EmitRecipe(in FlagRecipe recipe)
    {
        const int add = 0, subtract = 5, old = HostRegister.Temp;
        switch (recipe.Kind)
        {
            case FlagRecipeKind.Result:
                emit.Registers(4, 0x85, recipe.First, recipe.First);
                break;
            case FlagRecipeKind.Compare:
                EmitBinaryOn(Compare, recipe.First, recipe);
                break;
            case FlagRecipeKind.Test when recipe.Second >= 0:
                emit.Registers(4, 0x85, recipe.Second, recipe.First);
                break;
            case FlagRecipeKind.Test:
                emit.Registers(4, 0xF7, 0, recipe.First);
                emit.Int32(recipe.Value);
                break;
            case FlagRecipeKind.Subtract:
                emit.Move(old, recipe.First);
                EmitBinaryOn(add, old, recipe);
                EmitBinaryOn(subtract, old, recipe);
                break;
            case FlagRecipeKind.Add:
                emit.Move(old, recipe.First);
                EmitBinaryOn(subtract, old, recipe);
                EmitBinaryOn(add, old, recipe);
                break;
            case FlagRecipeKind.Shift:
                emit.Memory(4, 0x8B, old, HostRegister.State, StateLayout.ShiftSource);
                emit.Registers(4, 0xC1, recipe.First, old);
                emit.Byte(recipe.Value);
                break;
        }
    }

    void EmitBinaryOn(int number, int register, in FlagRecipe recipe)
    {
        if (recipe.Second >= 0)
            emit.Registers(4, number * 8 + 3, register, recipe.Second);
        else
            emit.ArithmeticConstant(4, number, register, recipe.Value);
    }

    // How to work out again what group 1 on two registers, or one and a constant, has set.
    static FlagRecipe RecipeOf(int number, int size, int first, int second, uint value)
    {
        if (size != 4)
            return default;
        FlagRecipeKind kind = number switch
        {
            0 => FlagRecipeKind.Add,
            1 or 4 or 6 => FlagRecipeKind.Result,
            5 => FlagRecipeKind.Subtract,
            Compare => FlagRecipeKind.Compare,
            _ => FlagRecipeKind.None,
        };
        // Of a register and itself nothing is left to work with, but that a difference is 0.
        if (first == second && kind == FlagRecipeKind.Subtract)
            kind = FlagRecipeKind.Result;
        else if (first == second && kind == FlagRecipeKind.Add)
            kind = FlagRecipeKind.None;
        return new FlagRecipe(kind, first, second, (int)value);
    }
}
