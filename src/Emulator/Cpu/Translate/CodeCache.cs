namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>The machine code of one processor: shared pieces at the start, blocks behind them until it is full; then all blocks go at once.</summary>
sealed unsafe class CodeCache : IDisposable
{
    // More than a block of the most and longest instructions takes.
    const int Reserve = 128 << 10;

    readonly ICodeMemory memory;
    readonly int start;

    public CodeCache(ICodeMemory memory)
    {
        this.memory = memory;
        Emit = new(memory.Writable);
        Thunks = new(Emit);
        start = Emit.Offset;
    }

    /// <summary>Writes the next block.</summary>
    public Emitter Emit { get; }

    /// <summary>The shared pieces.</summary>
    public Thunks Thunks { get; }

    /// <summary>Bytes of code that it holds.</summary>
    public int Bytes => Emit.Offset;

    /// <summary>Whether <see cref="Clear"/> must come before the next block.</summary>
    public bool IsFull => memory.Size - Emit.Offset < Reserve;

    /// <summary>Where code at an offset runs.</summary>
    public byte* Address(int offset) => memory.Executable + offset;

    /// <summary>The offset of code that runs at an address.</summary>
    public int OffsetOf(byte* address) => (int)(address - memory.Executable);

    /// <summary>Forgets all blocks. None may be running, none may be found any more.</summary>
    public void Clear() => Emit.Offset = start;

    public void Dispose() => memory.Dispose();
}
