using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>What systems do often and that changes nothing of the mode: pushf, cli, reading segment registers.</summary>
sealed unsafe partial class BlockTranslator
{
    // Not in virtual-8086 mode, where the I/O privilege level would matter: such code is not translated.
    void EmitPushFlags(Op* op)
    {
        const int flags = HostRegister.Temp, overflow = HostRegister.Temp2;
        SaveFlags();
        flagsNative = false;
        emit.Memory(4, 0x8B, flags, HostRegister.State, StateLayout.Flags);
        emit.Registers(4, 0xC1, 5, flags);
        emit.Byte(HostFlags.CarryBit);
        emit.ArithmeticConstant(4, 4, flags, (int)(EflagsBits.Arithmetic & 0xFF));
        emit.Memory(4, 0x8B, overflow, HostRegister.State, StateLayout.Flags);
        emit.ArithmeticConstant(4, 4, overflow, 1);
        emit.Registers(4, 0xC1, 4, overflow);
        emit.Byte(11);
        emit.Registers(4, 0x0B, flags, overflow);
        emit.Memory(4, 0x0B, flags, HostRegister.State, StateLayout.OtherFlags);
        emit.ArithmeticConstant(4, 1, flags, 2);
        emit.ArithmeticConstant(4, 4, flags, unchecked((int)~(EflagsBits.Virtual8086 | EflagsBits.Resume)));
        EmitPushValue(op);
    }

    // Pushes what is in the first temporary, which waits in the state: the access needs it.
    void EmitPushValue(Op* op)
    {
        emit.Memory(4, 0x89, HostRegister.Temp, HostRegister.State, StateLayout.Scratch);
        EmitPushRoom(op);
        emit.Memory(4, 0x8B, HostRegister.Temp, HostRegister.State, StateLayout.Scratch);
        EmitAccess(4, 0x89, HostRegister.Temp);
        EmitMoveStack(-4);
    }

    void EmitPushSegment(Op* op, SegmentRegister segment)
    {
        EmitSelector(segment);
        EmitPushValue(op);
    }

    void EmitStoreSegment(int size, Op* op)
    {
        var segment = (SegmentRegister)op->Register;
        if ((op->Flags & OpFlags.Memory) == 0)
        {
            EmitSelector(segment);
            emit.Move(HostRegister.Of(op->Rm), HostRegister.Temp, size);
            return;
        }
        EmitOperand(op, 2, write: true);
        EmitSelector(segment);
        EmitAccess(2, 0x89, HostRegister.Temp);
    }

    void EmitSelector(SegmentRegister segment) => emit.Memory(4, 0xFB7, HostRegister.Temp, HostRegister.State, StateLayout.SegmentSelector((int)segment));

    // cli; the fault of one who may not is the interpreter's.
    void EmitClearInterrupt()
    {
        const int less = 12;
        GiveUpNativeFlags();
        emit.Memory(4, 0x8B, HostRegister.Temp, HostRegister.State, StateLayout.OtherFlags);
        emit.Registers(4, 0xC1, 5, HostRegister.Temp);
        emit.Byte(12);
        emit.ArithmeticConstant(4, 4, HostRegister.Temp, 3);
        emit.Memory(4, 0x3B, HostRegister.Temp, HostRegister.State, StateLayout.Cpl);
        Miss(less);
        emit.Memory(4, 0x81, 4, HostRegister.State, StateLayout.OtherFlags);
        emit.Int32(unchecked((int)~EflagsBits.Interrupt));
    }
}
