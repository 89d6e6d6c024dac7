using LguestPS.Emulator.Cpu.Decode;
using LguestPS.Emulator.Cpu.Interpret;
using LguestPS.Emulator.Cpu.Interrupts;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Control;

/// <summary>in, out, ins and outs.</summary>
/// <remarks>All end their block: what a port does may take time, raise an interrupt or end the run.</remarks>
public static unsafe class PortInstructions
{
    /// <summary>Enters the instructions.</summary>
    public static void Define(InstructionTable table)
    {
        const InstructionTraits Ends = InstructionTraits.EndsBlock | InstructionTraits.Branch;
        table.Add(new(0xE4, "in", OperandForm.Imm8) { Traits = Ends, Register = &InByteImmediate });
        table.Add(new(0xE5, "in", OperandForm.Imm8) { Traits = Ends, Register = &InDwordImmediate, Register16 = &InWordImmediate });
        table.Add(new(0xE6, "out", OperandForm.Imm8) { Traits = Ends, Register = &OutByteImmediate });
        table.Add(new(0xE7, "out", OperandForm.Imm8) { Traits = Ends, Register = &OutDwordImmediate, Register16 = &OutWordImmediate });
        table.Add(new(0xEC, "in", OperandForm.None) { Traits = Ends, Register = &InByte });
        table.Add(new(0xED, "in", OperandForm.None) { Traits = Ends, Register = &InDword, Register16 = &InWord });
        table.Add(new(0xEE, "out", OperandForm.None) { Traits = Ends, Register = &OutByte });
        table.Add(new(0xEF, "out", OperandForm.None) { Traits = Ends, Register = &OutDword, Register16 = &OutWord });
        const InstructionTraits String = InstructionTraits.EndsBlock | InstructionTraits.Repeats;
        table.Add(new(0x6C, "ins", OperandForm.None) { Traits = String, Register = &InOnce<byte>, Repeated = &InRepeated<byte> });
        table.Add(new(0x6D, "ins", OperandForm.None)
        {
            Traits = String, Register = &InOnce<uint>, Register16 = &InOnce<ushort>, Repeated = &InRepeated<uint>, Repeated16 = &InRepeated<ushort>,
        });
        table.Add(new(0x6E, "outs", OperandForm.None) { Traits = String, Register = &OutOnce<byte>, Repeated = &OutRepeated<byte> });
        table.Add(new(0x6F, "outs", OperandForm.None)
        {
            Traits = String, Register = &OutOnce<uint>, Register16 = &OutOnce<ushort>, Repeated = &OutRepeated<uint>, Repeated16 = &OutRepeated<ushort>,
        });
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
        if (!PortPermission.Allows(s, port, size))
        {
            Refuse(s, op);
            return;
        }
        uint mask = Mask(size);
        uint value = Read(s, op, port, size) & mask;
        s->R[Reg.Eax] = (s->R[Reg.Eax] & ~mask) | value;
        s->Eip = Operand.NextEip(s, op);
    }

    static void Out(CpuState* s, Op* op, ushort port, int size)
    {
        if (!PortPermission.Allows(s, port, size))
        {
            Refuse(s, op);
            return;
        }
        Write(s, op, port, size, s->R[Reg.Eax] & Mask(size));
        s->Eip = Operand.NextEip(s, op);
    }

    // #GP(0) without an exception of .NET's, which costs microseconds: an lguest guest boots with tens of thousands of them.
    static void Refuse(CpuState* s, Op* op)
    {
        s->Eip = InstructionEip(s, op);
        s->Retired--;
        EventDelivery.Raise(s, CpuFault.GeneralProtection(0));
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

    static void InOnce<T>(CpuState* s, Op* op) where T : unmanaged
    {
        PortPermission.Check(s, Dx(s), sizeof(T));
        uint address = Operand.WriteAddress(s, (int)SegmentRegister.Es, s->R[Reg.Edi] & op->AddressMask, (uint)sizeof(T));
        LinearMemory.ProbeWrite(s, address, (uint)sizeof(T));   // a port that was read can't be read again
        Operand.WriteAt<T>(s, address, Read(s, op, Dx(s), sizeof(T)));
        Advance<T>(s, op, Reg.Edi);
    }

    static void OutOnce<T>(CpuState* s, Op* op) where T : unmanaged
    {
        PortPermission.Check(s, Dx(s), sizeof(T));
        uint value = Operand.ReadAt<T>(s, Operand.ReadAddress(s, op->Segment, s->R[Reg.Esi] & op->AddressMask, (uint)sizeof(T)));
        Write(s, op, Dx(s), sizeof(T), value);
        Advance<T>(s, op, Reg.Esi);
    }

    static void InRepeated<T>(CpuState* s, Op* op) where T : unmanaged => Repeat<T>(s, op, &InOnce<T>);

    static void OutRepeated<T>(CpuState* s, Op* op) where T : unmanaged => Repeat<T>(s, op, &OutOnce<T>);

    static void Advance<T>(CpuState* s, Op* op, int register) where T : unmanaged =>
        Add(s, op, register, (s->OtherFlags & EflagsBits.Direction) != 0 ? (uint)-sizeof(T) : (uint)sizeof(T));

    static void Add(CpuState* s, Op* op, int register, uint amount) =>
        s->R[register] = (s->R[register] & ~op->AddressMask) | ((s->R[register] + amount) & op->AddressMask);

    // Leaves eip at the instruction when something waits that must not wait for a long transfer.
    static void Repeat<T>(CpuState* s, Op* op, delegate*<CpuState*, Op*, void> once) where T : unmanaged
    {
        PortPermission.Check(s, Dx(s), sizeof(T));   // with a count of 0 too
        while ((s->R[Reg.Ecx] & op->AddressMask) != 0)
        {
            once(s, op);
            Add(s, op, Reg.Ecx, uint.MaxValue);
            if ((s->R[Reg.Ecx] & op->AddressMask) != 0 && (s->Request != 0 || s->PendingDebug != 0))
            {
                s->Eip = InstructionEip(s, op);
                return;
            }
        }
        s->Eip = Operand.NextEip(s, op);
    }
}
