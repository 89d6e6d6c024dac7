namespace LguestPS.Emulator.Tests;

/// <summary>What tests compare with the host's processor, or with each other.</summary>
public enum TestedEngine
{
    /// <summary>The interpreter.</summary>
    Interpreter,
    /// <summary>The translator, every access with a look.</summary>
    Translator,
    /// <summary>The translator, every access that can be direct so from the start, as those of hot blocks are; like the former on hosts that have no such thing.</summary>
    DirectTranslator,
}
