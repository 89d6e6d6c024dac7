using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Cpu.Mmu;

/// <summary>One page known to the software TLB. A tag is the page's linear address when the access is allowed at once, else <see cref="Invalid"/>, which no page address equals.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TlbEntry
{
    /// <summary>A tag that never matches.</summary>
    public const uint Invalid = 1;

    /// <summary>Tag for reads.</summary>
    public uint ReadTag;

    /// <summary>Tag for writes: absent while the page holds decoded code, or is clean.</summary>
    public uint WriteTag;

    /// <summary>Host address minus linear address, modulo 2^64.</summary>
    public ulong Addend;
}
