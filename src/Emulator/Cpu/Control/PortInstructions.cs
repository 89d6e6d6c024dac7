using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Control;

/// <summary>in, out, ins and outs.</summary>
/// <remarks>All end their block: what a port does may take time, raise an interrupt or end the run.</remarks>
public static unsafe class PortInstructions
{
    const InstructionTraits StringTraits = InstructionTraits.Branch | InstructionTraits.Repeats;

    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        const InstructionTraits Ends = InstructionTraits.EndsBlock;
        table.Add(new(0xE4, "in", OperandForm.Imm8) { Traits = Ends, Register = &InByteImmediate });
        table.Add(new(0xE5, "in", OperandForm.Imm8) { Traits = Ends, Register = &InDwordImmediate, Register16 = &InWordImmediate });
        table.Add(new(0xE6, "out", OperandForm.Imm8) { Traits = Ends, Register = &OutByteImmediate });
        table.Add(new(0xE7, "out", OperandForm.Imm8) { Traits = Ends, Register = &OutDwordImmediate, Register16 = &OutWordImmediate });
        table.Add(new(0xEC, "in", OperandForm.None) { Traits = Ends, Register = &InByte });
        table.Add(new(0xED, "in", OperandForm.None) { Traits = Ends, Register = &InDword, Register16 = &InWord });
        table.Add(new(0xEE, "out", OperandForm.None) { Traits = Ends, Register = &OutByte });
        table.Add(new(0xEF, "out", OperandForm.None) { Traits = Ends, Register = &OutDword, Register16 = &OutWord });
        table.Add(new(0x6C, "ins", OperandForm.None) { Traits = StringTraits, Register = &InString<byte> });
        table.Add(new(0x6D, "ins", OperandForm.None) { Traits = StringTraits, Register = &InString<uint>, Register16 = &InString<ushort> });
        table.Add(new(0x6E, "outs", OperandForm.None) { Traits = StringTraits, Register = &OutString<byte> });
        table.Add(new(0x6F, "outs", OperandForm.None) { Traits = StringTraits, Register = &OutString<uint>, Register16 = &OutString<ushort> });
    }

    static ushort ImmediatePort(Op* op) => (byte)op->Immediate;

    static ushort Dx(CpuState* s) => (ushort)s->R[Reg.Edx];

    static void InByteImmediate(CpuState* s, Op* op) => In(s, op, ImmediatePort(op), 1);
    static void InWordImmediate(CpuState* s, Op* op) => In(s, op, ImmediatePort(op), 2);
    static void InDwordImmediate(CpuState* s, Op* op) => In(s, op, ImmediatePort(op), 4);
    static void InByte(CpuState* s, Op* op) => In(s, op, Dx(s), 1);
    static void InWord(CpuState* s, Op* op) => In(s, op, Dx(s), 2);
    static void InDword(CpuState* s, Op* op) => In(s, op, Dx(s), 4);
    static void OutByteImmediate(CpuState* s, Op* op) => Out(s, op, ImmediatePort(op), 1);
    static void OutWordImmediate(CpuState* s, Op* op) => Out(s, op, ImmediatePort(op), 2);
    static void OutDwordImmediate(CpuState* s, Op* op) => Out(s, op, ImmediatePort(op), 4);
    static void OutByte(CpuState* s, Op* op) => Out(s, op, Dx(s), 1);
    static void OutWord(CpuState* s, Op* op) => Out(s, op, Dx(s), 2);
    static void OutDword(CpuState* s, Op* op) => Out(s, op, Dx(s), 4);

    // The bits of eax that an access of 1, 2 or 4 bytes concerns.
    static uint Mask(int size) => uint.MaxValue >> (32 - (size * 8));

    static void In(CpuState* s, Op* op, ushort port, int size)
    {
        PortPermission.Check(s, port, size);
        uint mask = Mask(size);
        uint value = Read(s, op, port, size) & mask;
        s->R[Reg.Eax] = (s->R[Reg.Eax] & ~mask) | value;
    }

    static void Out(CpuState* s, Op* op, ushort port, int size)
    {
        PortPermission.Check(s, port, size);
        Write(s, op, port, size, s->R[Reg.Eax] & Mask(size));
    }

    // Owners see the state as it is before the instruction.
    static uint Read(CpuState* s, Op* op, ushort port, int size)
    {
        s->Eip = InstructionEip(s, op);
        Processor cpu = s->Processor;
        return cpu.Owner.ReadPort(cpu, port, size);
    }

    static void Write(CpuState* s, Op* op, ushort port, int size, uint value)
    {
        s->Eip = InstructionEip(s, op);
        Processor cpu = s->Processor;
        cpu.Owner.WritePort(cpu, port, size, value);
    }

    static uint InstructionEip(CpuState* s, Op* op) => s->BlockEip + op->Offset;

    static void InString<T>(CpuState* s, Op* op) where T : unmanaged
    {
        PortPermission.Check(s, Dx(s), sizeof(T));
        if (!HasWork(s, op))
            return;
        do
        {
            uint address = Operand.WriteAddress(s, (int)SegmentRegister.Es, s->R[Reg.Edi] & op->AddressMask, (uint)sizeof(T));
            LinearMemory.ProbeWrite(s, address, (uint)sizeof(T));   // a port that was read can't be read again
            uint value = Read(s, op, Dx(s), sizeof(T));
            LinearMemory.Write(s, address, *(T*)&value);
            Advance(s, op, Reg.Edi, sizeof(T));
        }
        while (Repeats(s, op));
    }

    static void OutString<T>(CpuState* s, Op* op) where T : unmanaged
    {
        PortPermission.Check(s, Dx(s), sizeof(T));
        if (!HasWork(s, op))
            return;
        do
        {
            uint value = 0;
            uint address = Operand.ReadAddress(s, op->Segment, s->R[Reg.Esi] & op->AddressMask, (uint)sizeof(T));
            *(T*)&value = LinearMemory.Read<T>(s, address);
            Write(s, op, Dx(s), sizeof(T), value);
            Advance(s, op, Reg.Esi, sizeof(T));
        }
        while (Repeats(s, op));
    }

    static bool IsRepeated(Op* op) => (op->Flags & (OpFlags.Repeat | OpFlags.RepeatNotEqual)) != 0;

    static bool HasWork(CpuState* s, Op* op)
    {
        if (!IsRepeated(op) || (s->R[Reg.Ecx] & op->AddressMask) != 0)
            return true;
        s->Eip = Operand.NextEip(s, op);
        return false;
    }

    static void Advance(CpuState* s, Op* op, int index, int size)
    {
        uint step = (s->OtherFlags & EflagsBits.Direction) != 0 ? (uint)-size : (uint)size;
        Add(s, op, index, step);
        if (IsRepeated(op))
            Add(s, op, Reg.Ecx, uint.MaxValue);
    }

    static void Add(CpuState* s, Op* op, int register, uint amount) =>
        s->R[register] = (s->R[register] & ~op->AddressMask) | ((s->R[register] + amount) & op->AddressMask);

    // Sets eip to what comes next: the same instruction again when something waits that must not wait for a long transfer.
    static bool Repeats(CpuState* s, Op* op)
    {
        bool more = IsRepeated(op) && (s->R[Reg.Ecx] & op->AddressMask) != 0;
        if (more && s->Request == 0 && s->PendingDebug == 0)
            return true;
        s->Eip = more ? InstructionEip(s, op) : Operand.NextEip(s, op);
        return false;
    }
}
