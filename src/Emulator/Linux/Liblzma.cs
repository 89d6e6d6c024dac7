using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Linux;

/// <summary>The host's liblzma, which nearly every Linux has: unpacks .xz data, also with the x86 filter that kernels are packed with and managed libraries get wrong.</summary>
static unsafe partial class Liblzma
{
    const string Library = "liblzma.so.5";
    const int Ok = 0;

    /// <summary>Unpacks a whole .xz stream into a buffer. False: there is no liblzma, or the data is not what it should be.</summary>
    /// <param name="packed">The stream; what follows it is ignored.</param>
    /// <param name="destination">Where it goes; it must be as long as the data.</param>
    public static bool TryUnpack(ReadOnlySpan<byte> packed, Span<byte> destination)
    {
        if (!NativeLibrary.TryLoad(Library, out _))
            return false;
        ulong memoryLimit = ulong.MaxValue;
        nuint taken = 0, made = 0;
        fixed (byte* from = packed, to = destination)
            return StreamBufferDecode(&memoryLimit, 0, 0, from, &taken, (nuint)packed.Length, to, &made, (nuint)destination.Length) == Ok
                && made == (nuint)destination.Length;
    }

    [LibraryImport(Library, EntryPoint = "lzma_stream_buffer_decode")]
    private static partial int StreamBufferDecode(ulong* memoryLimit, uint flags, nint allocator,
        byte* input, nuint* inputPosition, nuint inputSize, byte* output, nuint* outputPosition, nuint outputSize);
}
