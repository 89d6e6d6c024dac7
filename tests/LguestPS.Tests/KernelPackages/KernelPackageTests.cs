using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using LguestPS.Emulator.Devices;
using LguestPS.KernelPackages;
using ZstandardStream = SharpCompress.Compressors.ZStandard.CompressionStream;

namespace LguestPS.Tests.KernelPackages;

/// <summary>Packages and modules that are made here, so small that all is known of them.</summary>
public sealed class KernelPackageTests : IDisposable
{
    const string Version = "6.1.0-test", Folder = $"./lib/modules/{Version}";

    readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData("data.tar")]
    [InlineData("data.tar.gz")]
    [InlineData("data.tar.zst")]
    public void AKernelIsReadHoweverItsPackageIsPacked(string member)
    {
        Write(member, ("./boot/vmlinuz-" + Version, "kernel"u8.ToArray()));
        using KernelPackage package = new(path);
        (string name, byte[] content) = package.ReadKernel();
        Assert.Equal((Version, "vmlinuz-" + Version, "kernel"), (package.Version, name, Encoding.ASCII.GetString(content)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ModulesComeAfterWhatTheyDependOn(bool wide)
    {
        Write("data.tar",
            ("./boot/vmlinuz-" + Version, []),
            ($"{Folder}/kernel/drivers/virtio-blk.ko", Module(wide, "depends=virtio,virtio-ring", "softdep=pre: crc post: late")),
            ($"{Folder}/kernel/drivers/virtio-ring.ko", Module(wide, "license=GPL", "depends=virtio")),
            ($"{Folder}/kernel/drivers/virtio.ko", Module(wide, "depends=")),
            ($"{Folder}/kernel/lib/crc.ko", Module(wide, "depends=builtin-one")),
            ($"{Folder}/kernel/lib/late.ko", Module(wide, "depends=")),
            ($"{Folder}/modules.builtin", "kernel/lib/builtin-one.ko\n"u8.ToArray()));
        using KernelPackage package = new(path);
        IReadOnlyList<PackagedModule> modules = package.FindModules(["virtio_blk", "virtio-ring", "builtin_one"]);
        Assert.Equal(["crc", "virtio", "virtio_ring", "virtio_blk"], modules.Select(module => module.Name));
        Assert.Equal(["virtio", "virtio_ring"], modules[3].DependsOn);
        Assert.Equal($"lib/modules/{Version}/kernel/drivers/virtio-blk.ko", modules[3].GuestPath);
    }

    // The module that the next test packs, packed as kernels' own build does it: xz --check=crc32 --lzma2=dict=1MiB. The library only unpacks this format.
    const string XzModule = "/Td6WFoAAAFpIt42AgAhARAAAACocI6G4ADPAEBdAD+RRYRoNITB91Wrzk2mF/6WfPl4icvgUKqQ/iHyrbk0o1FgMIi4TYhnS/8CwTDhVKAKE3FOLiT7l0K9Ek6Kx6AA0NwEGwABWNABAAAAe0bBEj4wDYsCAAAAAAFZWg==";

    [Theory]
    [InlineData(".gz")]
    [InlineData(".xz")]
    [InlineData(".zst")]
    public void PackedModulesAreUnpackedAndLieWhereTheGuestHasThem(string ending)
    {
        byte[] module = Module(false, "depends=");
        byte[] packed = ending == ".xz" ? Convert.FromBase64String(XzModule) : Pack(module, ending);
        Write("data.tar", ("./boot/vmlinuz-" + Version, []), ($"./usr/lib/modules/{Version}/kernel/one.ko{ending}", packed));
        using KernelPackage package = new(path);
        PackagedModule found = Assert.Single(package.FindModules(["one"]));
        Assert.Equal(module, found.Content);
        Assert.Equal($"lib/modules/{Version}/kernel/one.ko", found.GuestPath);
    }

    [Fact]
    public void ASoftDependencyMayBeAnAlias()
    {
        Write("data.tar",
            ("./boot/vmlinuz-" + Version, []),
            ($"{Folder}/kernel/fs/ext4.ko", Module(false, "softdep=pre: crc32c blake2b-256 nowhere", "depends=")),
            ($"{Folder}/kernel/crypto/crc32c_generic.ko", Module(false, "alias=crypto-crc32c", "alias=crc32c", "depends=helper")),
            ($"{Folder}/kernel/crypto/blake2b.ko", Module(false, "alias=blake2b-256")),
            ($"{Folder}/kernel/lib/helper.ko", Module(false, "depends=")),
            ($"{Folder}/kernel/arch/x86/crypto/crc32c-intel.ko", Module(false, "alias=crc32c", "alias=cpu:type:x86,ven*fam*mod*:feature:*0094*")),
            ($"{Folder}/kernel/drivers/crypto/card.ko", Module(false, "alias=crc32c")));
        using KernelPackage package = new(path);
        Assert.Equal(["helper", "crc32c_generic", "blake2b", "ext4"], package.FindModules(["ext4"]).Select(module => module.Name));
    }

    [Fact]
    public void ModulesThatWantEachOtherComeOnce()
    {
        Write("data.tar", ("./boot/vmlinuz-" + Version, []), ($"{Folder}/a.ko", Module(false, "depends=b")), ($"{Folder}/b.ko", Module(false, "softdep=pre: a")));
        using KernelPackage package = new(path);
        Assert.Equal(["b", "a"], package.FindModules(["a"]).Select(module => module.Name));
    }

    [Fact]
    public void APackageWithoutAKernelIsRefused()
    {
        Write("data.tar", ("./etc/motd", []));
        AssertInvalid();
    }

    [Fact]
    public void APackageWithoutDataIsRefused()
    {
        Write("control.tar");
        AssertInvalid();
    }

    [Fact]
    public void DamagedDataIsRefused()
    {
        Write("data.tar.gz", ("./boot/vmlinuz-" + Version, new byte[5000]));
        byte[] bytes = File.ReadAllBytes(path);
        Array.Clear(bytes, bytes.Length / 2, 30);
        File.WriteAllBytes(path, bytes);
        AssertInvalid();
    }

    [Fact]
    public void AModuleThatIsNoneIsRefused()
    {
        Write("data.tar", ("./boot/vmlinuz-" + Version, []), ($"{Folder}/a.ko", new byte[100]));
        using KernelPackage package = new(path);
        Assert.Equal("PackageInvalid", Assert.Throws<HostResourceException>(() => package.FindModules(["a"])).ErrorId);
    }

    void AssertInvalid() => Assert.Equal("PackageInvalid", Assert.Throws<HostResourceException>(() => new KernelPackage(path)).ErrorId);

    void Write(string member, params (string Path, byte[] Content)[] files)
    {
        using MemoryStream tar = new();
        using (TarWriter writer = new(tar, leaveOpen: true))
            foreach ((string name, byte[] content) in files)
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        using FileStream archive = File.Create(path);
        archive.Write("!<arch>\n"u8);
        WriteMember(archive, "debian-binary", "2.0\n1"u8.ToArray());   // of odd length, so that what follows it is padded
        WriteMember(archive, member, Pack(tar.ToArray(), Path.GetExtension(member)));
    }

    static void WriteMember(Stream archive, string name, byte[] content)
    {
        archive.Write(Encoding.ASCII.GetBytes($"{name,-16}{0,-12}{0,-6}{0,-6}{100644,-8}{content.Length,-10}`\n"));
        archive.Write(content);
        if (content.Length % 2 != 0)
            archive.WriteByte((byte)'\n');
    }

    static byte[] Pack(byte[] content, string ending)
    {
        using MemoryStream packed = new();
        using (Stream stream = ending switch { ".gz" => new GZipStream(packed, CompressionLevel.Fastest), ".zst" => new ZstandardStream(packed), _ => packed })
            stream.Write(content);
        return packed.ToArray();
    }

    /// <summary>An ELF file with nothing but the sections .modinfo and .shstrtab.</summary>
    static byte[] Module(bool wide, params string[] information)
    {
        byte[] modinfo = Encoding.ASCII.GetBytes(string.Concat(information.Select(text => text + '\0'))), names = "\0.modinfo\0.shstrtab\0"u8.ToArray();
        int header = wide ? 64 : 52, entry = wide ? 64 : 40, tableAt = (header + modinfo.Length + names.Length + 7) & ~7;
        using MemoryStream file = new(new byte[tableAt + 3 * entry]);
        using BinaryWriter writer = new(file);
        writer.Write("\u007fELF"u8);
        writer.Write((byte)(wide ? 2 : 1));
        Put(wide ? 40 : 32, tableAt);
        Put(wide ? 60 : 48, 3 | 2 << 16);   // sections, and which of them has the names
        file.Position = header;
        writer.Write(modinfo);
        writer.Write(names);
        PutSection(1, 1, header, modinfo.Length);
        PutSection(2, 10, header + modinfo.Length, names.Length);
        return file.ToArray();

        void Put(int at, int value)
        {
            file.Position = at;
            writer.Write(value);
        }

        void PutSection(int index, int name, int at, int length)
        {
            int start = tableAt + index * entry;
            Put(start, name);
            Put(start + (wide ? 24 : 16), at);
            Put(start + (wide ? 32 : 20), length);
        }
    }
}
