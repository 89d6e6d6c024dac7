namespace LguestPS.Emulator.Cpu;

/// <summary>What can be waiting in <see cref="State.CpuState.Request"/>.</summary>
static class RequestBits
{
    /// <summary>Leave <see cref="Processor.Run"/>.</summary>
    public const int Exit = 1;

    /// <summary>Call <see cref="IProcessorOwner.AtBoundary"/>.</summary>
    public const int Boundary = 2;

    /// <summary>Devices have written to decoded code.</summary>
    public const int CodeWritten = 4;
}
