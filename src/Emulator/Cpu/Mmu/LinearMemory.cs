using System.Runtime.CompilerServices;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Cpu.Mmu;

/// <summary>Accesses by linear address: the one place where the form of a memory access is decided. A hit in the TLB is a compare and an add; the rest is slow.</summary>
/// <remarks>All throw <see cref="CpuFault"/> for a page fault, with no effect. T is a byte, ushort, uint or ulong, or 16 bytes.</remarks>
public static unsafe class LinearMemory
{
    /// <summary>Reads with the current privilege.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Read<T>(CpuState* s, uint linear) where T : unmanaged
    {
        TlbEntry* entry = s->Tlb + Tlb.Index(linear);
        // The last byte's page: an access that crosses into the next page misses.
        return entry->ReadTag == ((linear + (uint)sizeof(T) - 1) & ~0xFFFu)
            ? Unsafe.ReadUnaligned<T>((void*)(entry->Addend + linear))
            : ReadSlow<T>(s, linear, s->Cpl == 3 ? MemoryAccess.User : MemoryAccess.Read);
    }

    /// <summary>Reads what will be written back: faults as a write does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ReadForWrite<T>(CpuState* s, uint linear) where T : unmanaged
    {
        TlbEntry* entry = s->Tlb + Tlb.Index(linear);
        return entry->WriteTag == ((linear + (uint)sizeof(T) - 1) & ~0xFFFu)
            ? Unsafe.ReadUnaligned<T>((void*)(entry->Addend + linear))
            : ReadSlow<T>(s, linear, (s->Cpl == 3 ? MemoryAccess.User : MemoryAccess.Read) | MemoryAccess.Write);
    }

    /// <summary>Writes with the current privilege.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<T>(CpuState* s, uint linear, T value) where T : unmanaged
    {
        TlbEntry* entry = s->Tlb + Tlb.Index(linear);
        if (entry->WriteTag == ((linear + (uint)sizeof(T) - 1) & ~0xFFFu))
            Unsafe.WriteUnaligned((void*)(entry->Addend + linear), value);
        else
            WriteSlow(s, linear, value, s->Cpl == 3 ? MemoryAccess.User : MemoryAccess.Read);
    }

    /// <summary>Faults as a write of the range (at most a page long) would, without writing.</summary>
    public static void ProbeWrite(CpuState* s, uint linear, uint length) => Probe(s, linear, length, MemoryAccess.Write);

    /// <summary>Faults as a read of the range (at most a page long) would.</summary>
    public static void ProbeRead(CpuState* s, uint linear, uint length) => Probe(s, linear, length, MemoryAccess.Read);

    /// <summary>Reads as supervisor, whatever CPL is: descriptor tables, task state.</summary>
    public static T ReadSystem<T>(CpuState* s, uint linear) where T : unmanaged
    {
        TlbEntry* entry = s->SystemTlb + Tlb.Index(linear);
        return entry->ReadTag == ((linear + (uint)sizeof(T) - 1) & ~0xFFFu)
            ? Unsafe.ReadUnaligned<T>((void*)(entry->Addend + linear))
            : ReadSlow<T>(s, linear, MemoryAccess.Read);
    }

    /// <summary>Writes as supervisor.</summary>
    public static void WriteSystem<T>(CpuState* s, uint linear, T value) where T : unmanaged
    {
        TlbEntry* entry = s->SystemTlb + Tlb.Index(linear);
        if (entry->WriteTag == ((linear + (uint)sizeof(T) - 1) & ~0xFFFu))
            Unsafe.WriteUnaligned((void*)(entry->Addend + linear), value);
        else
            WriteSlow(s, linear, value, MemoryAccess.Read);
    }

    /// <summary>The host address of a linear page for reading, or null when it is not plain RAM or not yet in the TLB. For bulk copies.</summary>
    internal static byte* HostPageForRead(CpuState* s, uint linear)
    {
        TlbEntry* entry = s->Tlb + Tlb.Index(linear);
        return entry->ReadTag == (linear & ~0xFFFu) ? (byte*)(entry->Addend + linear) : null;
    }

    /// <summary>The same for writing.</summary>
    internal static byte* HostPageForWrite(CpuState* s, uint linear)
    {
        TlbEntry* entry = s->Tlb + Tlb.Index(linear);
        return entry->WriteTag == (linear & ~0xFFFu) ? (byte*)(entry->Addend + linear) : null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static T ReadSlow<T>(CpuState* s, uint linear, MemoryAccess access) where T : unmanaged
    {
        T value = default;
        s->Processor.Mmu.Read(linear, (byte*)&value, sizeof(T), access);
        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void WriteSlow<T>(CpuState* s, uint linear, T value, MemoryAccess access) where T : unmanaged =>
        s->Processor.Mmu.Write(linear, (byte*)&value, sizeof(T), access | MemoryAccess.Write);

    static void Probe(CpuState* s, uint linear, uint length, MemoryAccess access)
    {
        access |= s->Cpl == 3 ? MemoryAccess.User : MemoryAccess.Read;
        Mmu mmu = s->Processor.Mmu;
        mmu.Translate(linear, access);
        if (((linear ^ (linear + length - 1)) & ~0xFFFu) != 0)
            mmu.Translate((linear + length - 1) & ~0xFFFu, access);
    }
}
