namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>From what the flags of an instruction can be worked out again.</summary>
enum FlagRecipeKind : byte
{
    /// <summary>They can't be.</summary>
    None,
    /// <summary>From the result of and, or, xor.</summary>
    Result,
    /// <summary>From the operands of cmp.</summary>
    Compare,
    /// <summary>From the operands of test.</summary>
    Test,
    /// <summary>From a difference and what was subtracted.</summary>
    Subtract,
    /// <summary>From a sum and one of its parts.</summary>
    Add,
    /// <summary>From <see cref="NativeState.ShiftSource"/>, an extension in <see cref="FlagRecipe.First"/> and a count.</summary>
    Shift,
}

/// <summary>How to work out the flags of a 32-bit instruction on registers again.</summary>
/// <param name="Kind">From what.</param>
/// <param name="First">The host register of the result, or of the first operand.</param>
/// <param name="Second">The host register of the second operand, -1 where it is a constant.</param>
/// <param name="Value">The constant.</param>
readonly record struct FlagRecipe(FlagRecipeKind Kind, int First, int Second, int Value)
{
    /// <summary>The host registers that it needs, one bit each.</summary>
    public int Registers => Kind is FlagRecipeKind.None or FlagRecipeKind.Shift ? 0 : (1 << First) | (Second >= 0 ? 1 << Second : 0);
}
