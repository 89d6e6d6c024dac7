namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>The address space of every case, the same in the native process and in the emulated one: what is not listed is not mapped.</summary>
static class OracleLayout
{
    public const uint PageSize = 4096;

    /// <summary>Two writable pages, then a read-only one, then nothing.</summary>
    public const uint Data = 0x20000000;
    public const uint DataSize = 2 * PageSize;
    public const uint ReadOnly = Data + DataSize;
    public const uint DataEnd = ReadOnly + PageSize;

    /// <summary>One writable page with nothing around it.</summary>
    public const uint Stack = 0x20010000;
    public const uint StackSize = PageSize;

    /// <summary>Two writable pages of code, full of int3 where a case puts nothing else.</summary>
    public const uint Code = 0x20020000;
    public const uint CodeSize = 2 * PageSize;

    /// <summary>All mapped regions in the order of their physical addresses, which start at 0 and leave no gaps.</summary>
    public static IReadOnlyList<OracleRegion> Regions { get; } =
    [
        new(Data, DataSize, Writable: true, Executable: false),
        new(ReadOnly, PageSize, Writable: false, Executable: false),
        new(Stack, StackSize, Writable: true, Executable: false),
        new(Code, CodeSize, Writable: true, Executable: true),
    ];

    /// <summary>
    /// Three data segments that are not flat, for which Linux gives every process room. The first reaches everything from the data region on, so that 16-bit addresses
    /// have memory behind them; the second ends inside the data region; the third is read-only and grows down, so that it begins inside the region.
    /// </summary>
    public static IReadOnlyList<OracleSegment> Segments { get; } =
    [
        new(Data, 0xFFFFF, Pages: true, ReadOnly: false, ExpandDown: false),
        new(Data, 0x17FF, Pages: false, ReadOnly: false, ExpandDown: false),
        new(Data, 0x7FF, Pages: false, ReadOnly: true, ExpandDown: true),
    ];

    /// <summary>What a region holds when a case begins, before its patches.</summary>
    public static byte[] Content(OracleRegion region)
    {
        var content = new byte[region.Size];
        if (region.Executable)
            content.AsSpan().Fill(0xCC);
        else
            for (var (i, random) = (0, new OracleRandom(region.Address)); i < content.Length; i += 4)
                BitConverter.TryWriteBytes(content.AsSpan(i), random.Value());
        return content;
    }
}

/// <summary>A mapped range.</summary>
sealed record OracleRegion(uint Address, uint Size, bool Writable, bool Executable)
{
    public bool Contains(uint address) => address - Address < Size;
}

/// <summary>A data segment of ring 3, 32-bit, present. The limit counts bytes, or pages.</summary>
sealed record OracleSegment(uint Base, uint Limit, bool Pages, bool ReadOnly, bool ExpandDown)
{
    /// <summary>As set_thread_area wants it.</summary>
    public uint UserDescriptorFlags => 1u | (ExpandDown ? 2u : 0) | (ReadOnly ? 8u : 0) | (Pages ? 16u : 0);

    /// <summary>As the descriptor table holds it (Intel SDM vol. 3, figure 3-8).</summary>
    public ulong Descriptor => FlatDescriptors.Make(Base, Limit, 0xF1 | (ReadOnly ? 0 : 2) | (ExpandDown ? 4 : 0), Pages);
}

/// <summary>Descriptors as Linux gives them to a 32-bit process.</summary>
static class FlatDescriptors
{
    public static ulong Code { get; } = Make(0, 0xFFFFF, 0xFB, pages: true);
    public static ulong Data { get; } = Make(0, 0xFFFFF, 0xF3, pages: true);

    public static ulong Make(uint address, uint limit, int access, bool pages)
    {
        uint high = (address & 0xFF000000) | (pages ? 0x800000u : 0) | 0x400000 | (limit & 0xF0000) | ((uint)access << 8) | ((address >> 16) & 0xFF);
        return ((ulong)high << 32) | (address << 16) | (limit & 0xFFFF);
    }
}
