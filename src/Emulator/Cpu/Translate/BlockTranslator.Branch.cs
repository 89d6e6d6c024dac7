using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Translate;

/// <summary>Near jumps, calls and returns.</summary>
sealed unsafe partial class BlockTranslator
{
    uint NextEip(Op* op) => block->Eip + op->Offset + op->Length;

    uint Target(Op* op) => block->Eip + op->Immediate;

    void EmitJumpIf(int condition, Op* op)
    {
        LoadFlags();
        if (NeedsFlagsAt(Target(op)) || NeedsFlagsAt(NextEip(op)))
            SaveFlags();
        AddLink(emit.JumpIfForward(condition), Target(op));
        EmitJumpTo(NextEip(op));
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
        EmitJumpTo(NextEip(op));
    }

    void EmitCall(Op* op)
    {
        leavesByState = true;
        EmitPushConstant(op, NextEip(op));
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
            EmitPushConstant(op, NextEip(op));
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
