using System.Buffers.Binary;
using System.Text;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Control;

/// <summary>What the processor says that it is: cpuid's table. Only what works is claimed.</summary>
public static unsafe class Cpuid
{
    /// <summary>Bytes of physical address that exist: page-table bits above are reserved.</summary>
    public const int PhysicalAddressBits = 32;

    /// <summary>Feature bits of leaf 1, edx (Intel SDM vol. 2, table 3-11).</summary>
    [Flags]
    public enum Feature : uint
    {
        /// <summary>x87 unit.</summary>
        Fpu = 1 << 0,
        /// <summary>Debugging extensions.</summary>
        De = 1 << 2,
        /// <summary>4 MB pages.</summary>
        Pse = 1 << 3,
        /// <summary>Time-stamp counter.</summary>
        Tsc = 1 << 4,
        /// <summary>rdmsr and wrmsr.</summary>
        Msr = 1 << 5,
        /// <summary>Physical address extension.</summary>
        Pae = 1 << 6,
        /// <summary>cmpxchg8b.</summary>
        Cx8 = 1 << 8,
        /// <summary>sysenter and sysexit.</summary>
        Sep = 1 << 11,
        /// <summary>Global pages.</summary>
        Pge = 1 << 13,
        /// <summary>Conditional moves.</summary>
        Cmov = 1 << 15,
        /// <summary>Page attribute table.</summary>
        Pat = 1 << 16,
        /// <summary>MMX.</summary>
        Mmx = 1 << 23,
        /// <summary>fxsave and fxrstor.</summary>
        Fxsr = 1 << 24,
        /// <summary>SSE.</summary>
        Sse = 1 << 25,
        /// <summary>SSE2.</summary>
        Sse2 = 1 << 26,
    }

    /// <summary>The features of the floating-point side.</summary>
    public const Feature FloatingPointFeatures = Feature.Fpu | Feature.Mmx | Feature.Fxsr | Feature.Sse | Feature.Sse2;

    /// <summary>All that leaf 1 claims.</summary>
    public const Feature Features = Feature.De | Feature.Pse | Feature.Tsc | Feature.Msr | Feature.Pae | Feature.Cx8 | Feature.Sep
        | Feature.Pge | Feature.Cmov | Feature.Pat | FloatingPointFeatures;

    const string Vendor = "GenuineIntel";
    const string Brand = "LguestPS Virtual CPU";

    // Family 6, model 1CH, stepping 10: Intel's Atom, which executes in order and does not speculate. Kernels know that it needs none of the costly defences against
    // speculation (page tables of the kernel's own, indirect jumps by returns), which would defend nothing here: guest code runs as other code on the host's processor.
    const uint Signature = 0x106CA;
    const uint HighestBasic = 0x16, HighestExtended = 0x80000008;
    const uint ExtendedNoExecute = 1 << 20;
    const uint TimeStampAdjust = 1 << 1;
    const uint InvariantTimeStamp = 1 << 8;
    const uint TimeStampHertz = 1_000_000_000, TimeStampMegahertz = TimeStampHertz / 1_000_000;

    /// <summary>Enters the instruction.</summary>
    public static void Define(InstructionTable table) => table.Add(new(0x0FA2, "cpuid", OperandForm.None) { Register = &Execute });

    /// <summary>The four registers of a leaf; one that is not there reads as the highest basic leaf. The subleaf (ecx) matters to few.</summary>
    public static (uint Eax, uint Ebx, uint Ecx, uint Edx) Leaf(uint leaf, uint subleaf = 0) => leaf switch
    {
        0 => (HighestBasic, Characters(Vendor, 0), Characters(Vendor, 8), Characters(Vendor, 4)),
        1 => (Signature, 0, 0, (uint)Features),
        // Cache descriptors: 4 KB page TLBs of 64 entries for code (0x51) and data (0x5B), 32 KB caches (0x30, 0x2C), 2 MB of second level (0x7D).
        2 => (0x5B5101, 0, 0, 0x2C307D),
        // The register shows whoever trusts the counter that nobody has moved it: Linux then does not watch it by the timer, whose ticks are late on a busy host.
        7 when subleaf == 0 => (0, TimeStampAdjust, 0, 0),
        // The time-stamp counter's frequency, so that kernels need not measure it: crystal times 1/1 (Intel SDM vol. 2, cpuid leaf 15H).
        0x15 => (1, 1, TimeStampHertz, 0),
        0x16 => (TimeStampMegahertz, TimeStampMegahertz, 0, 0),
        < HighestBasic => (0, 0, 0, 0),
        0x80000000 => (HighestExtended, 0, 0, 0),
        0x80000001 => (0, 0, 0, ExtendedNoExecute),
        >= 0x80000002 and <= 0x80000004 => BrandPart((int)(leaf - 0x80000002) * 16),
        0x80000005 or 0x80000006 => (0, 0, 0, 0),
        0x80000007 => (0, 0, 0, InvariantTimeStamp),
        0x80000008 => (PhysicalAddressBits | (32 << 8), 0, 0, 0),
        _ => Leaf(HighestBasic),
    };

    static (uint, uint, uint, uint) BrandPart(int start) =>
        (Characters(Brand, start), Characters(Brand, start + 4), Characters(Brand, start + 8), Characters(Brand, start + 12));

    static uint Characters(string text, int start)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes.Clear();
        if (start < text.Length)
            Encoding.ASCII.GetBytes(text.AsSpan(start, Math.Min(4, text.Length - start)), bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    static void Execute(CpuState* s, Op* op) =>
        (s->R[Reg.Eax], s->R[Reg.Ebx], s->R[Reg.Ecx], s->R[Reg.Edx]) = Leaf(s->R[Reg.Eax], s->R[Reg.Ecx]);
}
