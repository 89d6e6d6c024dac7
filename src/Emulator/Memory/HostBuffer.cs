using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Memory;

/// <summary>A range of memory outside the runtime's heap, laid out as the system's scattered reads and writes take it (struct iovec).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly unsafe struct HostBuffer
{
    readonly byte* address;
    readonly nuint length;

    /// <summary>The range of a span over memory that doesn't move: guest RAM, a stack.</summary>
    public HostBuffer(Span<byte> unmoving)
    {
        address = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(unmoving));
        length = (nuint)unmoving.Length;
    }

    /// <summary>The bytes.</summary>
    public Span<byte> Bytes => new(address, (int)length);
}
