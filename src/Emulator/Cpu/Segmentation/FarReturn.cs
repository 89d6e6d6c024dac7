using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>retf, and what it shares with iret: the checks of a code segment that is returned to and of an outer ring's stack (Intel SDM vol. 2, RET).</summary>
public static unsafe class FarReturn
{
    /// <summary>Returns, and takes <paramref name="parameterBytes"/> off both stacks.</summary>
    public static void Return(CpuState* s, bool word, uint parameterBytes)
    {
        StackFrame stack = StackFrame.Current(s);
        uint eip = stack.Pop(word);
        var selector = (ushort)stack.Pop(word);
        stack.Skip(parameterBytes);
        if (!Mode.IsProtected(s))
        {
            FarTransfer.CheckOffset(eip, s->Cs.Limit);
            FarTransfer.LoadFlatCode(s, selector);
            stack.Commit();
            s->Eip = eip;
            return;
        }

        Descriptor code = CheckCode(s, selector);
        int level = Selector.Rpl(selector);
        if (level == s->Cpl)
        {
            FarTransfer.CheckOffset(eip, code.Limit);
            FarTransfer.LoadCode(s, selector, code, level);
            stack.Commit();
            s->Eip = eip;
            return;
        }

        uint esp = stack.Pop(word);
        var ss = (ushort)stack.Pop(word);
        ToOuterRing(s, selector, code, eip, ss, esp);
        StackFrame outer = StackFrame.Current(s);
        outer.Skip(parameterBytes);
        outer.Commit();
    }

    /// <summary>Checks a code segment that is returned to.</summary>
    internal static Descriptor CheckCode(CpuState* s, ushort selector)
    {
        if (Selector.IsNull(selector))
            throw CpuFault.GeneralProtection(0);
        Descriptor code = DescriptorTables.Read(s, selector);
        int level = Selector.Rpl(selector);
        if (level < s->Cpl || !code.IsCode || (code.IsConforming ? code.Dpl > level : code.Dpl != level))
            throw Selector.Fault(FaultVector.GeneralProtection, selector);
        if (!code.Present)
            throw Selector.Fault(FaultVector.NotPresent, selector);
        return code;
    }

    /// <summary>Loads CS:EIP and SS:ESP of an outer ring and drops the data segments that it may not have. Faults before anything changes.</summary>
    internal static void ToOuterRing(CpuState* s, ushort selector, Descriptor code, uint eip, ushort ss, uint esp)
    {
        int level = Selector.Rpl(selector);
        Descriptor stackDescriptor = SegmentLoad.CheckStack(s, ss, level, FaultVector.GeneralProtection, FaultVector.GeneralProtection, 0);
        FarTransfer.CheckOffset(eip, code.Limit);
        FarTransfer.LoadCode(s, selector, code, level);
        SegmentLoad.LoadStack(s, ss, stackDescriptor);
        if (s->Ss.Is32Bit)
            s->R[Reg.Esp] = esp;
        else
            Operand.Set<ushort>(s, Reg.Esp, (ushort)esp);
        SegmentLoad.DropInnerData(s);
        s->Eip = eip;
    }
}
