using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.Fpu;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Runs blocks as machine code. The run loop finds the block and looks at what waits; this translates it if need be, runs it and all that follow it without the run loop, and joins blocks for good.</summary>
sealed unsafe class Translator : IDisposable
{
    readonly CpuState* s;
    readonly CodeStore code;
    readonly Tlb tlb;
    readonly CodeCache cache;
    readonly BlockTranslator translator;
    readonly delegate* unmanaged[Cdecl]<CpuState*, byte*, int> enter;
    readonly byte* untranslated, fpuImage;
    uint linkSite, linkKey, linkEip;

    /// <summary>Makes one for a processor; the memory is disposed with it.</summary>
    /// <param name="processor">The processor.</param>
    /// <param name="s">Its state.</param>
    /// <param name="code">Its code.</param>
    /// <param name="tlb">Its TLB.</param>
    /// <param name="codeMemory">Where machine code goes.</param>
    /// <param name="hasExactWindows">Whether hot blocks can reach memory directly, see <see cref="ExactWindow"/>.</param>
    public Translator(Processor processor, CpuState* s, CodeStore code, Tlb tlb, ICodeMemory codeMemory, bool hasExactWindows)
    {
        this.s = s;
        this.code = code;
        this.tlb = tlb;
        cache = new(codeMemory, hasExactWindows);
        Hot = cache.CatchesFaults ? new() : null;
        translator = new(cache, processor.Memory, code.Arena);
        enter = (delegate* unmanaged[Cdecl]<CpuState*, byte*, int>)cache.Address(cache.Thunks.Enter);
        untranslated = cache.Address(cache.Thunks.ExitAt);
        s->Native.Code = cache.Address(0);
        s->Native.JumpEntries = code.JumpEntries;
        s->Native.Arena = code.Arena;
        s->Native.Window = tlb.Window;
        s->Native.Execute = (delegate* unmanaged[Cdecl]<CpuState*, Op*, Block*, int>)&CallOuts.Execute;
        s->Native.EnterFpu = (delegate* unmanaged[Cdecl]<CpuState*, int>)&NativeFpu.Enter;
        s->Native.FindColdPath = (delegate* unmanaged[Cdecl]<CpuState*, void>)&CallOuts.FindColdPath;
        s->Native.FpuImage = fpuImage = (byte*)NativeMemory.AlignedAlloc(Fxsave.ImageSize, 64);
        NativeMemory.Clear(fpuImage, Fxsave.ImageSize);
    }

    /// <summary>What <see cref="Block.Native"/> is before a block is translated.</summary>
    public byte* Untranslated => untranslated;

    /// <summary>Where a block's machine code begins, as an offset in the code cache; the way out for those that have none.</summary>
    public int EntryOf(Block* block) => cache.OffsetOf(block->Native != null ? block->Native : untranslated);

    /// <summary>Which blocks' accesses are direct; null when none are.</summary>
    public HotBlocks? Hot { get; }

    /// <summary>Bytes of machine code in the cache. From any thread.</summary>
    public int CodeBytes => cache.Bytes;

    /// <summary>Runs from a block on, to wherever the run loop has to look again. False: the block is for the interpreter. Afterwards the processor may have set an exception aside.</summary>
    public bool TryRun(Block* block, long limit)
    {
        if (block->Native == null || !SegmentsAreFlat())
            return false;
        ResetStop();
        s->Native.Limit = limit;
        if (cache.IsFull)
        {
            code.Clear();
            return true;   // the block has gone, too: the run loop finds it again
        }
        s->Native.Slide = s->Eip - block->Physical;
        bool links = linkSite != 0 && linkKey == code.Key && linkEip == s->Eip;
        Translate(block, fromDirect: links && (linkSite & BlockTranslator.DirectSite) != 0);
        code.NoteTranslated(s->Eip, block, EntryOf(block));
        if (links)
            Link(block);
        linkSite = 0;

        int exit = Enter(block, block->Native);
        while (exit == Thunks.Link && (s->Native.LinkSite & BlockTranslator.ApartSite) != 0)
        {
            // The rest of a block is not a block of its own to anybody else: nothing is looked at before it.
            if (cache.IsFull)
                return true;
            block = (Block*)(s->Native.Arena + s->Native.ApartBlock);
            int rest = translator.TranslateApart(block, s->Eip - s->Native.Slide);
            cache.Emit.Patch((int)(s->Native.LinkSite & BlockTranslator.SiteMask), rest);
            exit = Enter(block, cache.Address(rest));
        }
        if (exit == Thunks.Link)
        {
            linkSite = s->Native.LinkSite;
            linkKey = code.Key;
            linkEip = s->Eip;
        }
        return true;
    }

    /// <summary>The blocks have been forgotten: so is their machine code.</summary>
    public void Clear() => cache.Clear();

    public void Dispose()
    {
        cache.Dispose();
        NativeMemory.AlignedFree(fpuImage);
    }

    /// <summary>Leads a direct access that has faulted to its cold path.</summary>
    public void FindColdPath()
    {
        s->Native.ColdPath = cache.FindColdPath(s->Native.FaultSite, out Block* block);
        if (!block->IsDirect || !Hot!.Fault(block, s->Native.Limit - s->Native.Remaining) || cache.IsFull)
            return;
        // The access itself still goes on in the code that is given up.
        TranslateAnew(block, direct: false);
    }

    // Machine code has been left early to have a page shown or for a request; this order, and the other way around in Processor.Post, so that none is overlooked.
    void ResetStop()
    {
        if (s->Native.StopAt == 0 || s->Request != 0)
            return;
        Interlocked.Exchange(ref s->Native.StopAt, 0);
        if (s->Request != 0)
            s->Native.StopAt = long.MaxValue;
        if (s->Native.ShowNext == null)
            return;
        tlb.Show(s->Native.ShowNext);
        s->Native.ShowNext = null;
    }

    // Makes a block machine code of the form that it should have. From a direct block those that it jumps to in its page are direct as well, unless they were given up.
    void Translate(Block* block, bool fromDirect)
    {
        if (Hot is null)
        {
            if (block->NativeChecked == null)
                translator.Translate(block, direct: false);
            return;
        }
        bool becomesDirect = !block->IsDirect & (Hot.Sample(block, s->Retired) | (fromDirect && block->GivenUp == 0));
        if (block->NativeChecked == null)
        {
            translator.Translate(block, becomesDirect);
            block->IsDirect = becomesDirect;
        }
        else if (becomesDirect)
        {
            TranslateAnew(block, direct: true);
        }
    }

    // Whoever comes to the block's old code is led to the new one.
    void TranslateAnew(Block* block, bool direct)
    {
        byte* native = block->Native, @checked = block->NativeChecked, withFlags = block->NativeWithFlags;
        translator.Translate(block, direct);
        block->IsDirect = direct;
        Redirect(@checked, block->NativeChecked);
        Redirect(native, block->Native);
        if (withFlags != null)
            Redirect(withFlags, block->NativeWithFlags);
    }

    // Runs machine code; afterwards the state is that of the interpreter again.
    int Enter(Block* block, byte* native)
    {
        s->Native.Remaining = s->Native.Limit - s->Retired;
        s->Native.Flags = HostFlags.Take(s);
        s->BlockEnd = block->Ops;   // anything but null
        int exit = enter(s, native);
        NativeFpu.TakeSaved(s);
        if (exit == Thunks.Settled)
            return exit;
        s->Retired = s->Native.Limit - s->Native.Remaining;
        HostFlags.Put(s, s->Native.Flags);
        return exit;
    }

    void Redirect(byte* from, byte* to) => cache.Emit.Redirect(cache.OffsetOf(from), cache.OffsetOf(to));

    void Link(Block* target)
    {
        byte* entry = target->Native;
        if ((linkSite & BlockTranslator.BackwardSite) != 0)
            entry = target->NativeChecked;
        else if ((linkSite & BlockTranslator.FlagsSite) != 0 && target->NativeWithFlags != null)
            entry = target->NativeWithFlags;
        cache.Emit.Patch((int)(linkSite & BlockTranslator.SiteMask), cache.OffsetOf(entry));
    }

    // What translated code takes for granted. Limits and bases of FS and GS are looked at by each access.
    bool SegmentsAreFlat() =>
        s->Cs.Base == 0 && s->Cs.Limit == uint.MaxValue && IsFlat(&s->Ss) && IsFlat(&s->Ds) && IsFlat(&s->Es);

    static bool IsFlat(Segment* segment) => segment->Base == 0 && segment->FlatWrite != 0;
}
