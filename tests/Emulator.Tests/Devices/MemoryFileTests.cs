using LguestPS.Emulator.Linux;
using LguestPS.Emulator.Memory;
using Xunit;

namespace LguestPS.Emulator.Tests.Devices;

/// <summary>Guest memory from a memory file.</summary>
public sealed class MemoryFileTests
{
    [Fact]
    public void Memory_is_zeroed_and_writable_to_its_last_byte()
    {
        using var memory = new GuestMemory(new MemoryFile("lguest-test", 1 << 20));
        Assert.Equal(-1, memory.Slice(0, 1 << 20).IndexOfAnyExcept((byte)0));
        memory.Write((1u << 20) - 4, 0x12345678u);
        Assert.Equal(0x12345678u, memory.Read<uint>((1 << 20) - 4));
    }

    [Fact]
    public unsafe void Guard_pages_lie_on_both_sides()
    {
        using var file = new MemoryFile("lguest-test", 1 << 20);
        ulong start = (ulong)file.Base, end = start + file.Size;
        string[] maps = File.ReadAllLines("/proc/self/maps");
        Assert.Contains(maps, line => line.StartsWith($"{start:x}-{end:x} rw-s", StringComparison.Ordinal));
        Assert.Contains(maps, line => line.Contains($"-{start:x} ---p", StringComparison.Ordinal));
        Assert.Contains(maps, line => line.StartsWith($"{end:x}-", StringComparison.Ordinal) && line.Contains("---p", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_left_after_dispose()
    {
        string name = $"lguest-{Guid.NewGuid():n}";
        var file = new MemoryFile(name, 1 << 20);
        Assert.Contains(File.ReadAllLines("/proc/self/maps"), line => line.Contains(name, StringComparison.Ordinal));
        file.Dispose();
        file.Dispose();
        Assert.DoesNotContain(File.ReadAllLines("/proc/self/maps"), line => line.Contains(name, StringComparison.Ordinal));
        Assert.Equal(0, OpenDescriptors.Count($"/memfd:{name} (deleted)"));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(4097u)]
    public void Sizes_are_whole_pages(uint size) => Assert.ThrowsAny<ArgumentException>(() => new MemoryFile("lguest-test", size));
}
