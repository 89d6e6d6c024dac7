using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Segmentation;

/// <summary>The registers of the descriptor tables and of the task, and the instructions that ask about descriptors.</summary>
public static unsafe class DescriptorTableInstructions
{
    const InstructionTraits SystemLoad = InstructionTraits.Privileged | InstructionTraits.ProtectedOnly;

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        table.Add(new(0x0F00, "sldt", OperandForm.ModRM)
        {
            Digit = 0, Traits = InstructionTraits.ProtectedOnly, Register = &StoreLdtRegister, Register16 = &StoreLdtRegister16, Memory = &StoreLdtMemory,
        });
        table.Add(new(0x0F00, "str", OperandForm.ModRM)
        {
            Digit = 1, Traits = InstructionTraits.ProtectedOnly, Register = &StoreTaskRegister, Register16 = &StoreTaskRegister16, Memory = &StoreTaskMemory,
        });
        table.Add(new(0x0F00, "lldt", OperandForm.ModRM) { Digit = 2, Traits = SystemLoad, Register = &LoadLdt });
        table.Add(new(0x0F00, "ltr", OperandForm.ModRM) { Digit = 3, Traits = SystemLoad, Register = &LoadTask });
        table.Add(new(0x0F00, "verr", OperandForm.ModRM) { Digit = 4, Traits = InstructionTraits.ProtectedOnly, Writes = EflagsBits.Zero, Register = &VerifyRead });
        table.Add(new(0x0F00, "verw", OperandForm.ModRM) { Digit = 5, Traits = InstructionTraits.ProtectedOnly, Writes = EflagsBits.Zero, Register = &VerifyWrite });

        table.Add(new(0x0F01, "sgdt", OperandForm.ModRM) { Digit = 0, Traits = InstructionTraits.MemoryOnly, Register = &StoreGdt });
        table.Add(new(0x0F01, "sidt", OperandForm.ModRM) { Digit = 1, Traits = InstructionTraits.MemoryOnly, Register = &StoreIdt });
        table.Add(new(0x0F01, "lgdt", OperandForm.ModRM) { Digit = 2, Traits = InstructionTraits.MemoryOnly | InstructionTraits.Privileged, Register = &LoadGdt });
        table.Add(new(0x0F01, "lidt", OperandForm.ModRM) { Digit = 3, Traits = InstructionTraits.MemoryOnly | InstructionTraits.Privileged, Register = &LoadIdt });

        table.Add(new(0x0F02, "lar", OperandForm.ModRM) { Traits = InstructionTraits.ProtectedOnly, Writes = EflagsBits.Zero, Register = &LoadAccessRights });
        table.Add(new(0x0F03, "lsl", OperandForm.ModRM) { Traits = InstructionTraits.ProtectedOnly, Writes = EflagsBits.Zero, Register = &LoadSegmentLimit });
        table.Add(new(0x63, "arpl", OperandForm.ModRM) { Traits = InstructionTraits.ProtectedOnly, Writes = EflagsBits.Zero, Register = &AdjustRplRegister, Memory = &AdjustRplMemory });
    }

    static bool IsWord(Op* op) => (op->Flags & OpFlags.Operand16) != 0;

    static ushort Selectee(CpuState* s, Op* op) =>
        (op->Flags & OpFlags.Memory) != 0 ? Operand.Load<ushort>(s, op) : (ushort)s->R[op->Rm];

    static void StoreLdtRegister(CpuState* s, Op* op) => s->R[op->Rm] = s->Ldtr.Selector;
    static void StoreLdtRegister16(CpuState* s, Op* op) => Operand.Set<ushort>(s, op->Rm, s->Ldtr.Selector);
    static void StoreLdtMemory(CpuState* s, Op* op) => Operand.Store(s, op, s->Ldtr.Selector);
    static void StoreTaskRegister(CpuState* s, Op* op) => s->R[op->Rm] = s->Tr.Selector;
    static void StoreTaskRegister16(CpuState* s, Op* op) => Operand.Set<ushort>(s, op->Rm, s->Tr.Selector);
    static void StoreTaskMemory(CpuState* s, Op* op) => Operand.Store(s, op, s->Tr.Selector);

    static void LoadLdt(CpuState* s, Op* op) => LoadLdt(s, Selectee(s, op), FaultVector.GeneralProtection);

    /// <summary>Loads LDTR; a wrong selector raises <paramref name="vector"/>.</summary>
    internal static void LoadLdt(CpuState* s, ushort selector, byte vector)
    {
        if (Selector.IsNull(selector))
        {
            s->Ldtr = Segment.Null(selector);
            return;
        }
        if (Selector.IsLocal(selector))
            throw Selector.Fault(vector, selector);
        Descriptor descriptor = DescriptorTables.Read(s, selector, vector);
        if (descriptor.Type != DescriptorType.Ldt)
            throw Selector.Fault(vector, selector);
        if (!descriptor.Present)
            throw Selector.Fault(vector == FaultVector.InvalidTss ? vector : FaultVector.NotPresent, selector);
        s->Ldtr = Segment.FromDescriptor(selector, descriptor.Value);
    }

    static void LoadTask(CpuState* s, Op* op)
    {
        ushort selector = Selectee(s, op);
        if (Selector.IsNull(selector) || Selector.IsLocal(selector))
            throw Selector.Fault(FaultVector.GeneralProtection, selector);
        Descriptor descriptor = DescriptorTables.Read(s, selector);
        if (!descriptor.IsAvailableTss)
            throw Selector.Fault(FaultVector.GeneralProtection, selector);
        if (!descriptor.Present)
            throw Selector.Fault(FaultVector.NotPresent, selector);
        DescriptorTables.WriteHigh(s, selector, descriptor.Busy);
        s->Tr = Segment.FromDescriptor(selector, descriptor.Busy.Value);
    }

    static void StoreGdt(CpuState* s, Op* op) => StoreTable(s, op, s->GdtBase, s->GdtLimit);

    static void StoreIdt(CpuState* s, Op* op) => StoreTable(s, op, s->IdtBase, s->IdtLimit);

    static void StoreTable(CpuState* s, Op* op, uint tableBase, uint limit)
    {
        uint address = Operand.WriteAddress(s, op->Segment, Operand.Offset(s, op), 6);
        LinearMemory.ProbeWrite(s, address, 6);
        LinearMemory.Write(s, address, (ushort)limit);
        LinearMemory.Write(s, address + 2, tableBase);
    }

    static void LoadGdt(CpuState* s, Op* op) => (s->GdtBase, s->GdtLimit) = ReadTable(s, op);

    static void LoadIdt(CpuState* s, Op* op) => (s->IdtBase, s->IdtLimit) = ReadTable(s, op);

    static (uint Base, uint Limit) ReadTable(CpuState* s, Op* op)
    {
        uint address = Operand.ReadAddress(s, op->Segment, Operand.Offset(s, op), 6);
        ushort limit = LinearMemory.Read<ushort>(s, address);
        uint tableBase = LinearMemory.Read<uint>(s, address + 2);
        return (IsWord(op) ? tableBase & 0xFFFFFF : tableBase, limit);
    }

    static void SetZero(CpuState* s, bool zero) =>
        s->SetArithmeticFlags(zero ? s->Eflags | EflagsBits.Zero : s->Eflags & ~EflagsBits.Zero);

    static void VerifyRead(CpuState* s, Op* op) =>
        SetZero(s, IsVisible(s, Selectee(s, op), out Descriptor descriptor) && descriptor.IsReadable);

    static void VerifyWrite(CpuState* s, Op* op) =>
        SetZero(s, IsVisible(s, Selectee(s, op), out Descriptor descriptor) && descriptor.IsWritableData);

    static void LoadAccessRights(CpuState* s, Op* op)
    {
        bool valid = IsVisible(s, Selectee(s, op), out Descriptor descriptor)
            && (descriptor.IsCodeOrData || descriptor.Type is DescriptorType.AvailableTss16 or DescriptorType.Ldt or DescriptorType.BusyTss16
                or DescriptorType.CallGate16 or DescriptorType.TaskGate or DescriptorType.AvailableTss32 or DescriptorType.BusyTss32 or DescriptorType.CallGate32);
        // The manual leaves the limit's bits out of the answer, processors do not.
        Answer(s, op, valid, descriptor.High & 0x00FFFF00);
    }

    static void LoadSegmentLimit(CpuState* s, Op* op)
    {
        bool valid = IsVisible(s, Selectee(s, op), out Descriptor descriptor)
            && (descriptor.IsCodeOrData || descriptor.Type is DescriptorType.Ldt || descriptor.IsAvailableTss || descriptor.IsBusyTss);
        Answer(s, op, valid, descriptor.Limit);
    }

    static void Answer(CpuState* s, Op* op, bool valid, uint value)
    {
        SetZero(s, valid);
        if (!valid)
            return;
        if (IsWord(op))
            Operand.Set<ushort>(s, op->Register, (ushort)value);
        else
            s->R[op->Register] = value;
    }

    // The descriptor exists and its privilege lets this program know of it (Intel SDM vol. 3, 5.10.3).
    static bool IsVisible(CpuState* s, ushort selector, out Descriptor descriptor)
    {
        descriptor = default;
        return !Selector.IsNull(selector)
            && DescriptorTables.TryRead(s, selector, out descriptor)
            && (descriptor.IsConforming || (descriptor.Dpl >= s->Cpl && descriptor.Dpl >= Selector.Rpl(selector)));
    }

    static void AdjustRplRegister(CpuState* s, Op* op)
    {
        bool adjusted = AdjustRpl(s, op, (ushort)s->R[op->Rm], out ushort result);
        Operand.Set<ushort>(s, op->Rm, result);
        SetZero(s, adjusted);
    }

    static void AdjustRplMemory(CpuState* s, Op* op)
    {
        // A selector that needs no adjusting is only read: it may lie in read-only memory.
        bool adjusted = AdjustRpl(s, op, Operand.Load<ushort>(s, op), out ushort result);
        if (adjusted)
            Operand.Store(s, op, result);
        SetZero(s, adjusted);
    }

    static bool AdjustRpl(CpuState* s, Op* op, ushort selector, out ushort result)
    {
        int least = Selector.Rpl((ushort)s->R[op->Register]);
        bool lower = Selector.Rpl(selector) < least;
        result = lower ? Selector.WithRpl(selector, least) : selector;
        return lower;
    }
}
