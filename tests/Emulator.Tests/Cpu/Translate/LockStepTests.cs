using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;
using Xunit;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Interpreter and translator beside each other on random code.</summary>
public sealed class LockStepTests
{
    const int Programs = 60;
    const long InstructionsEach = 20_000;

    /// <summary>Seeds of random programs, with accesses by a look and direct.</summary>
    public static TheoryData<int, bool> Seeds => new() { { 1, false }, { 1, true }, { 2, false }, { 2, true }, { 3, false }, { 3, true }, { 4, false }, { 4, true } };

    [Theory, MemberData(nameof(Seeds))]
    public void RandomCode(int seed, bool direct) => Run(seed, direct, Programs, 0, static (random, _) => RandomProgram.Make(random));

    [Theory, MemberData(nameof(Seeds))]
    public void RandomFloatingPoint(int seed, bool direct)
    {
        long instructions = Run(seed, direct, Programs, (int)GuestMemory.PageSize, static (random, data) =>
        {
            RandomFpuProgram.Fill(data, random);
            return RandomFpuProgram.Make(random);
        });
        Assert.InRange(instructions, Programs * 1000, long.MaxValue);   // most don't end in an exception at once
    }

    [Theory, MemberData(nameof(Seeds))]
    public void RandomStrings(int seed, bool direct) => Run(seed, direct, Programs / 2, RandomStringProgram.DataBytes, static (random, data) =>
    {
        random.NextBytes(data);
        return RandomStringProgram.Make(random);
    });

    /// <summary>An instruction with two accesses, the first of which is the interpreter's for lying on two pages: those that follow must not rely on a look at the stack that it would have made.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void InterpretedAccessBeforeOthers(bool direct)
    {
        byte[] code =
        [
            0xFF, 0xB5, 0xFE, 0x0F, 0x00, 0x00,    // push [ebp + FFE]
            0x50, 0x53,                            // push eax; push ebx
            0x58, 0x5B, 0x59,                      // pop eax; pop ebx; pop ecx
            0xF4,                                  // hlt
        ];
        byte[] data = new byte[2 * GuestMemory.PageSize];
        const int Value = 0x11223344;
        BitConverter.TryWriteBytes(data.AsSpan(0xFFE), Value);
        using var pair = new LockStep(code, data, direct: direct);
        pair.Run(InstructionsEach, new Random(1));
        Assert.Equal((uint)Value, pair.Register(Reg.Ecx));
    }

    /// <summary>A register that moves away by a constant which the displacement takes back, over the end of the address space.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AddressThatWrapsAround(bool direct)
    {
        const uint rounds = 1000;   // enough that the window shows the page
        byte[] code =
        [
            0xBF, (byte)(rounds & 0xFF), (byte)(rounds >> 8), 0, 0,   // mov edi, rounds
            0x89, 0xE8,                                      // start: mov eax, ebp
            0x8B, 0x08,                                      // mov ecx, [eax]
            0x81, 0xE8, 0x00, 0x00, 0x00, 0x70,              // sub eax, 0x70000000
            0x01, 0xF9,                                      // add ecx, edi
            0x89, 0x88, 0x00, 0x00, 0x00, 0x70,              // mov [eax + 0x70000000], ecx
            0x4F,                                            // dec edi
            0x75, 0xEB,                                      // jne start
            0xF4,                                            // hlt
        ];
        using var pair = new LockStep(code, direct: direct);
        pair.Run(InstructionsEach, new Random(1));
        Assert.Equal(rounds * (rounds + 1) / 2, pair.Register(Reg.Ecx));
    }

    /// <summary>A loop that writes an immediate of its own block, ahead of where it runs, each time round.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SelfModifyingCode(bool direct)
    {
        byte[] code =
        [
            0x31, 0xDB,                            // xor ebx, ebx
            0x89, 0x3D, 0x0C, 0x00, 0x01, 0x00,    // start: mov [immediate], edi
            0x83, 0xC1, 0x03,                      // add ecx, 3
            0xB8, 0x78, 0x56, 0x34, 0x12,          // mov eax, immediate
            0x01, 0xC3,                            // add ebx, eax
            0x4F,                                  // dec edi
            0x75, 0xED,                            // jne start
            0xF4,                                  // hlt
        ];
        using var pair = new LockStep(code, direct: direct);
        pair.Run(InstructionsEach, new Random(1));
        Assert.Equal(RandomProgram.Rounds * (RandomProgram.Rounds + 1) / 2, pair.Register(Reg.Ebx));
    }

    // Runs so many programs that are made one after the other, with their data; returns the instructions that were run.
    static long Run(int seed, bool direct, int programs, int dataBytes, Func<Random, byte[], byte[]> make)
    {
        var random = new Random(seed);
        byte[] data = new byte[dataBytes];
        long instructions = 0;
        for (int i = 0; i < programs; i++)
        {
            byte[] code = make(random, data);
            using var pair = new LockStep(code, data, direct: direct);
            pair.Run(InstructionsEach, random);
            instructions += pair.Instructions;
        }
        return instructions;
    }
}
