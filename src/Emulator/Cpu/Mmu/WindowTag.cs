using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Cpu.Mmu;

/// <summary>Of a page in the TLB, whether translated code finds it in the <see cref="LinearWindow"/>: then the tags are those of its <see cref="TlbEntry"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct WindowTag
{
    /// <summary>Tag for reads. While the page is not shown, a number less than a page, which counts down the accesses until it will be.</summary>
    public uint Read;

    /// <summary>Tag for writes, or <see cref="TlbEntry.Invalid"/>.</summary>
    public uint Write;
}
