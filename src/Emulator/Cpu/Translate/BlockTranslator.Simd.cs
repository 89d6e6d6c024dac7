using LguestPS.Emulator.Cpu.Fpu;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>MMX and SSE instructions: the host's own, on the guest's registers; their general registers and memory operands become the host's.</summary>
sealed unsafe partial class BlockTranslator
{
    bool TryEmitSimd(int opcode, Op* op)
    {
        int prefix = SimdForm.PrefixOf(op->Flags);
        if (SimdForm.Of(opcode, prefix) is not SimdForm form)
            return false;
        EmitFpuCheck();
        int register = form.GeneralRegister ? HostRegister.Of(op->Register) : op->Register;
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            if (direct)
            {
                EmitOperand(op, form.Bytes, form.Writes);   // the host looks whether it is aligned
            }
            else
            {
                KeepFlags();
                EmitLinear(op, form.Writes);
                if (form.Aligned)
                    EmitMissUnlessAligned();
                EmitCheck(form.Bytes, form.Writes);
            }
            EmitAccess(prefix == 0x66 ? 2 : 4, 0xF00 | opcode, register, prefix is 0xF2 or 0xF3 ? prefix : 0);
        }
        else if (opcode == 0x77)
        {
            emit.Byte(0x0F);
            emit.Byte(opcode);
        }
        else
        {
            emit.Registers(SizeOf(prefix), 0xF00 | opcode, register, form.GeneralRm ? HostRegister.Of(op->Rm) : op->Rm);
        }
        if (form.HasImmediate)
            emit.Byte((byte)op->Immediate);
        if (form.SetsFlags)
            FlagsAreNative();
        return true;
    }

    // The prefix goes before a REX prefix; 66 is what the emitter writes for 16-bit operands.
    int SizeOf(int prefix)
    {
        if (prefix is 0xF2 or 0xF3)
            emit.Byte(prefix);
        return prefix == 0x66 ? 2 : 4;
    }

    // Of the linear address; its host address is aligned alike.
    void EmitMissUnlessAligned()
    {
        emit.Registers(4, 0xF7, 0, Place);
        emit.Int32(15);
        Miss(Emitter.NotEqual);
    }

    // movnti: a store like another. Nothing in it needs the registers.
    bool TryEmitStoreGeneral(Op* op)
    {
        EmitOperand(op, 4, write: true);
        EmitAccess(4, 0x89, HostRegister.Of(op->Register));
        return true;
    }

    // 0F AE: ldmxcsr and stmxcsr, and fences; fxsave and fxrstor move all registers and are the interpreter's.
    bool TryEmitSimdControl(int digit, Op* op)
    {
        if ((op->Flags & OpFlags.Memory) == 0)
        {
            emit.Byte(0x0F);
            emit.Byte(0xAE);
            emit.Byte(0xC0 | (digit << 3));
            return true;
        }
        if (digit is not (2 or 3))
            return false;
        EmitFpuCheck();
        EmitOperand(op, 4, write: digit == 3);
        if (digit == 3)
        {
            EmitAccess(4, 0xFAE, 3);
            return true;
        }
        // As with fldcw; reserved bits would be the host's fault.
        GiveUpNativeFlags();
        EmitAccess(4, 0x8B, HostRegister.Temp);
        emit.Memory(4, 0x89, HostRegister.Temp, HostRegister.State, StateLayout.Scratch);
        emit.Registers(4, 0xF7, 0, HostRegister.Temp);
        emit.Int32(unchecked((int)~Fxsave.MxcsrMask));
        Miss(Emitter.NotEqual);
        EmitMissUnlessMasked(NativeFpu.MxcsrMasks);
        emit.Memory(4, 0xFAE, 2, HostRegister.State, StateLayout.Scratch);
        return true;
    }
}
