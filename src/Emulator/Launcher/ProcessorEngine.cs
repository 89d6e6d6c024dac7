using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu.Translate;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Linux;

namespace LguestPS.Emulator.Launcher;

/// <summary>How a guest's processor runs its code.</summary>
public enum ProcessorEngine
{
    /// <summary>The translator where the host allows it, else the interpreter.</summary>
    Auto,
    /// <summary>Instruction by instruction, on any host.</summary>
    Interpreter,
    /// <summary>As machine code of the host, which must be an x86-64 Linux.</summary>
    Translator,
}

/// <summary>Gets for a processor what its engine needs.</summary>
static class ProcessorEngines
{
    // Room for the machine code of a Linux and some dozens of its programs; the host gives pages as they are used.
    const int CodeMemoryBytes = 32 << 20;

    static bool HostCanTranslate => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Memory for machine code; null for the interpreter.</summary>
    /// <exception cref="HostResourceException">TranslatorUnavailable: the translator was asked for where it can't run.</exception>
    public static ICodeMemory? CreateCodeMemory(ProcessorEngine engine)
    {
        if (engine == ProcessorEngine.Interpreter || (engine == ProcessorEngine.Auto && !HostCanTranslate))
            return null;
        if (!HostCanTranslate)
            throw new HostResourceException("TranslatorUnavailable", "The translator needs Linux on an x86-64 processor", engine);
        try
        {
            return new CodeMemoryFile(CodeMemoryBytes);
        }
        catch (HostCallException) when (engine == ProcessorEngine.Auto)
        {
            return null;   // a host that runs no code from memory files
        }
        catch (HostCallException e)
        {
            throw new HostResourceException("TranslatorUnavailable", $"The host gives no memory for machine code: {e.Message}", engine, e);
        }
    }
}
