using LguestPS.Emulator.Cpu.Interrupts;
using LguestPS.Emulator.Cpu.Mmu;
using LguestPS.Emulator.Cpu.Segmentation;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Control;

/// <summary>Who may use a port: IOPL, then the I/O permission bitmap of the task (Intel SDM vol. 1, 18.5).</summary>
static unsafe class PortPermission
{
    const uint BitmapBaseOffset = 0x66;

    /// <summary>Whether the current program may access the ports. Also notes I/O breakpoints, which are due after the instruction.</summary>
    /// <param name="s">The processor.</param>
    /// <param name="port">First port.</param>
    /// <param name="size">1, 2 or 4.</param>
    public static bool Allows(CpuState* s, ushort port, int size)
    {
        if ((s->Cpl > Mode.IoPrivilege(s) || Mode.IsVirtual8086(s)) && !BitmapAllows(s, port, size))
            return false;
        s->PendingDebug |= DebugEvents.MatchPort(s, port, size);
        return true;
    }

    /// <summary>#GP(0) unless <see cref="Allows"/>.</summary>
    public static void Check(CpuState* s, ushort port, int size)
    {
        if (!Allows(s, port, size))
            throw CpuFault.GeneralProtection(0);
    }

    static bool BitmapAllows(CpuState* s, ushort port, int size)
    {
        if (!s->Tr.Present || !TaskState.Is32Bit(s->Tr) || s->Tr.Limit < BitmapBaseOffset + 1)
            return false;
        // Two bytes are always read, so that an access of several ports may cross from one to the next.
        uint offset = LinearMemory.ReadSystem<ushort>(s, s->Tr.Base + BitmapBaseOffset) + ((uint)port / 8);
        if (offset + 1 > s->Tr.Limit)
            return false;
        uint denied = (uint)LinearMemory.ReadSystem<ushort>(s, s->Tr.Base + offset) >> (port & 7);
        return (denied & ((1u << size) - 1)) == 0;
    }
}
