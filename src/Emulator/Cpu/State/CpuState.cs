using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu.Mmu;

namespace LguestPS.Emulator.Cpu.State;

/// <summary>The architectural state of the processor and what its engines keep beside it. It lives at a fixed address, so that machine code can work on it too.</summary>
/// <remarks>
/// The arithmetic flags are lazy. <see cref="LazyResult"/> is the last result, sign-extended to 32 bits; <see cref="LazyCarries"/> is the
/// vector of carries out of each bit of the operation, with the carry out of the operand's top bit in bit 31, the carry into it in bit 30
/// and the carry out of bit 3 in bit 3. Bit 0 of it inverts SF, and bits 8-15 are folded into the parity, so that any combination of flags
/// can be set. ZF, SF and PF follow from the result; CF, OF and AF from the carries.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct CpuState
{
    /// <summary>eax, ecx, edx, ebx, esp, ebp, esi, edi in the order that instructions number them, and a ninth that is always 0: the "register" of an address without base or index.</summary>
    public fixed uint R[9];

    /// <summary>The instruction pointer, exact between blocks and after a fault; within a block it is <see cref="BlockEip"/> plus the instruction's offset.</summary>
    public uint Eip;

    /// <summary>The eip of the running block's first instruction.</summary>
    public uint BlockEip;

    /// <summary>See the remarks.</summary>
    public uint LazyResult;

    /// <summary>See the remarks.</summary>
    public uint LazyCarries;

    /// <summary>The EFLAGS bits that are not lazy: TF, IF, DF, IOPL, NT, RF, VM, AC, VIF, VIP, ID, and bit 1.</summary>
    public uint OtherFlags;

    /// <summary>The segment registers, in the order of <see cref="SegmentRegister"/>.</summary>
    public Segment Es, Cs, Ss, Ds, Fs, Gs;

    /// <summary>The local descriptor table register and the task register.</summary>
    public Segment Ldtr, Tr;

    /// <summary>Current privilege level, 0 to 3.</summary>
    public int Cpl;

    /// <summary>Linear base addresses of the global and the interrupt descriptor table.</summary>
    public uint GdtBase, IdtBase;

    /// <summary>Limits in bytes of the same.</summary>
    public uint GdtLimit, IdtLimit;

    /// <summary>Control registers (Intel SDM vol. 3, 2.5).</summary>
    public uint Cr0, Cr2, Cr3, Cr4;

    /// <summary>Debug registers (Intel SDM vol. 3, 17.2).</summary>
    public fixed uint Dr[8];

    /// <summary>The four page-directory-pointer entries, taken from memory when CR3 is loaded in PAE paging (Intel SDM vol. 3, 4.4.1).</summary>
    public fixed ulong PageDirectoryPointers[4];

    /// <summary>DR6 bits of the debug traps that are due when the present instruction has run; only kept while the run loop steps.</summary>
    public uint PendingDebug;

    /// <summary>IA32_EFER; only NXE can be set.</summary>
    public ulong Efer;

    /// <summary>IA32_SYSENTER_CS, _ESP and _EIP.</summary>
    public uint SysenterCs, SysenterEsp, SysenterEip;

    /// <summary>Subtracted from the owner's count to make the time-stamp counter (a write to IA32_TSC moves it).</summary>
    public ulong TscOffset;

    /// <summary>IA32_PAT, kept for those who read it back.</summary>
    public ulong Pat;

    /// <summary>IA32_MISC_ENABLE and IA32_APIC_BASE, kept likewise.</summary>
    public ulong MiscEnable, ApicBase;

    /// <summary>Instructions retired; at a block's start its whole length is added, and a fault takes back what did not run.</summary>
    public long Retired;

    /// <summary>Nonzero: no interrupt is taken before the next instruction has run. <see cref="AfterStackSegment"/>: nor is anything of the debug registers or the trap flag heeded.</summary>
    public int InterruptShadow;

    /// <summary>What <see cref="InterruptShadow"/> is after sti; and after mov ss and pop ss.</summary>
    public const int AfterSti = 1, AfterStackSegment = 2;

    /// <summary>Nonzero: something waits for the next block boundary: an interrupt, a wish to leave. Set from any thread.</summary>
    public volatile int Request;

    /// <summary>Nonzero while debug registers make the processor go one instruction at a time.</summary>
    public int Stepping;

    /// <summary>Nonzero when the stack segment is 32-bit and flat, so that pushes need no checks.</summary>
    public int FlatStack;

    /// <summary>What a decoded block depends on beside its bytes: <see cref="Blocks.BlockMode"/> in the low bits, the generation of the jump cache above.</summary>
    public uint BlockKey;

    /// <summary>One past the last instruction of the running block. Null leaves the block after the present instruction.</summary>
    public Op* BlockEnd;

    /// <summary>The instruction that is running; null between blocks and while one is looked up.</summary>
    public Op* CurrentOp;

    /// <summary>The block that is running.</summary>
    public Blocks.Block* CurrentBlock;

    /// <summary>What machine code and the C# around it share; unused while the interpreter runs.</summary>
    public Translate.NativeState Native;

    /// <summary>The TLB of the current privilege (user for ring 3, else supervisor).</summary>
    public TlbEntry* Tlb;

    /// <summary>Beside <see cref="Tlb"/>, the pages among those that the window shows.</summary>
    public WindowTag* WindowTags;

    /// <summary>The TLB for accesses that the processor makes for itself: descriptors, task state, inner stacks.</summary>
    public TlbEntry* SystemTlb;

    /// <summary>A GCHandle of the <see cref="Cpu.Processor"/> that owns this state.</summary>
    public nint ProcessorHandle;

    /// <summary>x87, MMX and SSE registers.</summary>
    public Fpu.FpuState Fpu;

    /// <summary>The processor that owns this state. For slow paths.</summary>
    public readonly Processor Processor => (Processor)GCHandle.FromIntPtr(ProcessorHandle).Target!;

    /// <summary>Carry flag.</summary>
    public readonly bool Carry => (LazyCarries & 0x80000000) != 0;

    /// <summary>Zero flag.</summary>
    public readonly bool Zero => LazyResult == 0;

    /// <summary>Sign flag.</summary>
    public readonly bool Sign => ((LazyResult >> 31) ^ (LazyCarries & 1)) != 0;

    /// <summary>Overflow flag: the carry into the top bit differs from the carry out of it.</summary>
    public readonly bool Overflow => ((LazyCarries ^ (LazyCarries << 1)) & 0x80000000) != 0;

    /// <summary>Auxiliary carry flag.</summary>
    public readonly bool Auxiliary => (LazyCarries & 8) != 0;

    /// <summary>Parity flag: an even number of ones in the result's low byte.</summary>
    public readonly bool Parity
    {
        get
        {
            uint bits = (LazyResult ^ (LazyCarries >> 8)) & 0xFF;
            bits ^= bits >> 4;
            return ((0x9669u >> (int)(bits & 0xF)) & 1) != 0;
        }
    }

    /// <summary>The whole EFLAGS register.</summary>
    public uint Eflags
    {
        readonly get =>
            OtherFlags | 2
            | (Carry ? EflagsBits.Carry : 0)
            | (Parity ? EflagsBits.Parity : 0)
            | (Auxiliary ? EflagsBits.Auxiliary : 0)
            | (Zero ? EflagsBits.Zero : 0)
            | (Sign ? EflagsBits.Sign : 0)
            | (Overflow ? EflagsBits.Overflow : 0);
        set
        {
            OtherFlags = (value & EflagsBits.Kept) | 2;
            SetArithmeticFlags(value);
        }
    }

    /// <summary>Takes CF, PF, AF, ZF, SF and OF from a word in EFLAGS order.</summary>
    public void SetArithmeticFlags(uint flags)
    {
        // A result of 0 means ZF; of 1, everything else. Its own sign is 0 and its own parity even (0) or odd (1), so the deltas say the rest.
        bool zero = (flags & EflagsBits.Zero) != 0;
        bool carry = (flags & EflagsBits.Carry) != 0, overflow = (flags & EflagsBits.Overflow) != 0;
        bool parityFlips = zero != ((flags & EflagsBits.Parity) != 0);
        LazyResult = zero ? 0u : 1u;
        LazyCarries = (carry ? 0x80000000 : 0)
            | (carry != overflow ? 0x40000000u : 0)
            | ((flags & EflagsBits.Auxiliary) != 0 ? 8u : 0)
            | ((flags & EflagsBits.Sign) != 0 ? 1u : 0)
            | (parityFlips ? 0x100u : 0);
    }

    /// <summary>A segment register by number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Segment* SegmentAt(CpuState* s, int register) => &s->Es + register;
}

/// <summary>EFLAGS bits (Intel SDM vol. 1, figure 3-8).</summary>
public static class EflagsBits
{
    /// <summary>CF.</summary>
    public const uint Carry = 1 << 0;
    /// <summary>PF.</summary>
    public const uint Parity = 1 << 2;
    /// <summary>AF.</summary>
    public const uint Auxiliary = 1 << 4;
    /// <summary>ZF.</summary>
    public const uint Zero = 1 << 6;
    /// <summary>SF.</summary>
    public const uint Sign = 1 << 7;
    /// <summary>TF: single step.</summary>
    public const uint Trap = 1 << 8;
    /// <summary>IF: interrupts enabled.</summary>
    public const uint Interrupt = 1 << 9;
    /// <summary>DF: string instructions go down.</summary>
    public const uint Direction = 1 << 10;
    /// <summary>OF.</summary>
    public const uint Overflow = 1 << 11;
    /// <summary>IOPL, two bits.</summary>
    public const uint IoPrivilege = 3 << 12;
    /// <summary>NT: nested task.</summary>
    public const uint NestedTask = 1 << 14;
    /// <summary>RF: resume.</summary>
    public const uint Resume = 1 << 16;
    /// <summary>VM: virtual-8086 mode.</summary>
    public const uint Virtual8086 = 1 << 17;
    /// <summary>AC: alignment check.</summary>
    public const uint AlignmentCheck = 1 << 18;
    /// <summary>VIF and VIP: virtual interrupts.</summary>
    public const uint VirtualInterrupt = 3 << 19;
    /// <summary>ID: cpuid can be executed.</summary>
    public const uint Identification = 1 << 21;

    /// <summary>CF, PF, AF, ZF, SF and OF.</summary>
    public const uint Arithmetic = Carry | Parity | Auxiliary | Zero | Sign | Overflow;

    /// <summary>The bits that exist and are not arithmetic.</summary>
    public const uint Kept = Trap | Interrupt | Direction | IoPrivilege | NestedTask | Resume | Virtual8086 | AlignmentCheck | VirtualInterrupt | Identification;
}

/// <summary>General register numbers.</summary>
public static class Reg
{
    /// <summary>eax.</summary>
    public const int Eax = 0;
    /// <summary>ecx.</summary>
    public const int Ecx = 1;
    /// <summary>edx.</summary>
    public const int Edx = 2;
    /// <summary>ebx.</summary>
    public const int Ebx = 3;
    /// <summary>esp.</summary>
    public const int Esp = 4;
    /// <summary>ebp.</summary>
    public const int Ebp = 5;
    /// <summary>esi.</summary>
    public const int Esi = 6;
    /// <summary>edi.</summary>
    public const int Edi = 7;
    /// <summary>The register that is always 0.</summary>
    public const int None = 8;
}
