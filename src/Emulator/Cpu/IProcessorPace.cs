namespace LguestPS.Emulator.Cpu;

/// <summary>Decides how long a processor runs at a time, and learns how a run ended: so two processors go in step.</summary>
/// <remarks>An exception that comes up when the run's instructions are done is left for the next run, so that such a run ends at the same place whichever engine makes it.</remarks>
interface IProcessorPace
{
    /// <summary>Before a run that was to be of some instructions. Returns how many it is to be.</summary>
    long Begin(Processor cpu, long instructions);

    /// <summary>After it.</summary>
    /// <param name="cpu">The processor.</param>
    /// <param name="reachedLimit">Whether the instructions were done; else an exit was requested.</param>
    void End(Processor cpu, bool reachedLimit);
}
