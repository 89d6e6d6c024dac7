using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Blocks;

/// <summary>The decoded code of a processor: finds the block at an address, decoding it where there is none, and drops what was overwritten.</summary>
sealed unsafe class CodeStore : IDisposable
{
    readonly Processor processor;
    readonly CpuState* s;
    readonly Tlb tlb;
    readonly GuestMemory memory;
    readonly BlockCache blocks;
    readonly JumpCache jumps = new();
    readonly ConcurrentQueue<(uint Address, uint Length)> deviceWrites = new();
    readonly NativeBlock single = new();
    readonly StraddlingInstructions straddling = new();

    public CodeStore(Processor processor, CpuState* s, Tlb tlb)
    {
        this.processor = processor;
        this.s = s;
        this.tlb = tlb;
        memory = processor.Memory;
        blocks = new BlockCache(memory);
        memory.CodeWritten = QueueDeviceWrite;
    }

    /// <summary>Changes whenever entries of the jump cache have to be looked at again; part of <see cref="CpuState.BlockKey"/>.</summary>
    public uint Key => jumps.Key;

    /// <summary>Keys below this are of blocks that may have gone.</summary>
    public uint OldestKey => jumps.OldestKey;

    /// <summary>What machine code needs to find blocks by itself.</summary>
    public byte* Arena => blocks.Arena;

    /// <summary>The jump cache's entries, likewise.</summary>
    public JumpCache.Entry* JumpEntries => jumps.Entries;

    /// <summary>The executable pages of a privilege, likewise.</summary>
    public JumpCache.ExecutablePage* Pages(bool user) => jumps.Pages(user);

    /// <summary>Set by the processor when blocks are to be translated.</summary>
    public Translate.Translator? Translator { get; set; }

    /// <summary>The block at cs:eip if the jump cache has it, else null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Block* FindQuickly(uint linear) => jumps.Find(linear, s->BlockKey);

    /// <summary>A block at cs:eip has been given machine code, or other machine code.</summary>
    public void NoteTranslated(uint linear, Block* block, int native) => jumps.SetNative(linear, block, native);

    /// <summary>Whether a physical page holds decoded code, so that writes to it must be seen.</summary>
    public bool HasCode(uint physicalPage) => blocks.HasCode(physicalPage);

    /// <summary>The block at cs:eip, decoded if need be, and entered into the jump cache unless it is good for one run only. Null: the page can't be executed, and the processor has the fault.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Block* Find(uint linear)
    {
        BlockMode mode = (BlockMode)s->BlockKey & BlockMode.Mask;
        if (FindPage(linear, out uint physical) is { } fault)
        {
            processor.SetAside(fault);
            return null;
        }
        Block* block = jumps.Revive(linear, s->BlockKey, s->Cpl == 3);
        if (block != null)
            return block;
        if (!memory.Contains(physical & ~0xFFFu, GuestMemory.PageSize))
            return DecodeSingle(linear);

        block = blocks.Find(physical, mode);
        if (block == null)
        {
            bool mayStraddle = (linear & 0xFFF) > GuestMemory.PageSize - Decoder.MaxLength && s->Cs.Limit == uint.MaxValue;
            if (mayStraddle && TryFindStraddling(linear, physical, mode, out block))
                return block;
            block = Decode(physical, mode);
            if (block == null)
                return DecodeSingle(linear, mayStraddle ? straddling[linear] : null);
        }
        if (s->Cs.Limit != uint.MaxValue)
            return s->Cs.Limit >= s->Eip && s->Cs.Limit - s->Eip >= block->Length - 1 ? block : DecodeSingle(linear);
        jumps.Set(linear, s->BlockKey, block, Translator != null ? Translator.EntryOf(block) : 0);
        return block;
    }

    /// <summary>A block of the one instruction at cs:eip, which may cross a page or lie outside RAM. It is good until the next call with the same place to keep it in.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Block* DecodeSingle(uint linear, StraddlingInstructions.Slot? keep = null)
    {
        NativeBlock room = keep?.Room ?? single;
        keep?.Clear();
        Span<byte> bytes = stackalloc byte[Decoder.MaxLength];
        int inLimit = s->Cs.Limit >= s->Eip ? (int)Math.Min(s->Cs.Limit - s->Eip, Decoder.MaxLength - 1u) + 1 : 0;
        int count = 0;
        scoped var decoder = new Decoder((BlockMode)s->BlockKey);
        int needed = 1;
        // One byte more at a time, so that a page is touched only when the instruction reaches into it.
        while (true)
        {
            while (count < needed)
            {
                if (count >= inLimit)
                    throw CpuFault.GeneralProtection(0);
                bytes[count] = FetchByte(linear + (uint)count);
                count++;
            }
            Op* op = room.Ops;
            DecodeResult result = decoder.Decode(bytes[..count], 0, &op);
            if (result == DecodeResult.NeedsMoreBytes)
            {
                needed = count + 1;
                continue;
            }
            if (result != DecodeResult.Branch)
                Decoder.EmitContinue(&op, (uint)op[-1].Length);
            room.Block->OpCount = (int)(op - room.Ops);
            room.Block->Instructions = 1;
            keep?.Set(bytes[..count], (BlockMode)s->BlockKey);
            return room.Block;
        }
    }

    /// <summary>Bytes of RAM were written by the processor: decoded instructions made of them are dropped.</summary>
    public void NoteWrite(uint physical, uint length)
    {
        if (!blocks.HasCode(physical) || !blocks.Overlaps(physical, length))
            return;
        blocks.DropPage(physical);
        jumps.DropEntries();
        processor.UpdateMode();
        s->BlockEnd = null;
    }

    /// <summary>Does the same for what devices have written since the last call.</summary>
    public void DropDeviceWrites()
    {
        while (deviceWrites.TryDequeue(out (uint Address, uint Length) write))
        {
            uint end = write.Address + write.Length;
            for (uint at = write.Address; at < end;)
            {
                uint length = Math.Min(end - at, GuestMemory.PageSize - (at & 0xFFF));
                NoteWrite(at, length);
                at += length;
            }
        }
    }

    /// <summary>Forgets all blocks.</summary>
    public void Clear()
    {
        blocks.Clear();
        Translator?.Clear();
        jumps.DropEntries();
        processor.UpdateMode();
    }

    /// <summary>Forgets where linear pages are; global ones too when asked.</summary>
    public void FlushPages(bool includeGlobal) => jumps.Flush(includeGlobal);

    /// <summary>Forgets where one linear page is. True: it mattered.</summary>
    public bool FlushPage(uint linear) => jumps.FlushPage(linear);

    public void Dispose()
    {
        memory.CodeWritten = null;
        blocks.Dispose();
        jumps.Dispose();
        single.Dispose();
        straddling.Dispose();
    }

    Block* Decode(uint physical, BlockMode mode)
    {
        Op* ops = blocks.Reserve();
        if (ops == null)
        {
            Clear();
            ops = blocks.Reserve();
        }
        var page = new ReadOnlySpan<byte>(memory.Base + physical, (int)(GuestMemory.PageSize - (physical & 0xFFF)));
        var decoder = new Decoder(mode);
        if (!decoder.DecodeBlock(page, ops, BlockCache.OpLimit, out Block block))
            return null;
        block.Physical = physical;
        block.Mode = mode;
        block.Ops = ops;
        if (Translator != null && (mode & (BlockMode.Code32 | BlockMode.NotProtected)) == BlockMode.Code32)
            block.Native = Translator.Untranslated;
        if (blocks.Commit(block, out Block* kept))
            tlb.ForbidWrites(memory.Base + (physical & ~0xFFFu));
        return kept;
    }

    // The instruction at cs:eip, if it is known to end on the next page. Kernels have such in what runs often. A block of null: it can't be fetched, and the processor has the fault.
    bool TryFindStraddling(uint linear, uint physical, BlockMode mode, out Block* block)
    {
        block = null;
        int here = (int)(GuestMemory.PageSize - (linear & 0xFFF));
        StraddlingInstructions.Slot slot = straddling[linear];
        if (!slot.Begins(memory.Slice(physical, (uint)here), mode))
            return false;
        if (FindPage(linear + (uint)here, out uint next) is { } fault)
        {
            processor.SetAside(fault);
            return true;
        }
        if (!memory.Contains(next, GuestMemory.PageSize) || !slot.Ends(here, memory.Slice(next, GuestMemory.PageSize)))
            return false;
        block = slot.Room.Block;
        return true;
    }

    // The physical address that is executed at a linear one; else what comes of it.
    Exception? FindPage(uint linear, out uint physical)
    {
        bool user = s->Cpl == 3;
        if (!jumps.TryGetPage(linear, user, out uint physicalPage))
        {
            physical = 0;
            MemoryAccess access = MemoryAccess.Execute | (user ? MemoryAccess.User : MemoryAccess.Read);
            switch (processor.Owner.Translate(processor, linear, access, out PageTranslation page))
            {
                case WalkResult.Fault:
                    return CpuFault.Page(linear, page.ErrorCode);
                case WalkResult.Stop:
                    return new CpuStopped();
            }
            physicalPage = page.PhysicalPage;
            if (jumps.AddPage(linear, user, physicalPage, page.Global))
                processor.UpdateMode();
        }
        physical = physicalPage | (linear & 0xFFF);
        return null;
    }

    byte FetchByte(uint linear)
    {
        if (FindPage(linear, out uint physical) is { } fault)
            throw fault;
        return memory.Contains(physical, 1) ? memory.Base[physical] : (byte)processor.Owner.ReadDevice(processor, physical, 1);
    }

    void QueueDeviceWrite(uint address, uint length)
    {
        deviceWrites.Enqueue((address, length));
        processor.Post(RequestBits.CodeWritten);
    }
}
