using LguestPS.Emulator.Cpu.Decode;
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

    /// <summary>
    /// A locked instruction. With one processor each instruction is atomic by itself, but not in order: device threads watch memory, and without
    /// a barrier the host's processor may do a later load before an earlier store. Drivers count on that it doesn't: they publish a buffer, and then look
    /// whether the device wants to be told of it (Intel SDM vol. 3, 8.2.3.9).
    /// </summary>
    public static void Locked(CpuState* s, Op* op)
    {
        Interlocked.MemoryBarrier();
        Decoder.LockedHandler(op)(s, op);
        Interlocked.MemoryBarrier();
    }

    /// <summary>Undefined opcode.</summary>
    public static void InvalidOpcode(CpuState* s, Op* op) => throw CpuFault.InvalidOpcode();

    /// <summary>More than 15 bytes of prefixes and operands.</summary>
    public static void TooLong(CpuState* s, Op* op) => throw CpuFault.GeneralProtection(0);
}
