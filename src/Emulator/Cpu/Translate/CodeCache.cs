using LguestPS.Emulator.Cpu.Blocks;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>The machine code of one processor: shared pieces at the start, blocks behind them until it is full; then all blocks go at once.</summary>
sealed unsafe class CodeCache : IDisposable
{
    // More than a block of the most and longest instructions takes.
    const int Reserve = 128 << 10;

    readonly ICodeMemory memory;
    readonly int start;

    // In the order of their places, as code is written.
    readonly List<FaultSite> faultSites = [];

    /// <summary>Takes over memory for machine code, and lets its faults be caught when <paramref name="direct"/> accesses are wanted.</summary>
    public CodeCache(ICodeMemory memory, bool direct)
    {
        this.memory = memory;
        Emit = new(memory.Writable);
        Thunks = new(Emit, direct);
        start = Emit.Offset;
        CatchesFaults = direct && memory.TryCatchFaults(new(Thunks.Fault, HostRegister.State, StateLayout.FaultSite, StateLayout.FaultAddress));
    }

    /// <summary>Whether direct accesses may be written.</summary>
    public bool CatchesFaults { get; }

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

    /// <summary>A direct access has been written: where it is, and what its fault leads to.</summary>
    public void AddFaultSite(int site, int coldPath, Block* block) => faultSites.Add(new(site, coldPath, (nint)block));

    /// <summary>The cold path, and the block, of a direct access by the address of its instruction.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public byte* FindColdPath(byte* address, out Block* block)
    {
        int site = OffsetOf(address), low = 0, high = faultSites.Count - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (faultSites[middle].Site < site)
                low = middle + 1;
            else
                high = middle;
        }
        if (low > high || faultSites[low].Site != site)
            throw new InvalidOperationException($"Machine code at offset {site} has touched memory that it should not.");
        block = (Block*)faultSites[low].Block;
        return Address(faultSites[low].ColdPath);
    }

    /// <summary>Forgets all blocks. None may be running, none may be found any more.</summary>
    public void Clear()
    {
        Emit.Offset = start;
        faultSites.Clear();
    }

    public void Dispose() => memory.Dispose();

    readonly record struct FaultSite(int Site, int ColdPath, nint Block);
}
