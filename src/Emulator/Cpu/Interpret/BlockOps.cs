using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Interpret;

/// <summary>Entries of a block that are not instructions, and the ones for bytes that are none.</summary>
static unsafe class BlockOps
{
    /// <summary>The end of a block without a branch: eip is <see cref="Op.Immediate"/> bytes past its start.</summary>
    public static void Continue(CpuState* s, Op* op) => s->Eip = s->BlockEip + op->Immediate;

    /// <summary>Stands before a privileged instruction.</summary>
    public static void RequireRing0(CpuState* s, Op* op)
    {
        if (s->Cpl != 0)
            throw CpuFault.GeneralProtection(0);
    }

    /// <summary>Undefined opcode.</summary>
    public static void InvalidOpcode(CpuState* s, Op* op) => throw CpuFault.InvalidOpcode();

    /// <summary>More than 15 bytes of prefixes and operands.</summary>
    public static void TooLong(CpuState* s, Op* op) => throw CpuFault.GeneralProtection(0);
}
