using System.Text;
using LguestPS.Emulator.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.Launcher;

public sealed class BootPageTests : LauncherTest
{
    [Fact]
    public void SaysWhatAKernelLooksFor()
    {
        BootPage.Write(Memory, "console=hvc0 quiet", new InitialRamDisk(0x3F0000, 0x10000, 0x10000));
        Dictionary<uint, byte[]> expected = new()
        {
            [0x1E8] = [1],
            [0x206] = [0x07, 0x02],
            [0x210] = [0xFF],
            [0x211] = [0x40],
            [0x218] = [0, 0, 0x3F, 0, 0, 0, 1, 0],
            [0x228] = [0, 0x10, 0, 0],
            [0x230] = [0, 0, 0, 1],
            [0x23C] = [1, 0, 0, 0],
            [0x2D0] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 1, 0, 0, 0],
        };
        byte[] page = new byte[BootPage.Length];
        foreach (var (offset, bytes) in expected)
            bytes.CopyTo(page, offset);
        Assert.Equal(page, Memory.Slice(0, BootPage.Length).ToArray());
        Assert.Equal("console=hvc0 quiet\0", Encoding.ASCII.GetString(Memory.Slice(BootPage.Length, 19)));
    }

    [Fact]
    public void WithoutRamDiskThereIsNoLoaderType()
    {
        BootPage.Write(Memory, "", null);
        Assert.Equal(0, Memory.Read<byte>(0x210));
        Assert.Equal(0ul, Memory.Read<ulong>(0x218));
    }

    [Fact]
    public void CommandLineHasAnEnd()
    {
        BootPage.Write(Memory, new string('x', BootPage.MaxCommandLine), null);
        Assert.Equal(0, Memory.Read<byte>(BootPage.End - 1));
        AssertFails("CommandLineTooLong", () => BootPage.Write(Memory, new string('x', BootPage.MaxCommandLine + 1), null));
    }

    [Fact]
    public void RamDiskLiesAtTheTop()
    {
        byte[] content = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];
        string path = WriteFile(content);
        InitialRamDisk disk = InitialRamDisk.Load(path, Memory, 0x200000, Log);
        Assert.Equal(new InitialRamDisk(0x3FE000, 0x2000, 5000), disk);
        Assert.Equal(content, Memory.Slice(disk.Address, 5000).ToArray());
        Assert.Equal([$"mapped initrd {path} size=8192 @ 0x3fe000"], Log.VerboseLines);
    }

    [Fact]
    public void RamDiskMayNotReachTheKernel()
    {
        string path = WriteFile(new byte[8192]);
        InitialRamDisk.Load(path, Memory, Memory.Size - 8192, Log);
        AssertFails("InitrdTooLarge", () => InitialRamDisk.Load(path, Memory, Memory.Size - 8191, Log));
        AssertFails("InitrdNotFound", () => InitialRamDisk.Load("/no/such/initrd", Memory, 0, Log));
    }
}
