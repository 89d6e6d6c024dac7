using System.Runtime.InteropServices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Blocks;

/// <summary>Decoded blocks by physical address. Keeps account of which bytes of RAM they came from, so that a write to those drops them.</summary>
/// <remarks>Blocks live in a fixed arena that is emptied as a whole when it is full. A dropped block's memory stays as it was until then: the block may be running.</remarks>
sealed unsafe class BlockCache : IDisposable
{
    const int Buckets = 1 << 15;

    // A block of the longest size must always fit into what Reserve has promised.
    const int MaxOps = 128;

    const nuint ArenaSize = 24 << 20;

    readonly GuestMemory memory;
    readonly byte* arena;
    readonly Block** buckets;
    readonly nint[] pages;
    readonly ulong[] granules;
    nuint used;

    public BlockCache(GuestMemory memory)
    {
        this.memory = memory;
        arena = (byte*)NativeMemory.Alloc(ArenaSize);
        buckets = (Block**)NativeMemory.AllocZeroed(Buckets, (nuint)sizeof(Block*));
        pages = new nint[memory.CodePages.Length];
        granules = new ulong[memory.CodePages.Length];
    }

    /// <summary>Most entries that one block may have.</summary>
    public static int OpLimit => MaxOps;

    /// <summary>Where all blocks are, so that a block or an instruction is an offset of 32 bits.</summary>
    public byte* Arena => arena;

    /// <summary>Looks a block up.</summary>
    public Block* Find(uint physical, BlockMode mode)
    {
        mode &= BlockMode.Decoded;
        for (Block* block = buckets[Bucket(physical)]; block != null; block = block->NextInBucket)
            if (block->Physical == physical && block->Mode == mode)
                return block;
        return null;
    }

    /// <summary>Room for a new block: where its instructions go, or null when the arena must be emptied first.</summary>
    public Op* Reserve()
    {
        nuint needed = (nuint)(sizeof(Block) + MaxOps * sizeof(Op));
        return used + needed > ArenaSize ? null : (Op*)(arena + used + sizeof(Block));
    }

    /// <summary>Keeps what was decoded into the reserved room. True: the page had no code before, and must leave the write TLB.</summary>
    public bool Commit(Block block, out Block* kept)
    {
        kept = (Block*)(arena + used);
        block.Mode &= BlockMode.Decoded;
        used += (nuint)(sizeof(Block) + block.OpCount * sizeof(Op));
        used = (used + 15) & ~(nuint)15;

        uint page = block.Physical / GuestMemory.PageSize;
        block.NextInPage = (Block*)pages[page];
        pages[page] = (nint)kept;
        Block** bucket = &buckets[Bucket(block.Physical)];
        block.NextInBucket = *bucket;
        *bucket = kept;
        *kept = block;

        bool first = granules[page] == 0;
        granules[page] |= GranulesOf(block.Physical, block.Length);
        Volatile.Write(ref memory.CodePages[page], 1);
        return first;
    }

    /// <summary>Whether a page has any code.</summary>
    public bool HasCode(uint physical) => granules[physical / GuestMemory.PageSize] != 0;

    /// <summary>Whether a range within one page touches bytes (64-byte granules) that were decoded.</summary>
    public bool Overlaps(uint physical, uint length) =>
        (granules[physical / GuestMemory.PageSize] & GranulesOf(physical, length)) != 0;

    /// <summary>Drops all blocks of a page.</summary>
    public void DropPage(uint physical)
    {
        uint page = physical / GuestMemory.PageSize;
        for (Block* block = (Block*)pages[page]; block != null; block = block->NextInPage)
        {
            Block** link = &buckets[Bucket(block->Physical)];
            while (*link != block)
                link = &(*link)->NextInBucket;
            *link = block->NextInBucket;
        }
        pages[page] = 0;
        granules[page] = 0;
        Volatile.Write(ref memory.CodePages[page], 0);
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        used = 0;
        NativeMemory.Clear(buckets, Buckets * (nuint)sizeof(Block*));
        Array.Clear(pages);
        Array.Clear(granules);
        Array.Clear(memory.CodePages);
    }

    public void Dispose()
    {
        NativeMemory.Free(arena);
        NativeMemory.Free(buckets);
    }

    static uint Bucket(uint physical) => (physical ^ (physical >> 13)) & (Buckets - 1);

    static ulong GranulesOf(uint physical, uint length)
    {
        int first = (int)(physical & 0xFFF) >> 6;
        int last = Math.Min((int)((physical & 0xFFF) + length - 1) >> 6, 63);
        return (ulong.MaxValue >> (63 - last)) & (ulong.MaxValue << first);
    }
}
