using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Fpu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Where the guest's x87, MMX and SSE registers are.</summary>
enum FpuPlace
{
    /// <summary>In <see cref="CpuState.Fpu"/>: always, as far as C# can see.</summary>
    State,
    /// <summary>In the host's registers.</summary>
    Host,
    /// <summary>In the image that machine code has just saved for C# to take.</summary>
    Image,
}

/// <summary>Moves the guest's floating-point registers between <see cref="CpuState.Fpu"/> and the image by which machine code loads the host's, and decides when it may.</summary>
/// <remarks>
/// Machine code asks when a block first needs the registers, keeps them through all blocks that follow, and gives them back on every way to C#, whose code may
/// use them; the host's control words are restored then. The host never sees an exception unmasked: where the guest has one, as where an instruction of its
/// would fault (CR0.EM, CR0.TS, an error pending), the interpreter runs the instruction. Pointers to the last x87 instruction and operand are noted by machine
/// code as the interpreter notes them: the host's own would be its addresses, and AMD's processors keep them only while an error is pending.
/// </remarks>
static unsafe class NativeFpu
{
    /// <summary>In <see cref="NativeState.FpuOpcode"/> and <see cref="NativeState.FpuSegment"/>: no instruction since the registers were taken over.</summary>
    public const uint None = uint.MaxValue;

    /// <summary>The exception masks of the control word.</summary>
    public const int ControlMasks = 0x3F;

    /// <summary>The exception masks of MXCSR.</summary>
    public const int MxcsrMasks = 0x1F80;

    const int StatusAt = 2, TagsAt = 4, MxcsrAt = 24, RegistersAt = 32, XmmAt = 160, Slot = 16;

    /// <summary>Called by machine code that needs the registers: 1 when they are in the image and are to be loaded, 0 when the instruction is the interpreter's.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static int Enter(CpuState* s)
    {
        FpuState* f = &s->Fpu;
        if ((s->Cr0 & (Cr0.Emulation | Cr0.TaskSwitched)) != 0 || (s->Cr4 & Cr4.FxSave) == 0
            || (f->Control & ControlMasks) != ControlMasks || (f->Mxcsr & MxcsrMasks) != MxcsrMasks || (f->Status & X87.ErrorSummary) != 0)
            return 0;
        byte* image = s->Native.FpuImage;
        *(ushort*)image = f->Control;
        *(ushort*)(image + StatusAt) = f->Status;
        image[TagsAt] = f->Valid;
        *(uint*)(image + MxcsrAt) = f->Mxcsr;
        for (int i = 0, top = f->Top; i < 8; i++)
            Vector128.Store(Vector128.Load(f->Registers + ((top + i) & 7) * Slot), image + RegistersAt + i * Slot);
        Unsafe.CopyBlock(image + XmmAt, f->Xmm, 8 * Slot);
        s->Native.FpuOpcode = s->Native.FpuSegment = None;
        return 1;
    }

    /// <summary>Takes back what machine code has saved, if it has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TakeSaved(CpuState* s)
    {
        if (s->Native.FpuPlace != (int)FpuPlace.State)
            Take(s);
    }

    static void Take(CpuState* s)
    {
        NativeState* n = &s->Native;
        FpuState* f = &s->Fpu;
        byte* image = n->FpuImage;
        n->FpuPlace = (int)FpuPlace.State;
        f->Control = *(ushort*)image;
        f->Status = *(ushort*)(image + StatusAt);
        f->Valid = image[TagsAt];
        f->Mxcsr = *(uint*)(image + MxcsrAt);
        for (int i = 0, top = f->Top; i < 8; i++)
        {
            byte* from = image + RegistersAt + i * Slot, to = f->Registers + ((top + i) & 7) * Slot;
            *(ulong*)to = *(ulong*)from;
            *(ushort*)(to + sizeof(ulong)) = *(ushort*)(from + sizeof(ulong));
        }
        Unsafe.CopyBlock(f->Xmm, image + XmmAt, 8 * Slot);
        if (n->FpuOpcode != None)
        {
            f->LastOpcode = (ushort)n->FpuOpcode;
            f->LastEip = n->FpuEip;
            f->LastCs = s->Cs.Selector;
        }
        if (n->FpuSegment != None)
        {
            f->LastDataOffset = n->FpuData;
            f->LastDs = CpuState.SegmentAt(s, (int)n->FpuSegment)->Selector;
        }
    }
}
