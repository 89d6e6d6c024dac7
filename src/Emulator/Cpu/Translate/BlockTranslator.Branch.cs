using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Near jumps, calls and returns.</summary>
sealed unsafe partial class BlockTranslator
{
    // Eips are worked out from where the block is in physical memory, and put in their place when they are wanted: programs and libraries that many processes share are
    // translated once, wherever each has them.
    uint Next(Op* op) => block->Physical + op->Offset + op->Length;

    uint Target(Op* op) => block->Physical + op->Immediate;

    // Keeps the flags.
    void EmitEip(int register, uint place)
    {
        emit.Memory(4, 0x8B, register, HostRegister.State, StateLayout.Slide);
        emit.Memory(4, 0x8D, register, register, (int)place);
    }

    void EmitPushEip(Op* op, uint place)
    {
        EmitPushRoom(op);
        EmitEip(HostRegister.Temp, place);
        EmitAccess(4, 0x89, HostRegister.Temp);
        EmitMoveStack(-4);
    }

    void EmitJumpIf(int condition, Op* op)
    {
        LoadFlags();
        if (NeedsFlagsAt(Target(op)) || NeedsFlagsAt(Next(op)))
            SaveFlags();
        AddLink(emit.JumpIfForward(condition), Target(op));
        EmitJumpTo(Next(op));
    }

    // loop and jecxz.
    void EmitCountJump(Op* op, bool counts)
    {
        SaveFlags();
        if (counts)
            emit.Memory(4, 0x8D, HostRegister.Rcx, HostRegister.Rcx, -1);
        emit.Registers(4, 0x85, HostRegister.Rcx, HostRegister.Rcx);
        flagsNative = false;
        AddLink(emit.JumpIfForward(counts ? Emitter.NotEqual : Emitter.Equal), Target(op));
        EmitJumpTo(Next(op));
    }

    void EmitCall(Op* op)
    {
        leavesByState = true;
        EmitPushEip(op, Next(op));
        EmitJumpTo(Target(op));
    }

    // FF /2 and /4.
    void EmitIndirect(Op* op, bool call)
    {
        leavesByState = true;
        SaveFlags();
        if ((op->Flags & OpFlags.Memory) != 0)
        {
            EmitOperand(op, 4, write: false);
            EmitAccess(4, 0x8B, Place);
        }
        else
        {
            emit.Move(Place, HostRegister.Of(op->Rm));
        }
        if (call)
        {
            emit.Memory(4, 0x89, Place, HostRegister.State, StateLayout.Scratch);
            EmitPushEip(op, Next(op));
            emit.Memory(4, 0x8B, Place, HostRegister.State, StateLayout.Scratch);
        }
        emit.Jump(thunks.Dispatch);
    }

    void EmitReturn(Op* op)
    {
        leavesByState = true;
        SaveFlags();
        EmitOperandAt(op, Esp, 0, 4, write: false);
        EmitAccess(4, 0x8B, Place);
        EmitMoveStack(4 + (int)op->Immediate);
        emit.Jump(thunks.Dispatch);
    }
}
