using System.Buffers.Binary;

namespace LguestPS.Emulator.Linux;

/// <summary>Whether programs may set the bases of FS and GS by instructions of their own (FSGSBASE; Linux 5.9 or later on a processor that has it).</summary>
static class HostSegments
{
    // In the auxiliary vector: HWCAP2 and its bit (getauxval(3)).
    const long HardwareCapabilities2 = 26, BasesCanBeSet = 2;

    /// <summary>Asked once.</summary>
    public static bool BasesAreOurs { get; } = Ask();

    static bool Ask()
    {
        try
        {
            ReadOnlySpan<byte> vector = File.ReadAllBytes("/proc/self/auxv");
            for (; vector.Length >= 2 * sizeof(long); vector = vector[(2 * sizeof(long))..])
                if (BinaryPrimitives.ReadInt64LittleEndian(vector) == HardwareCapabilities2)
                    return (BinaryPrimitives.ReadInt64LittleEndian(vector[sizeof(long)..]) & BasesCanBeSet) != 0;
        }
        catch (IOException)
        {
        }
        catch (UnauthorizedAccessException)
        {
        }
        return false;
    }
}
