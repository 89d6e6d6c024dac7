using LguestPS.Emulator.Cpu.Control;
using LguestPS.Emulator.Cpu.Interrupts;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>iret: to the same ring, an outer ring, virtual-8086 mode, an interrupted task, and in real mode (Intel SDM vol. 2, IRET).</summary>
public static unsafe class InterruptReturn
{
    const uint RealFlags = EflagsBits.Arithmetic | EflagsBits.Trap | EflagsBits.Interrupt | EflagsBits.Direction | EflagsBits.IoPrivilege
        | EflagsBits.NestedTask | EflagsBits.Resume | EflagsBits.AlignmentCheck | EflagsBits.Identification;

    const uint AnyRingFlags = EflagsBits.Arithmetic | EflagsBits.Trap | EflagsBits.Direction | EflagsBits.NestedTask
        | EflagsBits.Resume | EflagsBits.AlignmentCheck | EflagsBits.Identification;

    /// <summary>Returns.</summary>
    /// <param name="s">The processor; EIP becomes the target.</param>
    /// <param name="word">16-bit operand size.</param>
    /// <param name="nextEip">Where the task goes on when it is called again, should this end it.</param>
    public static void Return(CpuState* s, bool word, uint nextEip)
    {
        if (Mode.IsReal(s))
            FromFlatMode(s, word, RealFlags);
        else if (Mode.IsVirtual8086(s))
            FromVirtual8086(s, word);
        else if ((s->OtherFlags & EflagsBits.NestedTask) != 0)
            ToPreviousTask(s, nextEip);
        else
            Protected(s, word);
    }

    static void FromVirtual8086(CpuState* s, bool word)
    {
        if (Mode.IoPrivilege(s) < 3)
            throw CpuFault.GeneralProtection(0);
        FromFlatMode(s, word, RealFlags & ~EflagsBits.IoPrivilege);
    }

    static void FromFlatMode(CpuState* s, bool word, uint flags)
    {
        StackFrame stack = StackFrame.Current(s);
        uint eip = stack.Pop(word);
        var selector = (ushort)stack.Pop(word);
        uint image = stack.Pop(word);
        FarTransfer.CheckOffset(eip, s->Cs.Limit);
        FarTransfer.LoadFlatCode(s, selector);
        stack.Commit();
        s->Eip = eip;
        FlagsRegister.Load(s, image, word ? flags & 0xFFFF : flags);
    }

    static void ToPreviousTask(CpuState* s, uint nextEip)
    {
        var link = LinearMemory.ReadSystem<ushort>(s, s->Tr.Base);
        Descriptor descriptor = TaskSwitch.CheckReturnTarget(s, link);
        CpuFault? fault = TaskSwitch.Switch(s, link, descriptor, TaskSwitchCause.Return, nextEip, s->Eflags, 0);
        if (fault is not null)
            EventDelivery.Raise(s, fault);
    }

    static void Protected(CpuState* s, bool word)
    {
        StackFrame stack = StackFrame.Current(s);
        uint eip = stack.Pop(word);
        var selector = (ushort)stack.Pop(word);
        uint image = stack.Pop(word);
        if (!word && (image & EflagsBits.Virtual8086) != 0 && s->Cpl == 0)
        {
            ToVirtual8086(s, ref stack, eip, selector, image);
            return;
        }

        Descriptor code = FarReturn.CheckCode(s, selector);
        uint flags = FlagsAllowed(s, word);
        if (Selector.Rpl(selector) == s->Cpl)
        {
            FarTransfer.CheckOffset(eip, code.Limit);
            FarTransfer.LoadCode(s, selector, code, s->Cpl);
            stack.Commit();
            s->Eip = eip;
        }
        else
        {
            uint esp = stack.Pop(word);
            var ss = (ushort)stack.Pop(word);
            FarReturn.ToOuterRing(s, selector, code, eip, ss, esp);
        }
        FlagsRegister.Load(s, image, flags);
    }

    static uint FlagsAllowed(CpuState* s, bool word)
    {
        uint flags = AnyRingFlags;
        if (s->Cpl <= Mode.IoPrivilege(s))
            flags |= EflagsBits.Interrupt;
        if (s->Cpl == 0)
            flags |= EflagsBits.IoPrivilege | EflagsBits.VirtualInterrupt;
        return word ? flags & 0xFFFF : flags;
    }

    static void ToVirtual8086(CpuState* s, ref StackFrame stack, uint eip, ushort selector, uint image)
    {
        uint esp = stack.Pop(word: false);
        var ss = (ushort)stack.Pop(word: false);
        var es = (ushort)stack.Pop(word: false);
        var ds = (ushort)stack.Pop(word: false);
        var fs = (ushort)stack.Pop(word: false);
        var gs = (ushort)stack.Pop(word: false);
        FarTransfer.CheckOffset(eip, 0xFFFF);

        FlagsRegister.Replace(s, image);
        SegmentLoad.LoadVirtual8086(s, SegmentRegister.Cs, selector);
        SegmentLoad.LoadVirtual8086(s, SegmentRegister.Ss, ss);
        SegmentLoad.LoadVirtual8086(s, SegmentRegister.Es, es);
        SegmentLoad.LoadVirtual8086(s, SegmentRegister.Ds, ds);
        SegmentLoad.LoadVirtual8086(s, SegmentRegister.Fs, fs);
        SegmentLoad.LoadVirtual8086(s, SegmentRegister.Gs, gs);
        s->R[Reg.Esp] = esp;
        s->Eip = eip;
    }
}
