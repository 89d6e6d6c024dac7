using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Which instructions have machine code of their own, by opcode (Intel SDM vol. 2, appendix A).</summary>
sealed unsafe partial class BlockTranslator
{
    // False, with nothing written: the interpreter has to run it.
    bool TryEmit(Op* op)
    {
        if (op->Length == 0 || (op->Flags & (OpFlags.Invalid | OpFlags.Address16)) != 0)
            return false;
        // Only reads may go through CS, and few do.
        if ((op->Flags & OpFlags.Memory) != 0 && op->Segment == (byte)SegmentRegister.Cs)
            return false;
        int opcode = op->Opcode >> 8, digit = (op->Opcode >> 3) & 7;
        int wide = (op->Flags & OpFlags.Operand16) != 0 ? 2 : 4;
        return (op->Flags & OpFlags.TwoByte) != 0 ? TryEmitTwoByte(opcode, digit, wide, op) : TryEmitOneByte(opcode, digit, wide, op);
    }

    bool TryEmitOneByte(int opcode, int digit, int wide, Op* op)
    {
        int size = (opcode & 1) == 0 ? 1 : wide;
        switch (opcode)
        {
            case 0x06 or 0x0E or 0x16 or 0x1E when wide == 4:
                EmitPushSegment(op, (SegmentRegister)(opcode >> 3));
                return true;
            case < 0x40 when (opcode & 7) < 4:
                EmitBinary(opcode >> 3, size, op, toRegister: (opcode & 2) != 0);
                return true;
            case < 0x40 when (opcode & 7) < 6:
                EmitBinaryImmediate(opcode >> 3, size, HostRegister.Rax, op->Immediate);
                return true;
            case >= 0x40 and < 0x50:
                EmitStepRegister(wide, (opcode >> 3) & 1, HostRegister.Of(op->Register), op);
                return true;
            case >= 0x50 and < 0x58 when wide == 4:
                EmitPush(op, op->Register);
                return true;
            case >= 0x58 and < 0x60 when wide == 4:
                EmitPop(op, op->Register);
                return true;
            case 0x68 or 0x6A when wide == 4:
                EmitPushConstant(op, op->Immediate);
                return true;
            case 0x69 or 0x6B:
                EmitMultiply(wide, op, immediate: true);
                return true;
            case >= 0x70 and < 0x80 when wide == 4:
                EmitJumpIf(opcode & 15, op);
                return true;
            case >= 0x80 and < 0x84:
                EmitBinaryImmediate(digit, size, op);
                return true;
            case 0x84 or 0x85:
                EmitTest(size, op);
                return true;
            case 0x86 or 0x87:
                EmitExchange(size, op);
                return true;
            case >= 0x88 and < 0x8C:
                EmitMove(size, op, toRegister: (opcode & 2) != 0);
                return true;
            case 0x8C when op->Register <= (byte)SegmentRegister.Gs:
                EmitStoreSegment(wide, op);
                return true;
            case 0x8D:
                EmitOffset(op, wide, HostRegister.Of(op->Register));
                return true;
            case >= 0x90 and < 0x98:
                if (op->Register != Reg.Eax)
                    emit.Registers(wide, 0x87, HostRegister.Rax, HostRegister.Of(op->Register));
                return true;
            case 0x98 or 0x99:
                if (wide == 2)
                    emit.Byte(0x66);
                emit.Byte(opcode);
                return true;
            case 0x9B or (>= 0xD8 and <= 0xDF):
                return TryEmitX87(opcode, digit, op);
            case 0x9C when wide == 4:
                EmitPushFlags(op);
                return true;
            case 0x9E or 0x9F:
                LoadFlags();
                emit.Byte(opcode);
                if (opcode == 0x9E)
                    FlagsAreNative();
                return true;
            // The accumulator's register number is 0 in both widths.
            case >= 0xA0 and < 0xA4:
                EmitMove(size, op, toRegister: (opcode & 2) == 0);
                return true;
            case (>= 0xA4 and <= 0xA7) or (>= 0xAA and <= 0xAF):
                return TryEmitString(opcode, size, op);
            case 0xA8 or 0xA9:
                EmitTestAccumulator(size, op->Immediate);
                return true;
            case >= 0xB0 and < 0xB8:
                EmitConstant(1, HostRegister.OfByte(op->Register), op->Immediate);
                return true;
            case >= 0xB8 and < 0xC0:
                EmitConstant(wide, HostRegister.Of(op->Register), op->Immediate);
                return true;
            case 0xC0 or 0xC1 or (>= 0xD0 and < 0xD4):
                return TryEmitShift(opcode, size, digit, op);
            case 0xC2 or 0xC3 when wide == 4:
                EmitReturn(op);
                return true;
            case 0xC6 or 0xC7:
                EmitMoveImmediate(size, op);
                return true;
            case 0xC9 when wide == 4:
                EmitLeaveFrame(op);
                return true;
            case 0xE2 or 0xE3 when wide == 4:
                EmitCountJump(op, counts: opcode == 0xE2);
                return true;
            case 0xE8 when wide == 4:
                EmitCall(op);
                return true;
            case 0xE9 or 0xEB when wide == 4:
                EmitJumpTo(Target(op));
                return true;
            case 0xF5 or 0xF8 or 0xF9:
                LoadFlags();
                emit.Byte(opcode);
                FlagsAreNative();
                return true;
            case 0xF6 or 0xF7:
                return TryEmitGroup3(size, digit, op);
            case 0xFA:
                EmitClearInterrupt();
                return true;
            case 0xFC or 0xFD:
                EmitDirection(down: opcode == 0xFD);
                return true;
            case 0xFE or 0xFF when digit < 2:
                EmitStep(size, digit, op);
                return true;
            case 0xFF when wide == 4 && digit is 2 or 4:
                EmitIndirect(op, call: digit == 2);
                return true;
            case 0xFF when wide == 4 && digit == 6 && (op->Flags & OpFlags.Memory) != 0:
                EmitPushMemory(op);
                return true;
            default:
                return false;
        }
    }

    bool TryEmitTwoByte(int opcode, int digit, int wide, Op* op)
    {
        switch (opcode)
        {
            case 0x0D or (>= 0x18 and <= 0x1F):
                return true;   // nop with operands
            case >= 0x40 and < 0x50:
                EmitMoveIf(wide, opcode, op);
                return true;
            case >= 0x80 and < 0x90 when wide == 4:
                EmitJumpIf(opcode & 15, op);
                return true;
            case >= 0x90 and < 0xA0:
                EmitSetIf(opcode, op);
                return true;
            case 0xA0 or 0xA8 when wide == 4:
                EmitPushSegment(op, opcode == 0xA0 ? SegmentRegister.Fs : SegmentRegister.Gs);
                return true;
            case 0xA3 or 0xAB or 0xB3 or 0xBB:
                return TryEmitBit(opcode, wide, op);
            case 0xA4 or 0xA5 or 0xAC or 0xAD:
                return TryEmitDoubleShift(opcode, wide, op);
            case 0xAF:
                EmitMultiply(wide, op, immediate: false);
                return true;
            case 0xB0 or 0xB1 or 0xC0 or 0xC1:
                return TryEmitExchangeArithmetic((opcode & 1) == 0 ? 1 : wide, opcode, op);
            case 0xB6 or 0xB7 or 0xBE or 0xBF:
                EmitExtend(wide, opcode, op);
                return true;
            case 0xBA:
                return TryEmitBitConstant(wide, digit, op);
            case 0xBC or 0xBD:
                EmitScan(opcode, wide, op);
                return true;
            case 0xAE:
                return TryEmitSimdControl(digit, op);
            case 0xC3:
                return TryEmitStoreGeneral(op);
            case 0xC7 when digit == 1:
                EmitCompareExchange8(op);
                return true;
            case >= 0xC8 and < 0xD0 when wide == 4:
                int register = HostRegister.Of(op->Register);
                if (register > 7)
                    emit.Byte(0x41);
                emit.Byte(0x0F);
                emit.Byte(0xC8 | (register & 7));
                return true;
            default:
                return TryEmitSimd(opcode, op);
        }
    }

    // cld and std.
    void EmitDirection(bool down)
    {
        SaveFlags();
        flagsNative = false;
        emit.Memory(4, 0x81, down ? 1 : 4, HostRegister.State, StateLayout.OtherFlags);
        emit.Int32((int)(down ? EflagsBits.Direction : ~EflagsBits.Direction));
    }
}
