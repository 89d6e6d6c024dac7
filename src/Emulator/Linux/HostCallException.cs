using System.Runtime.InteropServices;

namespace LguestPS.Emulator.Linux;

/// <summary>A call into the operating system failed.</summary>
/// <param name="call">What was called.</param>
/// <param name="error">The error number.</param>
public sealed class HostCallException(string call, int error) : IOException($"{call}: {Marshal.GetPInvokeErrorMessage(error)}")
{
    /// <summary>What was called.</summary>
    public string Call { get; } = call;

    /// <summary>The error number (errno).</summary>
    public int Error { get; } = error;
}
