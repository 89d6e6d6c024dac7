namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Memory for machine code: the same pages seen at two addresses, at one of which they can be written and at the other run, never both.</summary>
public unsafe interface ICodeMemory : IDisposable
{
    /// <summary>Where to write.</summary>
    byte* Writable { get; }

    /// <summary>Where to run.</summary>
    byte* Executable { get; }

    /// <summary>Bytes.</summary>
    int Size { get; }
}
