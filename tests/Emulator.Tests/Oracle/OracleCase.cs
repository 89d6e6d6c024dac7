using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>What a case starts from.</summary>
sealed class OracleCase
{
    /// <summary>Address of the first instruction.</summary>
    public uint Eip { get; set; } = OracleLayout.Code + 0x400;

    /// <summary>eax to edi as instructions number them.</summary>
    public uint[] Registers { get; } = new uint[8];

    /// <summary>Arithmetic flags, DF, TF.</summary>
    public uint Eflags { get; set; }

    /// <summary>Selectors in the order of <see cref="SegmentRegister"/>. CS can't be chosen.</summary>
    public ushort[] Selectors { get; } = new ushort[6];

    /// <summary>Bytes put over the regions' content, code among them.</summary>
    public List<OraclePatch> Patches { get; } = [];

    /// <summary>Arithmetic flags that may be undefined at the end, wherever that is.</summary>
    public uint UndefinedFlags { get; set; }

    /// <summary>The same when the case ends before the instruction at an address, where that is known better.</summary>
    public Dictionary<uint, uint> UndefinedFlagsBefore { get; } = [];

    /// <summary>Where processors differ among themselves.</summary>
    public OracleLicence Licence { get; set; }

    /// <summary>Bytes of code from <see cref="Eip"/> on, for the disassembly of a report.</summary>
    public int CodeLength { get; set; }

    /// <summary>Arithmetic flags that say nothing in a result.</summary>
    public uint UndefinedFlagsAt(OracleResult result)
    {
        bool afterInt3 = result.Vector == 3;
        return UndefinedFlagsBefore.TryGetValue(afterInt3 ? result.Eip - 1 : result.Eip, out uint undefined) ? undefined : UndefinedFlags;
    }

    /// <summary>Puts bytes into writable memory; the part that lies outside is left out.</summary>
    public void Patch(uint address, params ReadOnlySpan<byte> bytes)
    {
        foreach (OracleRegion region in OracleLayout.Regions)
        {
            if (!region.Writable)
                continue;
            long from = Math.Max(region.Address, address), to = Math.Min(region.Address + region.Size, (long)address + bytes.Length);
            if (from < to)
                Patches.Add(new((uint)from, bytes[(int)(from - address)..(int)(to - address)].ToArray()));
        }
    }

    /// <summary>Puts a little-endian word into writable memory.</summary>
    public void Patch(uint address, uint value) => Patch(address, BitConverter.GetBytes(value));

    /// <summary>Puts code at an address.</summary>
    public void PatchCode(uint address, ReadOnlySpan<byte> bytes)
    {
        Patch(address, bytes);
        if (address == Eip)
            CodeLength = bytes.Length;
    }
}

/// <summary>What the manuals leave open when an instruction faults.</summary>
[Flags]
enum OracleLicence
{
    None = 0,

    /// <summary>Of several possible faults any may come first.</summary>
    FaultOrder = 1,

    /// <summary>What the instruction did before the fault may show, as long as it can be run again.</summary>
    PartialEffect = 2,
}

/// <summary>Bytes that a case puts into memory.</summary>
sealed record OraclePatch(uint Address, byte[] Bytes);

/// <summary>What a case left behind, natively or emulated.</summary>
sealed class OracleResult
{
    /// <summary>The exception that ended it; -1 when none did in time.</summary>
    public int Vector { get; init; }

    /// <summary>Its error code, or 0.</summary>
    public uint ErrorCode { get; init; }

    /// <summary>For a page fault, its address.</summary>
    public uint Cr2 { get; init; }

    /// <summary>The case asked for a descriptor that only the host's kernel knows.</summary>
    public bool UsedForeignSelector { get; init; }

    public uint Eip { get; init; }
    public uint Eflags { get; init; }
    public uint[] Registers { get; init; } = [];

    /// <summary>Selectors in the order of <see cref="SegmentRegister"/>.</summary>
    public ushort[] Selectors { get; init; } = [];

    /// <summary>Every aligned 32-bit word of writable memory that differs from the regions' content.</summary>
    public Dictionary<uint, uint> Changes { get; } = [];
}

/// <summary>Selectors of the native process, which the emulated one takes over.</summary>
sealed record OracleSelectors(ushort Code, ushort Data, IReadOnlyList<ushort> Segments)
{
    /// <summary>Reaches memory from <see cref="OracleLayout.Data"/> on with small offsets.</summary>
    public ushort Based => Segments[0];

    /// <summary>Ends inside the data region.</summary>
    public ushort Limited => Segments[1];

    /// <summary>Read-only, begins inside the data region.</summary>
    public ushort ExpandDown => Segments[2];

    /// <summary>The descriptor behind a selector, whatever its RPL; null for null selectors and those that cases never use.</summary>
    public ulong? Descriptor(ushort selector)
    {
        int index = selector | 3;
        if (index == (Code | 3))
            return FlatDescriptors.Code;
        if (index == (Data | 3))
            return FlatDescriptors.Data;
        for (int i = 0; i < Segments.Count; i++)
            if (index == (Segments[i] | 3))
                return OracleLayout.Segments[i].Descriptor;
        return null;
    }

    /// <summary>The base address behind a selector.</summary>
    public uint Base(ushort selector) => Segments.Contains((ushort)(selector | 3)) ? OracleLayout.Data : 0;
}
