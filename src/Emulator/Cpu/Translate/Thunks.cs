using LguestPS.Emulator.Cpu.Blocks;
using LguestPS.Emulator.Cpu.Mmu;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>The pieces of machine code that all blocks share: the way in, the ways out, the way from block to block, the call of the interpreter.</summary>
/// <remarks>The C# side is the System V calling convention: rdi, rsi, rdx in; eax out; rbx, rbp and r12 to r15 kept.</remarks>
sealed class Thunks
{
    /// <summary>What machine code returns: eip is the next instruction, registers and flags are in the state.</summary>
    public const int Continue = 0;

    /// <summary>The same, and <see cref="NativeState.LinkSite"/> is a jump that can be bound to the block at eip.</summary>
    public const int Link = 1;

    /// <summary>The interpreter has brought the state up to date, retired instructions and flags too.</summary>
    public const int Settled = 2;

    static readonly int[] Saved = [HostRegister.Rbp, HostRegister.Rbx, 12, 13, 14, 15];

    readonly Emitter emit;
    readonly bool direct;
    readonly int leaveFpu;

    /// <summary>Writes them; with <paramref name="direct"/> such as load the base of GS for direct accesses.</summary>
    public Thunks(Emitter emit, bool direct)
    {
        this.emit = emit;
        this.direct = direct;
        Enter = emit.Offset;
        EmitEnter();
        int leave = emit.Offset;
        EmitLeave();
        leaveFpu = emit.Offset;
        EmitLeaveFpu();
        EnterFpu = emit.Offset;
        EmitEnterFpu();
        ExitAt = emit.Offset;
        emit.Memory(4, 0x89, HostRegister.Address, HostRegister.State, StateLayout.Eip);
        Exit = emit.Offset;
        EmitExit(Continue, leave);
        ExitToLink = emit.Offset;
        emit.Memory(4, 0x89, HostRegister.Address, HostRegister.State, StateLayout.Eip);
        emit.Memory(4, 0x89, HostRegister.Temp, HostRegister.State, StateLayout.LinkSite);
        EmitExit(Link, leave);
        DispatchState = emit.Offset;
        emit.Memory(4, 0x8B, HostRegister.Address, HostRegister.State, StateLayout.Eip);
        Dispatch = emit.Offset;
        EmitDispatch();
        Execute = emit.Offset;
        EmitExecute(leave);
        SlowRead = emit.Offset;
        EmitSlowAccess(write: false);
        SlowWrite = emit.Offset;
        EmitSlowAccess(write: true);
        Fault = emit.Offset;
        EmitFault();
    }

    /// <summary>Called from C# with the state and the code to run.</summary>
    public int Enter { get; }

    /// <summary>Leaves with the eip that is in the state.</summary>
    public int Exit { get; }

    /// <summary>Leaves with the eip that is in <see cref="HostRegister.Address"/>.</summary>
    public int ExitAt { get; }

    /// <summary>The same, asking that the jump at the offset in <see cref="HostRegister.Temp"/> be bound.</summary>
    public int ExitToLink { get; }

    /// <summary>Goes to the block at the eip that is in <see cref="HostRegister.Address"/>; flags are saved.</summary>
    public int Dispatch { get; }

    /// <summary>The same with the eip in the state.</summary>
    public int DispatchState { get; }

    /// <summary>Called with an instruction's and its block's offsets in the arena in the two temporaries, flags saved: has it run by the interpreter, and comes back unless the block must be left.</summary>
    public int Execute { get; }

    /// <summary>Called with flags saved: loads the guest's floating-point registers. <see cref="HostRegister.Temp"/> is 0 afterwards when the interpreter must run what needs them.</summary>
    public int EnterFpu { get; }

    /// <summary>Called where the window does not show the page at <see cref="HostRegister.Address"/>, with what the check has made of it in the temporaries: looks in the TLB.
    /// Not equal: the access can be done, <see cref="HostRegister.Address"/> being as far from the window as its page is. Equal: the interpreter has to.</summary>
    public int SlowRead { get; }

    /// <summary>The same for a write.</summary>
    public int SlowWrite { get; }

    /// <summary>Where a direct access goes on that has faulted: to the cold path that C# finds for it, with all registers and flags as they were.</summary>
    public int Fault { get; }

    void EmitEnter()
    {
        foreach (int register in Saved)
            emit.Push(register);
        emit.ArithmeticConstant(8, 5, HostRegister.Rsp, 8);
        emit.Move(HostRegister.State, HostRegister.Rdi, 8);
        emit.Move(HostRegister.Temp2, HostRegister.Rsi, 8);
        LoadRegisters();
        emit.Registers(4, 0xFF, 4, HostRegister.Temp2);
    }

    void EmitLeave()
    {
        emit.ArithmeticConstant(8, 0, HostRegister.Rsp, 8);
        for (int i = Saved.Length - 1; i >= 0; i--)
            emit.Pop(Saved[i]);
        emit.Byte(0xC3);
    }

    void EmitExit(int result, int leave)
    {
        StoreRegisters();
        GiveFpuBack();
        emit.MoveConstant(HostRegister.Rax, (uint)result);
        emit.Jump(leave);
    }

    // The jump cache's entry of eip, as JumpCache.Find does.
    unsafe void EmitDispatch()
    {
        const int eip = HostRegister.Address, entry = HostRegister.Temp, key = HostRegister.Temp2, state = HostRegister.State;
        emit.Memory(8, 0x3B, HostRegister.Remaining, state, StateLayout.StopAt);
        emit.JumpIf(Emitter.LessOrEqual, ExitAt);
        emit.Move(entry, eip);
        emit.Registers(4, 0xC1, 5, entry);
        emit.Byte(12);
        emit.Registers(4, 0x33, entry, eip);
        emit.ArithmeticConstant(4, 4, entry, JumpCache.Sets - 1);
        emit.Registers(4, 0xC1, 4, entry);
        emit.Byte(5);
        emit.Memory(8, 0x03, entry, state, StateLayout.JumpEntries);
        emit.Memory(4, 0x3B, eip, entry);
        int first = emit.JumpIfForward(Emitter.Equal);
        emit.ArithmeticConstant(8, 0, entry, sizeof(JumpCache.Entry));
        emit.Memory(4, 0x3B, eip, entry);
        emit.JumpIf(Emitter.NotEqual, ExitAt);
        emit.Bind(first);
        emit.Memory(4, 0x8B, key, entry, StateLayout.JumpKey);
        emit.Memory(4, 0x3B, key, state, StateLayout.BlockKey);
        int old = emit.JumpIfForward(Emitter.NotEqual);
        int revived = emit.Offset;
        emit.Move(key, eip);
        emit.Memory(4, 0x2B, key, entry, StateLayout.JumpPhysical);
        emit.Memory(4, 0x89, key, state, StateLayout.Slide);
        emit.Memory(4, 0x8B, entry, entry, StateLayout.JumpNative);
        emit.Memory(8, 0x03, entry, state, StateLayout.Code);
        emit.Registers(4, 0xFF, 4, entry);
        emit.Bind(old);
        EmitRevive(revived);
    }

    // An entry of another key, as JumpCache.Revive sees it.
    void EmitRevive(int revived)
    {
        const int eip = HostRegister.Address, entry = HostRegister.Temp, key = HostRegister.Temp2, page = HostRegister.Temp2, state = HostRegister.State;
        emit.Memory(4, 0x3B, key, state, StateLayout.OldestKey);
        emit.JumpIf(Emitter.Below, ExitAt);
        emit.Memory(4, 0x33, key, state, StateLayout.BlockKey);
        emit.Registers(4, 0xF7, 0, key);
        emit.Int32((int)BlockMode.Mask);
        emit.JumpIf(Emitter.NotEqual, ExitAt);
        emit.Registers(4, 0xC1, 5, eip);
        emit.Byte(12);
        emit.Move(page, eip);
        emit.ArithmeticConstant(4, 4, page, JumpCache.PageSlots - 1);
        emit.Registers(4, 0x69, page, page);
        emit.Int32(StateLayout.ExecutablePage);
        emit.Memory(8, 0x03, page, state, StateLayout.CodePages);
        emit.Memory(4, 0x3B, eip, page);
        int unknown = emit.JumpIfForward(Emitter.NotEqual);
        emit.Memory(4, 0x8B, eip, entry, StateLayout.JumpPhysical);
        emit.Memory(4, 0x33, eip, page, StateLayout.PagePlace);
        emit.ArithmeticConstant(4, 4, eip, ~0xFFF);
        int elsewhere = emit.JumpIfForward(Emitter.NotEqual);
        emit.Memory(4, 0x8B, key, state, StateLayout.BlockKey);
        emit.Memory(4, 0x89, key, entry, StateLayout.JumpKey);
        emit.Memory(4, 0x8B, eip, entry);
        emit.Jump(revived);
        emit.Bind(unknown);
        emit.Bind(elsewhere);
        emit.Memory(4, 0x8B, eip, entry);
        emit.Jump(ExitAt);
    }

    void EmitExecute(int leave)
    {
        StoreRegisters();
        GiveFpuBack();
        emit.ArithmeticConstant(8, 5, HostRegister.Rsp, 8);
        emit.Move(HostRegister.Rdi, HostRegister.State, 8);
        emit.Memory(8, 0x8B, HostRegister.Rsi, HostRegister.State, StateLayout.Arena);
        emit.Move(HostRegister.Rdx, HostRegister.Rsi, 8);
        emit.Registers(8, 0x03, HostRegister.Rsi, HostRegister.Temp);
        emit.Registers(8, 0x03, HostRegister.Rdx, HostRegister.Temp2);
        emit.Memory(4, 0xFF, 2, HostRegister.State, StateLayout.Execute);
        emit.ArithmeticConstant(8, 0, HostRegister.Rsp, 8);
        emit.Registers(4, 0x85, HostRegister.Rax, HostRegister.Rax);
        int leaves = emit.JumpIfForward(Emitter.NotEqual);
        LoadRegisters();
        emit.Byte(0xC3);
        emit.Bind(leaves);
        emit.ArithmeticConstant(8, 0, HostRegister.Rsp, 8);
        emit.Jump(leave);
    }

    // Before C# runs; the guest's general registers have been stored.
    void GiveFpuBack()
    {
        emit.Memory(4, 0x83, 7, HostRegister.State, StateLayout.FpuPlace);
        emit.Byte((int)FpuPlace.Host);
        int elsewhere = emit.JumpIfForward(Emitter.NotEqual);
        emit.Call(leaveFpu);
        emit.Bind(elsewhere);
    }

    // fxsave; then what the calling convention wants: an empty x87 stack and the host's control words.
    void EmitLeaveFpu()
    {
        emit.Memory(8, 0x8B, HostRegister.Rax, HostRegister.State, StateLayout.FpuImage);
        emit.Memory(4, 0xFAE, 0, HostRegister.Rax);
        emit.Memory(4, 0xC7, 0, HostRegister.State, StateLayout.FpuPlace);
        emit.Int32((int)FpuPlace.Image);
        emit.Byte(0xDB);
        emit.Byte(0xE3);
        emit.Memory(4, 0xD9, 5, HostRegister.State, StateLayout.HostControl);
        emit.Memory(4, 0xFAE, 2, HostRegister.State, StateLayout.HostMxcsr);
        emit.Byte(0xC3);
    }

    // C# makes the image, then fxrstor.
    void EmitEnterFpu()
    {
        StoreRegisters();
        emit.ArithmeticConstant(8, 5, HostRegister.Rsp, 8);
        emit.Move(HostRegister.Rdi, HostRegister.State, 8);
        emit.Memory(4, 0xFF, 2, HostRegister.State, StateLayout.EnterFpu);
        emit.ArithmeticConstant(8, 0, HostRegister.Rsp, 8);
        emit.Move(HostRegister.Temp, HostRegister.Rax);
        emit.Registers(4, 0x85, HostRegister.Rax, HostRegister.Rax);
        int refused = emit.JumpIfForward(Emitter.Equal);
        emit.Memory(4, 0xD9, 7, HostRegister.State, StateLayout.HostControl);
        emit.Memory(4, 0xFAE, 3, HostRegister.State, StateLayout.HostMxcsr);
        emit.Memory(8, 0x8B, HostRegister.Rax, HostRegister.State, StateLayout.FpuImage);
        emit.Memory(4, 0xFAE, 1, HostRegister.Rax);
        emit.Memory(4, 0xC7, 0, HostRegister.State, StateLayout.FpuPlace);
        emit.Int32((int)FpuPlace.Host);
        emit.Bind(refused);
        LoadRegisters();
        emit.Byte(0xC3);
    }

    // The stack is as blocks have it, aligned to 16 bytes.
    void EmitFault()
    {
        emit.Byte(0x9C);                                        // pushf
        StoreRegisters();
        GiveFpuBack();
        emit.ArithmeticConstant(8, 5, HostRegister.Rsp, 8);
        emit.Move(HostRegister.Rdi, HostRegister.State, 8);
        emit.Memory(4, 0xFF, 2, HostRegister.State, StateLayout.FindColdPath);
        emit.ArithmeticConstant(8, 0, HostRegister.Rsp, 8);
        LoadRegisters();
        emit.Byte(0x9D);                                        // popf
        emit.Memory(4, 0xFF, 4, HostRegister.State, StateLayout.ColdPath);
    }

    void EmitSlowAccess(bool write)
    {
        const int address = HostRegister.Address, page = HostRegister.Temp, entry = HostRegister.Temp2, state = HostRegister.State;
        emit.Registers(4, 0x03, entry, entry);
        emit.Memory(8, 0x03, entry, state, StateLayout.Tlb);
        emit.Memory(4, 0x3B, page, entry, write ? StateLayout.WriteTag : 0);
        int known = emit.JumpIfForward(Emitter.Equal);
        emit.Memory(4, 0x89, address, state, StateLayout.MissedAddress);
        emit.Memory(4, 0xC7, 0, state, StateLayout.MissedAccess);
        emit.Int32(write ? NativeState.MissedWrite : NativeState.MissedRead);
        emit.Registers(4, 0x33, page, page);
        emit.Byte(0xC3);
        emit.Bind(known);
        emit.Memory(8, 0x03, address, entry, StateLayout.Addend);
        emit.Registers(8, 0x2B, address, HostRegister.Window);
        emit.Move(page, entry, 8);
        emit.Memory(8, 0x2B, entry, state, StateLayout.Tlb);
        emit.Registers(4, 0xD1, 5, entry);
        // The page's turn to be shown comes when the tag for reads has been counted down: in C#, at the next look.
        emit.Memory(4, 0xFF, 1, HostRegister.Tags, entry, 0, 0);
        int used = emit.JumpIfForward(Emitter.Equal);
        emit.Byte(0xC3);
        emit.Bind(used);
        emit.Memory(4, 0xC7, 0, HostRegister.Tags, entry, 0, 0);
        emit.Int32(Tlb.MostUses);
        emit.Memory(8, 0x89, page, state, StateLayout.ShowNext);
        emit.Memory(4, 0xC7, 0, state, StateLayout.StopAt + sizeof(uint));
        emit.Int32(int.MaxValue);
        emit.Registers(8, 0x85, state, state);
        emit.Byte(0xC3);
    }

    void LoadRegisters()
    {
        for (int i = 0; i < 8; i++)
            emit.Memory(4, 0x8B, HostRegister.Of(i), HostRegister.State, StateLayout.Register(i));
        emit.Memory(8, 0x8B, HostRegister.Remaining, HostRegister.State, StateLayout.Remaining);
        emit.Memory(8, 0x8B, HostRegister.Window, HostRegister.State, StateLayout.Window);
        emit.Memory(8, 0x8B, HostRegister.Tags, HostRegister.State, StateLayout.WindowTags);
        if (direct)
            LoadExactBase();
    }

    // Only when it has changed: wrgsbase takes longer than the rest of it.
    void LoadExactBase()
    {
        const int @base = HostRegister.Address;
        emit.Memory(8, 0x8B, @base, HostRegister.State, StateLayout.ExactBase);
        emit.Memory(8, 0x3B, @base, HostRegister.State, StateLayout.LoadedBase);
        int loaded = emit.JumpIfForward(Emitter.Equal);
        emit.Memory(8, 0x89, @base, HostRegister.State, StateLayout.LoadedBase);
        emit.Byte(0xF3);
        emit.Registers(8, 0xFAE, 3, @base);
        emit.Bind(loaded);
    }

    void StoreRegisters()
    {
        for (int i = 0; i < 8; i++)
            emit.Memory(4, 0x89, HostRegister.Of(i), HostRegister.State, StateLayout.Register(i));
        emit.Memory(8, 0x89, HostRegister.Remaining, HostRegister.State, StateLayout.Remaining);
    }
}
