using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>mov, push and pop of segment registers and the loads of far pointers.</summary>
public static unsafe class SegmentInstructions
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        table.Add(new(0x8C, "mov", OperandForm.ModRM) { Register = &StoreToRegister, Register16 = &StoreToRegister16, Memory = &StoreToMemory });
        table.Add(new(0x8E, "mov", OperandForm.ModRM) { Traits = InstructionTraits.EndsBlock, Register = &LoadFromRegister, Memory = &LoadFromMemory });

        (int Opcode, SegmentRegister Register)[] pushes =
            [(0x06, SegmentRegister.Es), (0x0E, SegmentRegister.Cs), (0x16, SegmentRegister.Ss), (0x1E, SegmentRegister.Ds), (0x0FA0, SegmentRegister.Fs), (0x0FA8, SegmentRegister.Gs)];
        foreach ((int opcode, SegmentRegister register) in pushes)
            table.Add(new(opcode, "push", OperandForm.None) { Register = PushHandler(register) });

        (int Opcode, SegmentRegister Register)[] pops =
            [(0x07, SegmentRegister.Es), (0x17, SegmentRegister.Ss), (0x1F, SegmentRegister.Ds), (0x0FA1, SegmentRegister.Fs), (0x0FA9, SegmentRegister.Gs)];
        foreach ((int opcode, SegmentRegister register) in pops)
            table.Add(new(opcode, "pop", OperandForm.None) { Traits = InstructionTraits.EndsBlock, Register = PopHandler(register) });

        (int Opcode, string Mnemonic, SegmentRegister Register)[] pointers =
            [(0xC4, "les", SegmentRegister.Es), (0xC5, "lds", SegmentRegister.Ds), (0x0FB2, "lss", SegmentRegister.Ss), (0x0FB4, "lfs", SegmentRegister.Fs), (0x0FB5, "lgs", SegmentRegister.Gs)];
        foreach ((int opcode, string mnemonic, SegmentRegister register) in pointers)
            table.Add(new(opcode, mnemonic, OperandForm.ModRM) { Traits = InstructionTraits.MemoryOnly | InstructionTraits.EndsBlock, Register = PointerHandler(register) });
    }

    static delegate*<CpuState*, Op*, void> PushHandler(SegmentRegister register) => register switch
    {
        SegmentRegister.Es => &PushEs,
        SegmentRegister.Cs => &PushCs,
        SegmentRegister.Ss => &PushSs,
        SegmentRegister.Ds => &PushDs,
        SegmentRegister.Fs => &PushFs,
        _ => &PushGs,
    };

    static delegate*<CpuState*, Op*, void> PopHandler(SegmentRegister register) => register switch
    {
        SegmentRegister.Es => &PopEs,
        SegmentRegister.Ss => &PopSs,
        SegmentRegister.Ds => &PopDs,
        SegmentRegister.Fs => &PopFs,
        _ => &PopGs,
    };

    static delegate*<CpuState*, Op*, void> PointerHandler(SegmentRegister register) => register switch
    {
        SegmentRegister.Es => &LoadPointerEs,
        SegmentRegister.Ss => &LoadPointerSs,
        SegmentRegister.Ds => &LoadPointerDs,
        SegmentRegister.Fs => &LoadPointerFs,
        _ => &LoadPointerGs,
    };

    static void StoreToRegister(CpuState* s, Op* op) => s->R[op->Rm] = Source(s, op);

    static void StoreToRegister16(CpuState* s, Op* op) => Operand.Set<ushort>(s, op->Rm, Source(s, op));

    static void StoreToMemory(CpuState* s, Op* op) => Operand.Store(s, op, Source(s, op));

    static ushort Source(CpuState* s, Op* op)
    {
        if (op->Register > (byte)SegmentRegister.Gs)
            throw CpuFault.InvalidOpcode();
        return CpuState.SegmentAt(s, op->Register)->Selector;
    }

    static void LoadFromRegister(CpuState* s, Op* op)
    {
        SegmentRegister register = Destination(op);
        Load(s, register, (ushort)s->R[op->Rm]);
    }

    static void LoadFromMemory(CpuState* s, Op* op)
    {
        SegmentRegister register = Destination(op);
        Load(s, register, Operand.Load<ushort>(s, op));
    }

    static SegmentRegister Destination(Op* op)
    {
        var register = (SegmentRegister)op->Register;
        if (register is SegmentRegister.Cs or > SegmentRegister.Gs)
            throw CpuFault.InvalidOpcode();
        return register;
    }

    static void Load(CpuState* s, SegmentRegister register, ushort selector)
    {
        SegmentLoad.Load(s, register, selector);
        if (register == SegmentRegister.Ss)
            s->InterruptShadow = CpuState.AfterStackSegment;   // the next instruction loads ESP; nothing may be pushed between the two
    }

    static void Push(CpuState* s, Op* op, SegmentRegister register)
    {
        StackFrame stack = StackFrame.Current(s);
        stack.Push(CpuState.SegmentAt(s, (int)register)->Selector, (op->Flags & OpFlags.Operand16) != 0);
        stack.Commit();
    }

    static void Pop(CpuState* s, Op* op, SegmentRegister register)
    {
        StackFrame stack = StackFrame.Current(s);
        var selector = (ushort)stack.Pop((op->Flags & OpFlags.Operand16) != 0);
        Load(s, register, selector);
        stack.Commit();
    }

    static void LoadPointer(CpuState* s, Op* op, SegmentRegister register)
    {
        bool word = (op->Flags & OpFlags.Operand16) != 0;
        uint size = word ? 2u : 4u;
        uint address = Operand.ReadAddress(s, op->Segment, Operand.Offset(s, op), size + 2);
        uint offset = word ? Mmu.LinearMemory.Read<ushort>(s, address) : Mmu.LinearMemory.Read<uint>(s, address);
        var selector = Mmu.LinearMemory.Read<ushort>(s, address + size);
        SegmentLoad.Load(s, register, selector);   // lss needs no shadow: it loads both
        if (word)
            Operand.Set<ushort>(s, op->Register, (ushort)offset);
        else
            s->R[op->Register] = offset;
    }

    static void PushEs(CpuState* s, Op* op) => Push(s, op, SegmentRegister.Es);
    static void PushCs(CpuState* s, Op* op) => Push(s, op, SegmentRegister.Cs);
    static void PushSs(CpuState* s, Op* op) => Push(s, op, SegmentRegister.Ss);
    static void PushDs(CpuState* s, Op* op) => Push(s, op, SegmentRegister.Ds);
    static void PushFs(CpuState* s, Op* op) => Push(s, op, SegmentRegister.Fs);
    static void PushGs(CpuState* s, Op* op) => Push(s, op, SegmentRegister.Gs);

    static void PopEs(CpuState* s, Op* op) => Pop(s, op, SegmentRegister.Es);
    static void PopSs(CpuState* s, Op* op) => Pop(s, op, SegmentRegister.Ss);
    static void PopDs(CpuState* s, Op* op) => Pop(s, op, SegmentRegister.Ds);
    static void PopFs(CpuState* s, Op* op) => Pop(s, op, SegmentRegister.Fs);
    static void PopGs(CpuState* s, Op* op) => Pop(s, op, SegmentRegister.Gs);

    static void LoadPointerEs(CpuState* s, Op* op) => LoadPointer(s, op, SegmentRegister.Es);
    static void LoadPointerSs(CpuState* s, Op* op) => LoadPointer(s, op, SegmentRegister.Ss);
    static void LoadPointerDs(CpuState* s, Op* op) => LoadPointer(s, op, SegmentRegister.Ds);
    static void LoadPointerFs(CpuState* s, Op* op) => LoadPointer(s, op, SegmentRegister.Fs);
    static void LoadPointerGs(CpuState* s, Op* op) => LoadPointer(s, op, SegmentRegister.Gs);
}
