using Iced.Intel;
using LguestPS.Emulator.Cpu.State;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

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

    /// <summary>A loop that writes an immediate of its own block, ahead of where it runs, each time round.</summary>
    [Fact]
    public void SelfModifyingCode()
    {
        var a = new Assembler(32);
        Label start = a.CreateLabel(), patched = a.CreateLabel();
        a.xor(ebx, ebx);
        a.Label(ref start);
        a.mov(__dword_ptr[patched], edi);
        a.add(ecx, 3);
        a.db(0xB8);   // mov eax, and its immediate:
        a.Label(ref patched);
        a.dd(0x12345678u);
        a.add(ebx, eax);
        a.dec(edi);
        a.jne(start);
        a.hlt();
        using var pair = new LockStep(RandomProgram.Assemble(a));
        pair.Run(InstructionsEach, new Random(1));
        Assert.Equal(RandomProgram.Rounds * (RandomProgram.Rounds + 1) / 2, pair.Register(Reg.Ebx));
    }
}
