using System.Buffers.Binary;
using LguestPS.Emulator.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.Launcher;

public sealed class KernelLoaderTests : LauncherTest
{
    [Fact]
    public void LoadsElfByPhysicalAddresses()
    {
        string path = WriteFile(ElfImage.Make(0x100010, (0x100000, [1, 2, 3], 3), (0x102000, [4, 5], 0x3000)));
        LoadedKernel kernel = KernelLoader.Load(path, Memory, Log);
        Assert.Equal(new LoadedKernel(0x100010, 0x105000), kernel);
        Assert.Equal([1, 2, 3, 0], Memory.Slice(0x100000, 4).ToArray());
        Assert.Equal([4, 5, 0], Memory.Slice(0x102000, 3).ToArray());
        Assert.Equal(["Section 0: size 3 addr 0x100000", "Section 1: size 12288 addr 0x102000"], Log.VerboseLines);
    }

    [Fact]
    public void SkipsWhatIsNotLoadable()
    {
        byte[] image = ElfImage.Make(0x100000, (0x100000, [1], 1), (0xFFFFF000, [9], 1));
        image[52 + 32] = 4;   // PT_NOTE
        Assert.Equal(0x100001u, KernelLoader.Load(WriteFile(image), Memory, Log).End);
        Assert.Equal(["Section 0: size 1 addr 0x100000"], Log.VerboseLines);
    }

    [Theory]
    [InlineData(4, 2)]      // 64 bits
    [InlineData(5, 2)]      // big-endian
    [InlineData(16, 3)]     // a shared object
    [InlineData(18, 62)]    // x86-64
    [InlineData(42, 56)]    // other headers
    [InlineData(44, 0)]     // no headers
    [InlineData(45, 9)]     // too many
    [InlineData(52, 4)]     // nothing to load
    [InlineData(27, 0x50)]  // starts outside memory
    [InlineData(52 + 16, 9)] // more in the file than in memory
    public void RefusesMalformedElf(int offset, byte value)
    {
        byte[] image = ElfImage.Make(0x100000, (0x100000, [1, 2, 3, 4], 4));
        image[offset] = value;
        AssertFails("KernelMalformed", () => KernelLoader.Load(WriteFile(image), Memory, Log));
    }

    [Theory]
    [InlineData(20)]     // in the header
    [InlineData(60)]     // in the program headers
    [InlineData(85)]     // in a segment
    public void RefusesTruncatedElf(int length)
    {
        byte[] image = ElfImage.Make(0x100000, (0x100000, [1, 2, 3, 4], 4));
        AssertFails("KernelTruncated", () => KernelLoader.Load(WriteFile(image.AsSpan(0, length)), Memory, Log));
    }

    [Theory]
    [InlineData(0x3FFFFFu, 2u)]
    [InlineData(0xFFFFFFFFu, 2u)]
    [InlineData(0x100000u, 0xFFFFFFFFu)]
    public void RefusesElfThatDoesNotFit(uint address, uint length) =>
        AssertFails("KernelDoesNotFit", () => KernelLoader.Load(WriteFile(ElfImage.Make(0x100000, (address, [1], length))), Memory, Log));

    [Fact]
    public void RefusesWhatIsNotThere()
    {
        AssertFails("KernelNotFound", () => KernelLoader.Load("/no/such/kernel", Memory, Log));
        AssertFails("KernelUnreadable", () => KernelLoader.Load(Path.GetTempPath(), Memory, Log));
    }

    [Theory]
    [InlineData(3, 2048)]
    [InlineData(0, 2560)]   // 0 means 4
    public void LoadsBzImageAtOneMegabyte(byte setupSectors, int codeAt)
    {
        byte[] image = BzImage(setupSectors, codeAt, paragraphs: 2);
        image.AsSpan(codeAt).Fill(0x90);
        LoadedKernel kernel = KernelLoader.Load(WriteFile(image), Memory, Log);
        Assert.Equal(new LoadedKernel(0x100000, 0x100020), kernel);
        Assert.Equal(Enumerable.Repeat((byte)0x90, 32), Memory.Slice(0x100000, 32).ToArray());
        Assert.Equal(0, Memory.Read<byte>(0x100020));
    }

    [Fact]
    public void RefusesBadBzImages()
    {
        byte[] good = BzImage(3, 2048, paragraphs: 2);
        byte[] noMagic = [.. good];
        noMagic[0x203] = 0;
        var e = AssertFails("KernelNotBootable", () => KernelLoader.Load(WriteFile(noMagic), Memory, Log));
        Assert.Contains("This doesn't look like a bzImage to me", e.Message);
        AssertFails("KernelNotBootable", () => KernelLoader.Load(WriteFile(good.AsSpan(0, 0x210)), Memory, Log));
        AssertFails("KernelTruncated", () => KernelLoader.Load(WriteFile(good.AsSpan(0, 2048)), Memory, Log));
        AssertFails("KernelTruncated", () => KernelLoader.Load(WriteFile(good.AsSpan(0, good.Length - 1)), Memory, Log));
        AssertFails("KernelDoesNotFit", () => KernelLoader.Load(WriteFile([.. good, .. new byte[3 << 20]]), Memory, Log));
        BinaryPrimitives.WriteUInt32LittleEndian(good.AsSpan(0x214), 0x400000);
        AssertFails("KernelMalformed", () => KernelLoader.Load(WriteFile(good), Memory, Log));
    }

    static byte[] BzImage(byte setupSectors, int codeAt, int paragraphs)
    {
        byte[] image = new byte[codeAt + paragraphs * 16];
        image[0x1F1] = setupSectors;
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(0x1F4), paragraphs);
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x20D);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x214), 0x100000);
        return image;
    }
}
