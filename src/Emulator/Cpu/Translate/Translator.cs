using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.Fpu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Runs blocks as machine code. The run loop finds the block and looks at what waits; this translates it if need be, runs it and all that follow it without the run loop, and joins blocks for good.</summary>
sealed unsafe class Translator : IDisposable
{
    readonly CpuState* s;
    readonly CodeStore code;
    readonly CodeCache cache;
    readonly BlockTranslator translator;
    readonly delegate* unmanaged[Cdecl]<CpuState*, byte*, int> enter;
    readonly byte* untranslated, fpuImage;
    Exception? setAside;
    uint linkSite, linkGeneration, linkEip;

    /// <summary>Makes one for a processor; the memory is disposed with it.</summary>
    public Translator(Processor processor, CpuState* s, CodeStore code, ICodeMemory codeMemory)
    {
        this.s = s;
        this.code = code;
        cache = new(codeMemory);
        translator = new(cache, processor.Memory, code.Arena);
        enter = (delegate* unmanaged[Cdecl]<CpuState*, byte*, int>)cache.Address(cache.Thunks.Enter);
        untranslated = cache.Address(cache.Thunks.ExitAt);
        s->Native.JumpEntries = code.JumpEntries;
        s->Native.Arena = code.Arena;
        s->Native.Execute = (delegate* unmanaged[Cdecl]<CpuState*, Op*, Block*, int>)&CallOuts.Execute;
        s->Native.EnterFpu = (delegate* unmanaged[Cdecl]<CpuState*, int>)&NativeFpu.Enter;
        s->Native.FpuImage = fpuImage = (byte*)NativeMemory.AlignedAlloc(Fxsave.ImageSize, 64);
        NativeMemory.Clear(fpuImage, Fxsave.ImageSize);
    }

    /// <summary>What <see cref="Block.Native"/> is before a block is translated.</summary>
    public byte* Untranslated => untranslated;

    /// <summary>Bytes of machine code in the cache. From any thread.</summary>
    public int CodeBytes => cache.Bytes;

    /// <summary>Runs from a block on, to wherever the run loop has to look again. False: the block is for the interpreter. Afterwards an exception may be waiting in <see cref="TakeException"/>.</summary>
    public bool TryRun(Block* block, long limit)
    {
        uint site = linkSite;
        linkSite = 0;
        if (block->Native == null || !SegmentsAreFlat())
            return false;
        if (block->NativeChecked == null)
        {
            if (cache.IsFull)
            {
                code.Clear();
                return true;   // the block has gone, too: the run loop finds it again
            }
            translator.Translate(block);
        }
        if (site != 0 && linkGeneration == code.Generation && linkEip == block->Eip)
            Link(site, block);

        s->Native.Limit = limit;
        s->Native.Remaining = limit - s->Retired;
        s->Native.Flags = HostFlags.Take(s);
        s->BlockEnd = block->Ops;   // anything but null
        int exit = enter(s, block->Native);
        NativeFpu.TakeSaved(s);
        if (exit == Thunks.Settled)
            return true;
        s->Retired = limit - s->Native.Remaining;
        HostFlags.Put(s, s->Native.Flags);
        if (exit == Thunks.Link)
        {
            linkSite = s->Native.LinkSite;
            linkGeneration = code.Generation;
            linkEip = s->Eip;
        }
        return true;
    }

    /// <summary>Keeps an exception of the interpreter while machine code is left.</summary>
    public void SetAside(Exception e) => setAside = e;

    /// <summary>Whether an exception ended the last run.</summary>
    public bool HasException => setAside != null;

    /// <summary>That exception, once.</summary>
    public Exception? TakeException()
    {
        Exception? e = setAside;
        setAside = null;
        return e;
    }

    /// <summary>The blocks have been forgotten: so is their machine code.</summary>
    public void Clear() => cache.Clear();

    public void Dispose()
    {
        cache.Dispose();
        NativeMemory.AlignedFree(fpuImage);
    }

    void Link(uint site, Block* target)
    {
        bool backward = (site & BlockTranslator.BackwardSite) != 0;
        cache.Emit.Patch((int)(site & ~BlockTranslator.BackwardSite), cache.OffsetOf(backward ? target->NativeChecked : target->Native));
    }

    // What translated code takes for granted. Limits and bases of FS and GS are looked at by each access.
    bool SegmentsAreFlat() =>
        s->Cs.Base == 0 && s->Cs.Limit == uint.MaxValue && IsFlat(&s->Ss) && IsFlat(&s->Ds) && IsFlat(&s->Es);

    static bool IsFlat(Segment* segment) => segment->Base == 0 && segment->FlatWrite != 0;
}
