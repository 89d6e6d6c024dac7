namespace LguestPS.Emulator.Cpu.State;

/// <summary>Segment register numbers as instructions encode them (Intel SDM vol. 2, table 2-2).</summary>
public enum SegmentRegister : byte
{
    /// <summary>Extra segment.</summary>
    Es,
    /// <summary>Code segment.</summary>
    Cs,
    /// <summary>Stack segment.</summary>
    Ss,
    /// <summary>Data segment.</summary>
    Ds,
    /// <summary>Extra segment F.</summary>
    Fs,
    /// <summary>Extra segment G.</summary>
    Gs,
}

/// <summary>A segment register with its hidden part: the descriptor it was loaded from (Intel SDM vol. 3, 3.4.3).</summary>
public struct Segment
{
    /// <summary>Linear address of offset 0.</summary>
    public uint Base;

    /// <summary>Highest valid offset in bytes (granularity applied); the lowest invalid one less one for expand-down segments.</summary>
    public uint Limit;

    /// <summary>The visible part.</summary>
    public ushort Selector;

    /// <summary>Bits 8 to 23 of the descriptor's high word: access byte in bits 0-7, AVL, L, D/B and G in bits 12-15.</summary>
    public ushort Attributes;

    /// <summary>Nonzero: any offset may be read without further checks (readable, expand-up, limit 4 GB).</summary>
    public byte FlatRead;

    /// <summary>Nonzero: any offset may be written without further checks.</summary>
    public byte FlatWrite;

    /// <summary>The D bit of a code segment, the B bit of a stack segment: 32-bit when set.</summary>
    public readonly bool Is32Bit => (Attributes & 0x4000) != 0;

    /// <summary>The descriptor privilege level.</summary>
    public readonly int Dpl => (Attributes >> 5) & 3;

    /// <summary>The segment-present bit. A register that holds a null selector is not present.</summary>
    public readonly bool Present => (Attributes & 0x80) != 0;

    /// <summary>A code segment rather than a data segment.</summary>
    public readonly bool IsCode => (Attributes & 0x18) == 0x18;

    /// <summary>Readable: any data segment, a code segment with its R bit.</summary>
    public readonly bool Readable => (Attributes & 0x18) == 0x10 || (Attributes & 0x1A) == 0x1A;

    /// <summary>Writable: a data segment with its W bit.</summary>
    public readonly bool Writable => (Attributes & 0x1A) == 0x12;

    /// <summary>An expand-down data segment.</summary>
    public readonly bool ExpandDown => (Attributes & 0x1C) == 0x14;

    /// <summary>Whether the <paramref name="length"/> bytes at an offset lie within the limit (Intel SDM vol. 3, 5.3).</summary>
    public readonly bool InLimit(uint offset, uint length)
    {
        uint last = offset + (length - 1);
        if (last < offset)
            return !ExpandDown && Limit == uint.MaxValue && length == 0;
        if (!ExpandDown)
            return last <= Limit;
        return offset > Limit && last <= (Is32Bit ? uint.MaxValue : 0xFFFF);
    }

    /// <summary>A register loaded from a descriptor (Intel SDM vol. 3, figure 3-8).</summary>
    public static Segment FromDescriptor(ushort selector, ulong descriptor)
    {
        uint low = (uint)descriptor, high = (uint)(descriptor >> 32);
        uint limit = (low & 0xFFFF) | (high & 0xF0000);
        if ((high & 0x800000) != 0)
            limit = (limit << 12) | 0xFFF;
        var segment = new Segment
        {
            Selector = selector,
            Base = (low >> 16) | ((high & 0xFF) << 16) | (high & 0xFF000000),
            Limit = limit,
            Attributes = (ushort)((high >> 8) & 0xF0FF),
        };
        segment.UpdateFlat();
        return segment;
    }

    /// <summary>A data register that holds a null selector: every use of it is a fault.</summary>
    public static Segment Null(ushort selector) => new() { Selector = selector };

    /// <summary>Recomputes <see cref="FlatRead"/> and <see cref="FlatWrite"/> from the other fields.</summary>
    public void UpdateFlat()
    {
        bool flat = Present && Limit == uint.MaxValue && !ExpandDown;
        FlatRead = flat && Readable ? (byte)1 : (byte)0;
        FlatWrite = flat && Writable ? (byte)1 : (byte)0;
    }
}
