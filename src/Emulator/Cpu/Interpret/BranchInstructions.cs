using System.Runtime.CompilerServices;
using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>Near jumps, calls and returns, jcc, loop, jecxz. The operand size is eip's: 16 bits clear its upper half.</summary>
static unsafe class BranchInstructions
{
    public static void Define(InstructionTable table)
    {
        const InstructionTraits branch = InstructionTraits.Branch;
        Conditions.VisitAll(new ConditionalDefinitions(table));
        table.Add(new(0xEB, "jmp", OperandForm.Rel8) { Traits = branch, Register = &Jump<uint>, Register16 = &Jump<ushort> });
        table.Add(new(0xE9, "jmp", OperandForm.RelZ) { Traits = branch, Register = &Jump<uint>, Register16 = &Jump<ushort> });
        table.Add(new(0xE8, "call", OperandForm.RelZ) { Traits = branch, Register = &Call<uint>, Register16 = &Call<ushort> });
        table.Add(new(0xFF, "call", OperandForm.ModRM) { Digit = 2, Traits = branch, Register = &CallRm<uint>, Register16 = &CallRm<ushort>, Memory = &CallMemory<uint>, Memory16 = &CallMemory<ushort> });
        table.Add(new(0xFF, "jmp", OperandForm.ModRM) { Digit = 4, Traits = branch, Register = &JumpRm<uint>, Register16 = &JumpRm<ushort>, Memory = &JumpMemory<uint>, Memory16 = &JumpMemory<ushort> });
        table.Add(new(0xC3, "ret", OperandForm.None) { Traits = branch, Register = &Return<uint>, Register16 = &Return<ushort> });
        table.Add(new(0xC2, "ret", OperandForm.Imm16) { Traits = branch, Register = &Return<uint>, Register16 = &Return<ushort> });
        table.Add(new(0xE0, "loopne", OperandForm.Rel8) { Traits = branch, Register = &LoopNotEqual<uint>, Register16 = &LoopNotEqual<ushort> });
        table.Add(new(0xE1, "loope", OperandForm.Rel8) { Traits = branch, Register = &LoopEqual<uint>, Register16 = &LoopEqual<ushort> });
        table.Add(new(0xE2, "loop", OperandForm.Rel8) { Traits = branch, Register = &Loop<uint>, Register16 = &Loop<ushort> });
        table.Add(new(0xE3, "jecxz", OperandForm.Rel8) { Traits = branch, Register = &JumpCountZero<uint>, Register16 = &JumpCountZero<ushort> });
    }

    // #GP(0) belongs to the branch, not to the first instruction outside the limit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Target<T>(CpuState* s, uint eip) where T : unmanaged
    {
        if (sizeof(T) == 2)
            eip &= 0xFFFF;
        if (eip > s->Cs.Limit)
            ThrowOutOfLimit();
        return eip;
    }

    static void ThrowOutOfLimit() => throw CpuFault.GeneralProtection(0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void GoTo<T>(CpuState* s, uint eip) where T : unmanaged => s->Eip = Target<T>(s, eip);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Relative<T>(CpuState* s, Op* op, bool taken) where T : unmanaged
    {
        if (taken)
            GoTo<T>(s, s->BlockEip + op->Immediate);
        else
            s->Eip = Operand.NextEip(s, op);
    }

    static void Jump<T>(CpuState* s, Op* op) where T : unmanaged => GoTo<T>(s, s->BlockEip + op->Immediate);

    static void JumpRm<T>(CpuState* s, Op* op) where T : unmanaged => GoTo<T>(s, Operand.Get<T>(s, op->Rm));

    static void JumpMemory<T>(CpuState* s, Op* op) where T : unmanaged => GoTo<T>(s, Operand.LoadValue<T>(s, op));

    static void Call<T>(CpuState* s, Op* op) where T : unmanaged => CallTo<T>(s, op, s->BlockEip + op->Immediate);

    static void CallRm<T>(CpuState* s, Op* op) where T : unmanaged => CallTo<T>(s, op, Operand.Get<T>(s, op->Rm));

    static void CallMemory<T>(CpuState* s, Op* op) where T : unmanaged => CallTo<T>(s, op, Operand.LoadValue<T>(s, op));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void CallTo<T>(CpuState* s, Op* op, uint eip) where T : unmanaged
    {
        eip = Target<T>(s, eip);
        Stack.Push<T>(s, Operand.NextEip(s, op));
        s->Eip = eip;
    }

    static void Return<T>(CpuState* s, Op* op) where T : unmanaged
    {
        GoTo<T>(s, Stack.Peek<T>(s, 0));
        Stack.Release(s, (uint)sizeof(T) + op->Immediate);
    }

    // The count is cx or ecx by the address size.
    static bool CountDown(CpuState* s, Op* op, out uint count)
    {
        count = (s->R[Reg.Ecx] - 1) & op->AddressMask;
        return count != 0;
    }

    static void LoopIf<T>(CpuState* s, Op* op, bool condition) where T : unmanaged
    {
        bool taken = CountDown(s, op, out uint count) && condition;
        Relative<T>(s, op, taken);
        s->R[Reg.Ecx] = (s->R[Reg.Ecx] & ~op->AddressMask) | count;
    }

    static void Loop<T>(CpuState* s, Op* op) where T : unmanaged => LoopIf<T>(s, op, true);

    static void LoopEqual<T>(CpuState* s, Op* op) where T : unmanaged => LoopIf<T>(s, op, s->Zero);

    static void LoopNotEqual<T>(CpuState* s, Op* op) where T : unmanaged => LoopIf<T>(s, op, !s->Zero);

    static void JumpCountZero<T>(CpuState* s, Op* op) where T : unmanaged => Relative<T>(s, op, (s->R[Reg.Ecx] & op->AddressMask) == 0);

    sealed class ConditionalDefinitions(InstructionTable table) : IConditionVisitor
    {
        public void Visit<TCondition>(int number) where TCondition : ICondition
        {
            string name = "j" + Conditions.Suffixes[number];
            table.Add(new(0x70 + number, name, OperandForm.Rel8) { Traits = InstructionTraits.Branch, Register = &JumpIf<TCondition, uint>, Register16 = &JumpIf<TCondition, ushort> });
            table.Add(new(0xF80 + number, name, OperandForm.RelZ) { Traits = InstructionTraits.Branch, Register = &JumpIf<TCondition, uint>, Register16 = &JumpIf<TCondition, ushort> });
        }

        static void JumpIf<TCondition, T>(CpuState* s, Op* op) where TCondition : ICondition where T : unmanaged =>
            Relative<T>(s, op, TCondition.Holds(s));
    }
}
