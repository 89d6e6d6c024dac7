using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Memory operands: the one place of the translator where the form of an access is decided, as <see cref="LinearMemory"/> is the interpreter's.</summary>
sealed unsafe partial class BlockTranslator
{
    const int Esp = HostRegister.GuestEsp, Place = HostRegister.Address;

    static int Base(Op* op) => op->Base == Reg.None ? -1 : HostRegister.Of(op->Base);

    static int Index(Op* op) => op->Index == Reg.None ? -1 : HostRegister.Of(op->Index);

    // The offset of the memory operand, as lea gives it.
    void EmitOffset(Op* op, int size, int to)
    {
        if (op->Base == Reg.None && op->Index == Reg.None)
            EmitConstant(size, to, op->Displacement);
        else
            emit.Memory(size, 0x8D, to, Base(op), Index(op), op->Scale, (int)op->Displacement);
    }

    void EmitConstant(int size, int to, uint value)
    {
        if (size == 4)
        {
            emit.MoveConstant(to, value);
            return;
        }
        emit.Registers(size, size == 1 ? 0xC6 : 0xC7, 0, to);
        emit.Constant(size, (int)value);
    }

    // Makes the memory operand reachable by EmitAccess. Destroys the host's flags, unless it is direct or in a run.
    void EmitOperand(Op* op, int size, bool write)
    {
        if (direct && !HasBase(op))
        {
            SetDirect(Base(op), Index(op), op->Scale, (int)op->Displacement);
            return;
        }
        if (op->Base != Reg.None && op->Index == Reg.None && !HasBase(op) && TryJoinRun(op, HostRegister.Of(op->Base), (int)op->Displacement, size, write))
            return;
        KeepFlags();
        EmitLinear(op, write);
        if (direct)
        {
            SetDirect(Place, -1, 0, 0);
            flagsNative = false;
            return;
        }
        EmitCheck(size, write);
    }

    // Of the segments only these two can have a base.
    static bool HasBase(Op* op) => op->Segment is (byte)SegmentRegister.Fs or (byte)SegmentRegister.Gs;

    void EmitLinear(Op* op, bool write)
    {
        EmitOffset(op, 4, Place);
        if (!HasBase(op))
            return;
        emit.Memory(1, 0x80, 7, HostRegister.State, StateLayout.SegmentFlat(op->Segment, write));
        emit.Byte(0);
        Miss(Emitter.Equal);
        emit.Memory(4, 0x03, Place, HostRegister.State, StateLayout.SegmentBase(op->Segment));
    }

    // Whether the window shows the page that the linear address is on: one compare, of the last byte's page, so that an access that crosses into the next page goes the long way.
    // Nothing of it stands between the address and the access, whose way is as long as the guest's own.
    void EmitCheck(int size, bool write)
    {
        const int page = HostRegister.Temp, tag = HostRegister.Temp2;
        if (size == 1)
            emit.Move(page, Place);
        else
            emit.Memory(4, 0x8D, page, Place, size - 1);
        emit.Move(tag, Place);
        slowAccesses.Add(new SlowAccess { Site = EmitTagCheck(page, tag, write), Resume = emit.Offset, Write = write });
        missRecipe = flagsSaved ? default : recipe;
        flagsNative = false;
        operand = new Operand { Base = Place };
    }

    // With the address of the last byte in one register and that of the first in the other: a jump that is taken when the window does not show their page, or they have none in common.
    int EmitTagCheck(int page, int tag, bool write)
    {
        emit.Registers(4, 0xC1, 5, tag);
        emit.Byte(9);
        emit.ArithmeticConstant(4, 4, page, ~0xFFF);
        emit.ArithmeticConstant(4, 4, tag, (Tlb.Size - 1) * sizeof(WindowTag));
        emit.Memory(4, 0x3B, page, HostRegister.Tags, tag, 0, write ? sizeof(uint) : 0);
        return emit.JumpIfForward(Emitter.NotEqual);
    }

    // An instruction of the host's with a register (or an extension of the opcode) and the memory operand that EmitOperand or EmitCheck has made reachable: nothing else may be done with its place.
    // A locked instruction is one for the host, too: device threads watch memory, and must see its stores and loads in order.
    void EmitAccess(int size, int opcode, int register, int mandatoryPrefix = 0)
    {
        if (operand.IsDirect)
            NoteDirectAccess(emit.Offset);
        if (locked)
            emit.Byte(0xF0);
        if (mandatoryPrefix != 0)
            emit.Byte(mandatoryPrefix);
        if (operand.IsDirect)
            EmitDirectAccess(size, opcode, register);
        else
            emit.Memory(size, opcode, register, HostRegister.Window, operand.Base, 0, operand.Displacement);
    }

    // Leaves the instruction to the interpreter when the condition holds. Nothing of it may have been done; flags are saved.
    void Miss(int condition) => AddMiss(emit.JumpIfForward(condition));

    // The flags are where they are now at all of an instruction's misses.
    void AddMiss(int site)
    {
        misses.Add(site);
        missRecipe = flagsSaved ? default : recipe;
    }

    // ah to bh can't be named beside a register above 7: they change places with al to bl for one instruction, which keeps flags.
    int TakeByte(int offset)
    {
        if ((offset & 1) != 0)
            emit.Registers(1, 0x86, offset >> 2, HostRegister.OfByte(offset));
        return offset >> 2;
    }

    void ReturnByte(int offset) => TakeByte(offset);

    // An instruction with a register operand (of 1 to 4 bytes) and the memory operand made by EmitOperand.
    void EmitAtOperand(int size, int opcode, int register)
    {
        if (size != 1)
        {
            EmitAccess(size, opcode, HostRegister.Of(register));
            return;
        }
        // The exchange must not move the operand.
        bool exchanges = (register & 1) != 0;
        if (exchanges && operand.IsDirect && (operand.Base == register >> 2 || operand.Index == register >> 2))
        {
            emit.Memory(4, 0x8D, Place, operand.Base, operand.Index, operand.Scale, operand.Displacement);
            SetDirect(Place, -1, 0, 0);
        }
        else if (exchanges && operand.Base == register >> 2)
        {
            emit.Memory(4, 0x8D, Place, operand.Base, operand.Displacement);
            operand = new Operand { Base = Place };
        }
        int low = TakeByte(register);
        exchanged = exchanges ? register : -1;
        EmitAccess(1, opcode, low);
        exchanged = -1;
        ReturnByte(register);
    }

    static int RegisterOf(int size, int register) => size == 1 ? HostRegister.OfByte(register) : HostRegister.Of(register);
}
