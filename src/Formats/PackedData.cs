using System.IO.Compression;
using SharpCompress.Compressors.Xz;
using ZstandardStream = SharpCompress.Compressors.ZStandard.DecompressionStream;

namespace LguestPS.Formats;

/// <summary>Packed data by the ending of its file's name, as Debian names and packs files.</summary>
public static class PackedData
{
    /// <summary>The endings of module files.</summary>
    public static IReadOnlyList<string> ModuleEndings { get; } = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"];

    /// <summary>A stream of the unpacked data.</summary>
    /// <param name="packed">The data, from its position on; it stays open.</param>
    /// <param name="name">The file's name.</param>
    public static Stream Open(Stream packed, string name) => Path.GetExtension(name) switch
    {
        ".xz" => new XZStream(packed),
        ".zst" => new ZstandardStream(packed, leaveOpen: true),
        ".gz" => new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true),
        _ => packed,
    };

    /// <summary>Unpacks what is in memory.</summary>
    public static byte[] Unpack(byte[] packed, string name)
    {
        using MemoryStream from = new(packed), to = new();
        using Stream stream = Open(from, name);
        stream.CopyTo(to);
        return to.ToArray();
    }
}
