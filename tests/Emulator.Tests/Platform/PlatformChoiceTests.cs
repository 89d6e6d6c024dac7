using System.IO.Compression;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Tests.Launcher;
using Xunit;

namespace LguestPS.Emulator.Tests.Platform;

/// <summary>What kernel files tell of themselves, and the machine that they are put on for it.</summary>
public sealed class PlatformChoiceTests : LauncherTest
{
    [Fact]
    public void AnElfKernelWithTheGuestCodeKnowsLguest() =>
        Assert.Equal(new(KernelFormat.Elf, "3.2.1", true), Describe(Elf("Linux version 3.2.1 (somebody)\0LGUEST\0")));

    [Fact]
    public void AnElfKernelWithoutItDoesNot() =>
        Assert.Equal(new(KernelFormat.Elf, "3.2.1-x", false), Describe(Elf("Linux version 3.2.1-x (somebody)\0")));

    [Fact]
    public void AnotherKernelDoesNotTell() =>
        Assert.Equal(new(KernelFormat.Elf, null, null), Describe(Elf("an operating system")));

    [Theory]
    [InlineData("6.1.0-50-686")]
    [InlineData("4.14.0")]
    public void ABzImageOfALaterVersionDoesNotKnowLguest(string version) =>
        Assert.Equal(new(KernelFormat.BzImage, version, false), Describe(BzImage.Make(version, [0x90])));

    [Theory]
    [InlineData("Linux version 4.1.18 (x)\0LGUEST\0", true)]
    [InlineData("Linux version 4.1.18 (x)\0", false)]
    public void AnEarlierBzImageIsLookedInto(string text, bool knows) =>
        Assert.Equal(new(KernelFormat.BzImage, "4.1.18", knows), Describe(BzImage.Make("4.1.18", [0x90], Gzip(Elf(text)))));

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0 })]   // not what it seems
    [InlineData(new byte[] { 0x89, 0x4C, 0x5A, 0x4F, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0 })]   // lzo
    public void ABzImageThatCannotBeLookedIntoDoesNotTell(byte[] payload) =>
        Assert.Equal(new(KernelFormat.BzImage, "4.1.18", null), Describe(BzImage.Make("4.1.18", [0x90], payload)));

    [Fact]
    public void A64BitKernelIsRefused()
    {
        byte[] elf = Elf("Linux version 6.1.0 (x)\0");
        elf[4] = 2;
        AssertFails("KernelNot32Bit", () => Describe(elf));
        byte[] image = BzImage.Make("6.1.0", [0x90]);
        image[0x236] = 1;
        AssertFails("KernelNot32Bit", () => Describe(image));
    }

    [Fact]
    public void AnyOtherFileIsUnknown() =>
        Assert.Equal(new(KernelFormat.Unknown, null, null), Describe("#!/bin/sh\n"u8.ToArray()));

    [Fact]
    public void TheChoiceFollowsTheKernelAndSaysWhy()
    {
        PlatformChoice lguest = PlatformChoice.ForKernel(new(KernelFormat.Elf, "3.2.1", true)), pc = PlatformChoice.ForKernel(new(KernelFormat.BzImage, "6.1.0", false)),
            open = PlatformChoice.ForKernel(new(KernelFormat.BzImage, null, null));
        Assert.Equal((GuestPlatform.Lguest, GuestPlatform.Pc, GuestPlatform.Lguest), (lguest.Platform, pc.Platform, open.Platform));
        Assert.Contains("has an lguest entry", lguest.Reason);
        Assert.Contains("6.1.0", pc.Reason);
        Assert.Contains("does not show", open.Reason);
    }

    [Theory]
    [InlineData(GuestPlatform.Lguest)]
    [InlineData(GuestPlatform.Pc)]
    public void TheUserMaySay(GuestPlatform wish)
    {
        GuestDefinition definition = new() { Name = "test", MemoryMB = 4, KernelPath = "/no/such/kernel", Platform = wish };
        Assert.Equal(wish, PlatformChoice.Make(definition).Platform);
        definition.Platform = GuestPlatform.Auto;
        AssertFails("KernelNotFound", () => PlatformChoice.Make(definition));
    }

    KernelDescription Describe(byte[] content)
    {
        using GuestFile file = GuestFile.Open("Kernel", WriteFile(content));
        return KernelDescription.Read(file);
    }

    static byte[] Elf(string text) => ElfImage.Make(0x100000, (0x100000, System.Text.Encoding.ASCII.GetBytes(text), (uint)text.Length));

    // As Linux packs it: the unpacked length comes after the data.
    static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write(content);
        packed.Write(BitConverter.GetBytes(content.Length));
        return packed.ToArray();
    }
}
