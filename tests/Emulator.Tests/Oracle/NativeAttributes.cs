using Xunit;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>A fact that asks the host processor: skipped, with the reason, where that can't be done.</summary>
sealed class NativeFactAttribute : FactAttribute
{
    public NativeFactAttribute() => Skip = NativeProcessor.Unavailable;
}

/// <summary>A theory that asks the host processor: skipped, with the reason, where that can't be done.</summary>
sealed class NativeTheoryAttribute : TheoryAttribute
{
    public NativeTheoryAttribute() => Skip = NativeProcessor.Unavailable;
}
