namespace LguestPS.Emulator.Cpu;

/// <summary>An exception of the guest's processor on its way from the instruction that caused it to the run loop. Nothing of the instruction has taken effect.</summary>
public sealed class CpuFault : Exception
{
    CpuFault(byte vector, bool hasErrorCode, uint errorCode, uint linearAddress)
    {
        Vector = vector;
        HasErrorCode = hasErrorCode;
        ErrorCode = errorCode;
        LinearAddress = linearAddress;
    }

    /// <summary>The exception's vector (Intel SDM vol. 3, table 6-1).</summary>
    public byte Vector { get; }

    /// <summary>Whether an error code goes with it.</summary>
    public bool HasErrorCode { get; }

    /// <summary>The error code, else 0.</summary>
    public uint ErrorCode { get; }

    /// <summary>For a page fault the address, which CR2 takes.</summary>
    public uint LinearAddress { get; }

    /// <summary>Divide error.</summary>
    public static CpuFault Divide() => new(0, false, 0, 0);
    /// <summary>Debug exception.</summary>
    public static CpuFault Debug() => new(1, false, 0, 0);
    /// <summary>BOUND range exceeded.</summary>
    public static CpuFault BoundRange() => new(5, false, 0, 0);
    /// <summary>Invalid opcode.</summary>
    public static CpuFault InvalidOpcode() => new(6, false, 0, 0);
    /// <summary>Device not available.</summary>
    public static CpuFault DeviceNotAvailable() => new(7, false, 0, 0);
    /// <summary>Invalid task state segment.</summary>
    public static CpuFault InvalidTss(uint errorCode) => new(10, true, errorCode, 0);
    /// <summary>Segment not present.</summary>
    public static CpuFault NotPresent(uint errorCode) => new(11, true, errorCode, 0);
    /// <summary>Stack-segment fault.</summary>
    public static CpuFault Stack(uint errorCode) => new(12, true, errorCode, 0);
    /// <summary>General protection.</summary>
    public static CpuFault GeneralProtection(uint errorCode) => new(13, true, errorCode, 0);
    /// <summary>Page fault.</summary>
    public static CpuFault Page(uint linearAddress, uint errorCode) => new(14, true, errorCode, linearAddress);
    /// <summary>x87 floating-point error.</summary>
    public static CpuFault FloatingPoint() => new(16, false, 0, 0);
    /// <summary>Alignment check.</summary>
    public static CpuFault Alignment() => new(17, true, 0, 0);
    /// <summary>SIMD floating-point exception.</summary>
    public static CpuFault Simd() => new(19, false, 0, 0);
}

/// <summary>An instruction given up because the owner will not go on (a guest that broke a rule of its interface): no state changed, no exception for the guest.</summary>
public sealed class CpuStopped : Exception;
