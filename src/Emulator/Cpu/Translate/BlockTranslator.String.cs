using LguestPS.Emulator.Cpu.State;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>String instructions that go up: single ones, and rep movs and stos that stay within a page. The host repeats on its own addresses, unit by unit as the guest would see it.</summary>
sealed unsafe partial class BlockTranslator
{
    bool TryEmitString(int opcode, int size, Op* op)
    {
        bool reads = opcode is 0xA4 or 0xA5 or 0xAC or 0xAD;
        if (reads && op->Segment is (byte)SegmentRegister.Cs or (byte)SegmentRegister.Fs or (byte)SegmentRegister.Gs)
            return false;
        bool repeated = (op->Flags & (OpFlags.Repeat | OpFlags.RepeatNotEqual)) != 0;
        switch (opcode & 0xFE)
        {
            case 0xA4 or 0xAA when repeated:
                EmitRepeated(opcode, size, op, moves: opcode < 0xAA);
                return true;
            case 0xA4 when !repeated:
                EmitMissIfDown();
                EmitStringAccess(HostRegister.Rsi, size, write: false, size == 4 ? 0x8B : size == 2 ? 0xFB7 : 0xFB6, HostRegister.Temp, accessSize: 4);
                emit.Memory(4, 0x89, HostRegister.Temp, HostRegister.State, StateLayout.Scratch);
                emit.Move(Place, HostRegister.Rdi);
                EmitCheck(size, write: true);
                emit.Memory(4, 0x8B, HostRegister.Temp, HostRegister.State, StateLayout.Scratch);
                EmitAccess(size, size == 1 ? 0x88 : 0x89, HostRegister.Temp);
                EmitStep(HostRegister.Rsi, size);
                EmitStep(HostRegister.Rdi, size);
                return true;
            case 0xAA when !repeated:
                EmitMissIfDown();
                EmitStringAccess(HostRegister.Rdi, size, write: true, size == 1 ? 0x88 : 0x89, HostRegister.Rax, size);
                EmitStep(HostRegister.Rdi, size);
                return true;
            case 0xAC when !repeated:
                EmitMissIfDown();
                EmitStringAccess(HostRegister.Rsi, size, write: false, size == 1 ? 0x8A : 0x8B, HostRegister.Rax, size);
                EmitStep(HostRegister.Rsi, size);
                return true;
            case 0xAE when !repeated:
                EmitMissIfDown();
                EmitStringAccess(HostRegister.Rdi, size, write: false, size == 1 ? 0x3A : 0x3B, HostRegister.Rax, size);
                EmitStep(HostRegister.Rdi, size);
                FlagsAreNative();
                return true;
            default:
                return false;
        }
    }

    void EmitMissIfDown()
    {
        GiveUpNativeFlags();
        emit.Memory(4, 0xF7, 0, HostRegister.State, StateLayout.OtherFlags);
        emit.Int32((int)EflagsBits.Direction);
        Miss(Emitter.NotEqual);
    }

    // An instruction of the host's on a register and what another one points at.
    void EmitStringAccess(int pointer, int size, bool write, int opcode, int register, int accessSize)
    {
        emit.Move(Place, pointer);
        EmitCheck(size, write);
        EmitAccess(accessSize, opcode, register);
    }

    void EmitStep(int pointer, int bytes) => emit.Memory(4, 0x8D, pointer, pointer, bytes);

    void EmitRepeated(int opcode, int size, Op* op, bool moves)
    {
        const int oldDestination = HostRegister.Address, oldSource = HostRegister.Temp2, start = HostRegister.Temp;
        leavesByState = true;
        SaveFlags();
        EmitMissIfDown();
        emit.Registers(4, 0x85, HostRegister.Rcx, HostRegister.Rcx);
        int none = emit.JumpIfForward(Emitter.Equal);
        emit.ArithmeticConstant(4, Compare, HostRegister.Rcx, (int)GuestMemory.PageSize / size);
        Miss(Emitter.Above);
        EmitMissUnlessInPage(HostRegister.Rdi, size);
        if (moves)
        {
            EmitMissUnlessInPage(HostRegister.Rsi, size);
            EmitStringAccess(HostRegister.Rsi, 1, write: false, 0x8D, start, accessSize: 8);
            emit.Memory(8, 0x89, start, HostRegister.State, StateLayout.StringSource);
        }
        EmitStringAccess(HostRegister.Rdi, 1, write: true, 0x8D, start, accessSize: 8);

        emit.Move(oldDestination, HostRegister.Rdi);
        if (moves)
        {
            emit.Move(oldSource, HostRegister.Rsi);
            emit.Memory(8, 0x8B, HostRegister.Rsi, HostRegister.State, StateLayout.StringSource);
        }
        emit.Move(HostRegister.Rdi, start, 8);
        emit.Byte(0xF3);
        if (size == 2)
            emit.Byte(0x66);
        emit.Byte(opcode);
        emit.Registers(8, 0x2B, HostRegister.Rdi, start);
        if (moves)
            emit.Memory(4, 0x8D, HostRegister.Rsi, oldSource, HostRegister.Rdi, 0, 0);
        emit.Memory(4, 0x8D, HostRegister.Rdi, oldDestination, HostRegister.Rdi, 0, 0);
        emit.Bind(none);
        EmitJumpTo(Next(op));
    }

    // Whether ecx units from a register on end in the page where they begin.
    void EmitMissUnlessInPage(int pointer, int size)
    {
        emit.Move(HostRegister.Temp, pointer);
        emit.ArithmeticConstant(4, 4, HostRegister.Temp, 0xFFF);
        emit.Memory(4, 0x8D, HostRegister.Temp, HostRegister.Temp, HostRegister.Rcx, size >> 1, 0);
        emit.ArithmeticConstant(4, Compare, HostRegister.Temp, (int)GuestMemory.PageSize);
        Miss(Emitter.Above);
    }
}
