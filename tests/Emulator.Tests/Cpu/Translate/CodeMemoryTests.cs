using LguestPS.Emulator.Linux;
using Xunit;

namespace LguestPS.Emulator.Tests.Translate;

/// <summary>Where machine code is: never writable where it runs, bounded, and gone with its guest.</summary>
public sealed unsafe class CodeMemoryTests
{
    const int Bytes = 1 << 20;

    // What the code cache wants free for one more block, and little more: a few blocks fill it.
    const int FewBlocks = (128 << 10) + 4096;

    [Fact]
    public void WritableAndExecutableAreTwoMappingsOfOneFile()
    {
        using var memory = new CodeMemoryFile(Bytes);
        (string writableRights, string writableFile) = MappingAt(memory.Writable);
        (string executableRights, string executableFile) = MappingAt(memory.Executable);
        Assert.Equal(("rw-s", "r-xs"), (writableRights, executableRights));
        Assert.Equal(writableFile, executableFile);

        // mov eax, 42; ret
        ReadOnlySpan<byte> code = [0xB8, 42, 0, 0, 0, 0xC3];
        code.CopyTo(new Span<byte>(memory.Writable + Bytes - code.Length, code.Length));
        Assert.Equal(42, ((delegate* unmanaged[Cdecl]<int>)(memory.Executable + Bytes - code.Length))());
    }

    [Fact]
    public void NothingIsLeftAfterDispose()
    {
        var memory = new CodeMemoryFile(Bytes);
        string file = MappingAt(memory.Writable).File;
        Assert.Equal(2, File.ReadLines("/proc/self/maps").Count(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4] == file));
        memory.Dispose();
        memory.Dispose();
        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4] == file);
    }

    /// <summary>Blocks that don't fit go, and are made again when they are wanted; nobody notices.</summary>
    [Fact]
    public void FullCacheIsEmptied()
    {
        var random = new Random(5);
        int evictions = 0;
        for (int i = 0; i < 12; i++)
        {
            using var pair = new LockStep(RandomProgram.Make(random), codeMemoryBytes: FewBlocks);
            pair.Run(20_000, random);
            evictions += pair.Evictions;
        }
        Assert.InRange(evictions, 5, int.MaxValue);
    }

    // The rights and the file (its inode) of the mapping that begins at an address.
    static (string Rights, string File) MappingAt(byte* address)
    {
        string start = $"{(ulong)address:x}-";
        string[] fields = File.ReadLines("/proc/self/maps").Single(line => line.StartsWith(start, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (fields[1], fields[4]);
    }
}
