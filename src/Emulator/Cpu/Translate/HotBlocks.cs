using LguestPS.Emulator.Cpu.Blocks;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Decides which blocks reach memory directly: those that samples of what runs find again and again, as long as that does not cost more than it brings.</summary>
/// <remarks>A direct access that fails costs as much as some ten thousand instructions, so that each must be earned by instructions run in between; what is earned is kept up to a limit.</remarks>
sealed unsafe class HotBlocks
{
    // Instructions between two samples, at least: about those of one turn of an owner's, after which a loop is met where it was left.
    const int SampleInterval = 20_000;

    // Heat is lost by one in as many samples, and at this much of it a block is hot.
    const uint Cooling = 16, Hot = 8;

    // Instructions that earn a fault, and faults that can be saved up.
    const long FaultPrice = 100_000, MostSavings = 1024 * FaultPrice;

    // A block that was given up must be hotter by twice as much each time, to a limit.
    const int MostGivenUp = 6;

    uint samples;
    long sampledAt, savings = MostSavings, savedAt;

    /// <summary>Lets every block be direct from the start, and stay so: for tests.</summary>
    public bool TakesAll { get; set; }

    /// <summary>Direct accesses that have failed.</summary>
    public long Faults { get; private set; }

    /// <summary>A block is about to run when so many instructions have retired, which may be a sample. Whether it is to reach memory directly from now on.</summary>
    public bool Sample(Block* block, long retired)
    {
        if (retired - sampledAt < SampleInterval)
            return TakesAll;
        sampledAt = retired;
        samples++;
        uint cooled = (samples - block->SampledAt) / Cooling;
        block->Heat = (block->Heat > cooled ? block->Heat - cooled : 0) + 1;
        block->SampledAt = samples;
        return block->Heat >= Hot << block->GivenUp || TakesAll;
    }

    /// <summary>A direct access of a block has failed when so many instructions had retired. Whether the block is to give up direct accesses.</summary>
    public bool Fault(Block* block, long retired)
    {
        Faults++;
        savings = Math.Min(savings + retired - savedAt, MostSavings) - FaultPrice;
        savedAt = retired;
        if (savings >= 0 || TakesAll)
            return false;
        block->Heat = 0;
        if (block->GivenUp < MostGivenUp)
            block->GivenUp++;
        return true;
    }
}
