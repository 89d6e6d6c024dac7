using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Cpu.Blocks;

/// <summary>Room for one short block outside the cache.</summary>
sealed unsafe class NativeBlock : IDisposable
{
    // A guard, the instruction, the continuation.
    const int MaxOps = 4;

    public NativeBlock()
    {
        Block = (Block*)NativeMemory.AllocZeroed((nuint)(sizeof(Block) + MaxOps * sizeof(Op)));
        Block->Ops = Ops;
    }

    public Block* Block { get; }

    public Op* Ops => (Op*)(Block + 1);

    public void Dispose() => NativeMemory.Free(Block);
}
