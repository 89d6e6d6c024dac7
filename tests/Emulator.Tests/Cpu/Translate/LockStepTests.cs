using Xunit;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Interpreter and translator beside each other on random code.</summary>
public sealed class LockStepTests
{
    const int Programs = 60;
    const long InstructionsEach = 20_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void RandomCode(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < Programs; i++)
        {
            using var pair = new LockStep(RandomProgram.Make(random));
            pair.Run(InstructionsEach, random);
        }
    }
}
