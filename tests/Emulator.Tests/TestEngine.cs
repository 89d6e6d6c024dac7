using LguestPS.Emulator.Cpu.Translate;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Tests;

/// <summary>The engine that tests of the processor run on where they don't choose one: what <c>LGUESTPS_ENGINE</c> names, else what a guest gets.</summary>
static class TestEngine
{
    static readonly ProcessorEngine Engine = Enum.Parse<ProcessorEngine>(Environment.GetEnvironmentVariable("LGUESTPS_ENGINE") ?? nameof(ProcessorEngine.Auto));

    /// <summary>Memory for machine code, or null for the interpreter.</summary>
    public static ICodeMemory? CreateCodeMemory() => ProcessorEngines.CreateCodeMemory(Engine);

    /// <summary>RAM as a guest gets it, so that translated code reaches it in the way that it does there.</summary>
    public static GuestMemory CreateMemory(uint size) =>
        new(OperatingSystem.IsLinux() ? new MemoryFile("lguest test", size) : new HeapMemoryBacking(size));
}
