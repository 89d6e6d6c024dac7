using System.Security.Cryptography;

namespace LguestPS.Emulator.Devices;

/// <summary>Where random bytes for a guest come from.</summary>
public interface IEntropySource
{
    /// <summary>Fills all of the buffer. Called on a queue's thread.</summary>
    void Fill(Span<byte> buffer);
}

/// <summary>The host's own random bytes.</summary>
public sealed class HostEntropy : IEntropySource
{
    /// <inheritdoc/>
    public void Fill(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);
}
