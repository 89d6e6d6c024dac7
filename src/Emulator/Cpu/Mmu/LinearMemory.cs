using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Mmu;

/// <summary>Accesses by linear address: the one place where the form of a memory access is decided. A hit in the TLB is a compare and an add; the rest is slow.</summary>
/// <remarks>All throw <see cref="CpuFault"/> for a page fault, with no effect.</remarks>
public static unsafe class LinearMemory
{
    /// <summary>Reads with the current privilege; T is a byte, ushort, uint or ulong, or 16 bytes.</summary>
    public static T Read<T>(CpuState* s, uint linear) where T : unmanaged => throw new NotImplementedException();

    /// <summary>Writes with the current privilege.</summary>
    public static void Write<T>(CpuState* s, uint linear, T value) where T : unmanaged => throw new NotImplementedException();

    /// <summary>Faults as a write of the range (at most a page long) would, without writing.</summary>
    public static void ProbeWrite(CpuState* s, uint linear, uint length) => throw new NotImplementedException();

    /// <summary>Faults as a read of the range (at most a page long) would.</summary>
    public static void ProbeRead(CpuState* s, uint linear, uint length) => throw new NotImplementedException();

    /// <summary>Reads as supervisor, whatever CPL is: descriptor tables, task state.</summary>
    public static T ReadSystem<T>(CpuState* s, uint linear) where T : unmanaged => throw new NotImplementedException();

    /// <summary>Writes as supervisor.</summary>
    public static void WriteSystem<T>(CpuState* s, uint linear, T value) where T : unmanaged => throw new NotImplementedException();
}
