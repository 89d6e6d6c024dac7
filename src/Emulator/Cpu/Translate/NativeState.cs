using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu.Blocks;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>What machine code and the C# around it tell each other, as a part of <see cref="State.CpuState"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct NativeState
{
    /// <summary>What <see cref="MissedAccess"/> is.</summary>
    public const int MissedRead = 1, MissedWrite = 2;

    /// <summary>The value of <see cref="State.CpuState.Retired"/> at which to stop.</summary>
    public long Limit;

    /// <summary>Instructions to go until then: what machine code counts down instead of counting <see cref="State.CpuState.Retired"/> up.</summary>
    public long Remaining;

    /// <summary>Machine code is left when no more than this many remain: 0, or the greatest number when <see cref="State.CpuState.Request"/> has been set.</summary>
    public long StopAt;

    /// <summary>The arithmetic flags as lahf and seto give them: see <see cref="HostFlags"/>.</summary>
    public uint Flags;

    /// <summary>Room for one value on its way through an instruction with two memory operands.</summary>
    public uint Scratch;

    /// <summary>The host address where a repeated move begins to read.</summary>
    public byte* StringSource;

    /// <summary>What the last shift has shifted, where its flags may have to be worked out again.</summary>
    public uint ShiftSource;

    /// <summary>The jump cache's first entry.</summary>
    public void* JumpEntries;

    /// <summary>How far eip is from its physical address on the page that runs. Machine code holds no eip but by this, so that it runs wherever its page is mapped.</summary>
    public uint Slide;

    /// <summary>Where the code cache begins.</summary>
    public byte* Code;

    /// <summary>The executable pages of the present privilege; see <see cref="JumpCache"/>.</summary>
    public void* CodePages;

    /// <summary>The lowest key of an entry of the jump cache that may be revived.</summary>
    public uint OldestKey;

    /// <summary>The linear address and the kind of the access, 0 for none, that the interpreter is called for since the TLB does not know its page.</summary>
    public uint MissedAddress, MissedAccess;

    /// <summary>The block cache's arena, to which the two offsets below are relative.</summary>
    public byte* Arena;

    /// <summary>The function that runs one instruction in the interpreter: <see cref="CallOuts.Execute"/>.</summary>
    public void* Execute;

    /// <summary>An entry of the TLB whose page has been used often enough to be shown in the window; null for none.</summary>
    public Mmu.TlbEntry* ShowNext;

    /// <summary>Where the window shows linear address 0.</summary>
    public byte* Window;

    /// <summary>The place, as an offset in the code cache, of the jump that could go straight to the block at eip.</summary>
    public uint LinkSite;

    /// <summary>The block, as an offset in the arena, whose joined accesses have to be done apart, where <see cref="LinkSite"/> says so.</summary>
    public uint ApartBlock;

    /// <summary>A <see cref="Translate.FpuPlace"/>.</summary>
    public int FpuPlace;

    /// <summary>The host's own control words while the guest's are loaded.</summary>
    public uint HostControl, HostMxcsr;

    /// <summary>Address and opcode of the last x87 instruction that machine code has run; the latter is <see cref="NativeFpu.None"/> when there was none since the registers were loaded.</summary>
    public uint FpuEip, FpuOpcode;

    /// <summary>Offset and segment register of the last x87 memory operand, likewise.</summary>
    public uint FpuData, FpuSegment;

    /// <summary>An image as of fxsave, aligned to 16 bytes.</summary>
    public byte* FpuImage;

    /// <summary>The function <see cref="NativeFpu.Enter"/>.</summary>
    public void* EnterFpu;

    /// <summary>Where the exact window that goes with the present privilege has linear address 0, and which one the base of the host's GS is at; see <see cref="Mmu.ExactWindow"/>.</summary>
    public byte* ExactBase, LoadedBase;

    /// <summary>A direct access that has faulted: the address of the host's instruction and of what it touched, the latter null when there was none since the last look.</summary>
    public byte* FaultSite, FaultAddress;

    /// <summary>Where to go on after it.</summary>
    public byte* ColdPath;

    /// <summary>The function <see cref="CallOuts.FindColdPath"/>.</summary>
    public void* FindColdPath;
}
