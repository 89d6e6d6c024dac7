using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>push and pop of registers, immediates and memory, pusha, popa, enter, leave.</summary>
static unsafe class StackInstructions
{
    public static void Define(InstructionTable table)
    {
        table.Add(new(0x50, "push", OperandForm.OpcodeRegister) { Register = &PushRegister<uint>, Register16 = &PushRegister<ushort> });
        table.Add(new(0x58, "pop", OperandForm.OpcodeRegister) { Register = &PopRegister<uint>, Register16 = &PopRegister<ushort> });
        table.Add(new(0x68, "push", OperandForm.ImmZ) { Register = &PushImmediate<uint>, Register16 = &PushImmediate<ushort> });
        table.Add(new(0x6A, "push", OperandForm.Imm8) { Register = &PushImmediate<uint>, Register16 = &PushImmediate<ushort> });
        table.Add(new(0xFF, "push", OperandForm.ModRM) { Digit = 6, Register = &PushRm<uint>, Register16 = &PushRm<ushort>, Memory = &PushMemory<uint>, Memory16 = &PushMemory<ushort> });
        table.Add(new(0x8F, "pop", OperandForm.ModRM) { Digit = 0, Register = &PopRm<uint>, Register16 = &PopRm<ushort>, Memory = &PopMemory<uint>, Memory16 = &PopMemory<ushort> });
        table.Add(new(0x60, "pusha", OperandForm.None) { Register = &PushAll<uint>, Register16 = &PushAll<ushort> });
        table.Add(new(0x61, "popa", OperandForm.None) { Register = &PopAll<uint>, Register16 = &PopAll<ushort> });
        table.Add(new(0xC8, "enter", OperandForm.Imm16Imm8) { Register = &Enter<uint>, Register16 = &Enter<ushort> });
        table.Add(new(0xC9, "leave", OperandForm.None) { Register = &Leave<uint>, Register16 = &Leave<ushort> });
    }

    static void PushRegister<T>(CpuState* s, Op* op) where T : unmanaged => Stack.Push<T>(s, Operand.Get<T>(s, op->Register));

    static void PushRm<T>(CpuState* s, Op* op) where T : unmanaged => Stack.Push<T>(s, Operand.Get<T>(s, op->Rm));

    static void PushImmediate<T>(CpuState* s, Op* op) where T : unmanaged => Stack.Push<T>(s, op->Immediate);

    static void PushMemory<T>(CpuState* s, Op* op) where T : unmanaged => Stack.Push<T>(s, Operand.LoadValue<T>(s, op));

    // pop esp: the popped value wins over the increment.
    static void PopRegister<T>(CpuState* s, Op* op) where T : unmanaged => Operand.Set<T>(s, op->Register, Stack.Pop<T>(s));

    static void PopRm<T>(CpuState* s, Op* op) where T : unmanaged => Operand.Set<T>(s, op->Rm, Stack.Pop<T>(s));

    // An address by esp is taken after the increment (Intel SDM vol. 2, pop).
    static void PopMemory<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint esp = s->R[Reg.Esp];
        uint value = Stack.Pop<T>(s);
        try
        {
            Operand.StoreValue<T>(s, op, value);
        }
        catch (CpuFault)
        {
            s->R[Reg.Esp] = esp;
            throw;
        }
    }

    static void PushAll<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint top = s->R[Reg.Esp];
        uint mask = Stack.PointerMask(s);
        // The address that a page fault reports is that of the first push.
        Check(s, (top - (uint)sizeof(T)) & mask, (uint)sizeof(T));
        Check(s, (top - 8 * (uint)sizeof(T)) & mask, 8 * (uint)sizeof(T));
        for (int register = 0; register < 8; register++)
        {
            uint offset = (top - (uint)((register + 1) * sizeof(T))) & mask;
            Operand.WriteAt<T>(s, Operand.WriteAddress(s, (int)SegmentRegister.Ss, offset, (uint)sizeof(T)), Operand.Get<T>(s, register));
        }
        Stack.SetPointer(s, top - 8 * (uint)sizeof(T));
    }

    static void PopAll<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint* values = stackalloc uint[8];
        for (int i = 0; i < 8; i++)
            values[i] = Stack.Peek<T>(s, (uint)(i * sizeof(T)));
        for (int i = 0; i < 8; i++)
            if (7 - i != Reg.Esp)
                Operand.Set<T>(s, 7 - i, values[i]);
        Stack.Release(s, 8 * (uint)sizeof(T));
    }

    // Faults before the first of several writes, where one of them would.
    static void Check(CpuState* s, uint offset, uint length)
    {
        if (s->FlatStack == 0 && offset > Stack.PointerMask(s) - (length - 1))
            return;
        LinearMemory.ProbeWrite(s, Operand.WriteAddress(s, (int)SegmentRegister.Ss, offset, length), length);
    }

    static void Enter<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint mask = Stack.PointerMask(s), size = (uint)sizeof(T);
        uint esp = s->R[Reg.Esp], ebp = s->R[Reg.Ebp];
        uint level = op->Displacement & 31;

        esp -= size;
        WriteStack<T>(s, esp & mask, ebp);
        uint frame = (s->R[Reg.Esp] & ~mask) | (esp & mask);   // a 16-bit stack leaves the upper half of esp
        if (level > 0)
        {
            for (uint i = 1; i < level; i++)
            {
                ebp -= size;
                esp -= size;
                uint pointer = Operand.ReadAt<T>(s, Operand.ReadAddress(s, (int)SegmentRegister.Ss, ebp & mask, size));
                WriteStack<T>(s, esp & mask, pointer);
            }
            esp -= size;
            WriteStack<T>(s, esp & mask, frame);
        }
        esp -= op->Immediate;
        // The new top must be writable already (Intel SDM vol. 2, enter).
        LinearMemory.ProbeWrite(s, Operand.WriteAddress(s, (int)SegmentRegister.Ss, esp & mask, size), size);
        Operand.Set<T>(s, Reg.Ebp, frame);
        Stack.SetPointer(s, esp);
    }

    static void WriteStack<T>(CpuState* s, uint offset, uint value) where T : unmanaged =>
        Operand.WriteAt<T>(s, Operand.WriteAddress(s, (int)SegmentRegister.Ss, offset, (uint)sizeof(T)), value);

    static void Leave<T>(CpuState* s, Op* op) where T : unmanaged
    {
        uint mask = Stack.PointerMask(s);
        uint frame = s->R[Reg.Ebp];
        uint value = Operand.ReadAt<T>(s, Operand.ReadAddress(s, (int)SegmentRegister.Ss, frame & mask, (uint)sizeof(T)));
        Stack.SetPointer(s, frame + (uint)sizeof(T));
        Operand.Set<T>(s, Reg.Ebp, value);
    }
}
