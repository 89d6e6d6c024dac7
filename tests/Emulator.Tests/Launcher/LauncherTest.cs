using System.Buffers.Binary;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Hypervisor;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Memory;
using Xunit;

namespace LguestPS.Emulator.Tests.Launcher;

/// <summary>A log that remembers.</summary>
sealed class RecordingLog : IMachineLog
{
    readonly List<string> verbose = [], warnings = [];
    readonly List<DriverViolation> violations = [];

    public bool IsVerbose { get; init; } = true;

    public IReadOnlyList<string> VerboseLines { get { lock (verbose) return [.. verbose]; } }

    public IReadOnlyList<string> Warnings { get { lock (verbose) return [.. warnings]; } }

    /// <summary>Rules that were broken and survived, to be looked at after the run.</summary>
    public IReadOnlyList<DriverViolation> Violations => violations;

    public int Restarts { get; private set; }

    public void Verbose(string line) { lock (verbose) verbose.Add(line); }

    public void Warn(string line) { lock (verbose) warnings.Add(line); }

    public void Violation(DriverViolation violation) => violations.Add(violation);

    public void Restarting() => Restarts++;
}

/// <summary>A log that only wants to know of restarts.</summary>
sealed class RestartLog(Action restarting) : IMachineLog
{
    public bool IsVerbose => false;

    public void Verbose(string line)
    {
    }

    public void Warn(string line)
    {
    }

    public void Restarting() => restarting();
}

/// <summary>Files and memory for a test, gone after it.</summary>
public abstract class LauncherTest : IDisposable
{
    readonly List<string> files = [];

    protected GuestMemory Memory { get; } = new(new HeapMemoryBacking(4 << 20));

    internal RecordingLog Log { get; } = new();

    protected string WriteFile(ReadOnlySpan<byte> content)
    {
        string path = Path.GetTempFileName();
        files.Add(path);
        File.WriteAllBytes(path, content);
        return path;
    }

    protected static HostResourceException AssertFails(string errorId, Action action)
    {
        HostResourceException e = Assert.Throws<HostResourceException>(action);
        Assert.Equal(errorId, e.ErrorId);
        return e;
    }

    public void Dispose()
    {
        Memory.Dispose();
        files.ForEach(File.Delete);
        GC.SuppressFinalize(this);
    }
}

/// <summary>Makes small ELF kernels.</summary>
static class ElfImage
{
    public static byte[] Make(uint start, params (uint Address, byte[] Content, uint MemoryLength)[] segments)
    {
        const int header = 52, entry = 32;
        int at = header + segments.Length * entry;
        byte[] image = new byte[at + segments.Sum(segment => segment.Content.Length)];
        "\u007fELF\u0001\u0001\u0001"u8.CopyTo(image);
        Put16(16, 2);
        Put16(18, 3);
        Put32(20, 1);
        Put32(24, start);
        Put32(28, header);
        Put16(40, header);
        Put16(42, entry);
        Put16(44, (ushort)segments.Length);
        for (int i = 0; i < segments.Length; i++)
        {
            var (address, content, length) = segments[i];
            int p = header + i * entry;
            Put32(p, 1);
            Put32(p + 4, (uint)at);
            Put32(p + 8, address + 0xC0000000);
            Put32(p + 12, address);
            Put32(p + 16, (uint)content.Length);
            Put32(p + 20, length);
            content.CopyTo(image, at);
            at += content.Length;
        }
        return image;

        void Put16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(offset), value);
        void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(offset), value);
    }
}

/// <summary>A stopped guest that is only registers.</summary>
sealed class FakeRegisters : IGuestRegisters
{
    readonly Dictionary<uint, uint> values = new() { [RegisterOffset.Cs] = 0x61 };

    public List<uint> Injected { get; } = [];

    public LguestError InjectAnswer { get; init; }

    public uint this[uint offset]
    {
        get => values.GetValueOrDefault(offset);
        set => values[offset] = value;
    }

    public uint GetRegister(uint offset) => this[offset];

    public LguestError SetRegister(uint offset, uint value)
    {
        this[offset] = value;
        return LguestError.None;
    }

    public LguestError InjectTrap(uint trap)
    {
        Injected.Add(trap);
        return InjectAnswer;
    }
}

/// <summary>A console without a user: takes what is written, and never has input.</summary>
sealed class SilentConsole : IConsoleBackend
{
    readonly List<byte> output = [];

    public string Output { get { lock (output) return System.Text.Encoding.ASCII.GetString([.. output]); } }

    public int Read(Span<byte> buffer, CancellationToken cancellation)
    {
        cancellation.WaitHandle.WaitOne();
        throw new OperationCanceledException(cancellation);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (output)
            output.AddRange(bytes);
    }

    public void Abort()
    {
    }
}
