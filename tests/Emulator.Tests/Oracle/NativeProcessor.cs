using System.Diagnostics;
using System.Runtime.InteropServices;
using LguestPS.Emulator.Cpu.State;

namespace LguestPS.Emulator.Tests.Oracle;

/// <summary>The host processor: a process of <c>Native/oracle32.c</c>, which runs cases as 32-bit code and reports what they left behind.</summary>
sealed class NativeProcessor : IDisposable
{
    const uint Magic = 0x3143524F;
    const int ContextWords = 22;

    static readonly Lazy<(string? Path, string? Reason)> Program = new(Build);

    readonly Process process;
    readonly BinaryReader output;

    /// <summary>Starts the process and shares the layout with it.</summary>
    public NativeProcessor()
    {
        process = Process.Start(new ProcessStartInfo(Program.Value.Path!) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        output = new BinaryReader(new BufferedStream(process.StandardOutput.BaseStream, 1 << 16));
        var input = new BinaryWriter(process.StandardInput.BaseStream);
        WriteSetup(input);
        input.Flush();

        uint[] hello = ReadWords(5 + 3);
        if (hello[0] != Magic)
            throw new InvalidDataException("The native program does not answer.");
        ImageStart = hello[1];
        ImageEnd = hello[2];
        Selectors = new((ushort)hello[3], (ushort)hello[4], [.. hello[5..].Select(s => (ushort)s)]);
    }

    /// <summary>Null when the host processor can be asked, or the reason why not.</summary>
    public static string? Unavailable => Program.Value.Reason;

    /// <summary>The selectors that cases run with.</summary>
    public OracleSelectors Selectors { get; }

    /// <summary>The native program itself: the one mapped range that the emulated side does not have.</summary>
    public uint ImageStart { get; }

    /// <summary>Its end.</summary>
    public uint ImageEnd { get; }

    /// <summary>Runs cases and yields a result for each.</summary>
    public IEnumerable<OracleResult> Run(IReadOnlyList<OracleCase> cases)
    {
        // Both pipes are finite: someone must write while the results are read.
        Task feeder = Task.Run(() =>
        {
            using var input = new BinaryWriter(new BufferedStream(process.StandardInput.BaseStream, 1 << 16));
            foreach (OracleCase oracleCase in cases)
                WriteCase(input, oracleCase);
        });
        for (int i = 0; i < cases.Count; i++)
            yield return ReadResult(i);
        feeder.Wait();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
    }

    static void WriteSetup(BinaryWriter input)
    {
        input.Write(Magic);
        input.Write(OracleLayout.Segments.Count);
        input.Write(OracleLayout.Regions.Count);
        foreach (OracleSegment segment in OracleLayout.Segments)
        {
            input.Write(segment.Base);
            input.Write(segment.Limit);
            input.Write(segment.UserDescriptorFlags);
        }

        foreach (OracleRegion region in OracleLayout.Regions)
        {
            input.Write(region.Address);
            input.Write(region.Size);
            input.Write(1 | (region.Writable ? 2 : 0) | (region.Executable ? 4 : 0));
            input.Write(OracleLayout.Content(region));
        }
    }

    static void WriteCase(BinaryWriter input, OracleCase c)
    {
        foreach (var segment in (ReadOnlySpan<SegmentRegister>)[SegmentRegister.Gs, SegmentRegister.Fs, SegmentRegister.Es, SegmentRegister.Ds, SegmentRegister.Ss])
            input.Write((uint)c.Selectors[(int)segment]);
        foreach (int register in (ReadOnlySpan<int>)[Reg.Edi, Reg.Esi, Reg.Ebp, Reg.Esp, Reg.Ebx, Reg.Edx, Reg.Ecx, Reg.Eax])
            input.Write(c.Registers[register]);
        input.Write(c.Eip);
        input.Write(c.Eflags);
        input.Write(c.Patches.Count);
        foreach (OraclePatch patch in c.Patches)
        {
            input.Write(patch.Address);
            input.Write(patch.Bytes.Length);
            input.Write(patch.Bytes);
            for (int padding = -patch.Bytes.Length & 3; padding > 0; padding--)
                input.Write((byte)0);
        }
    }

    OracleResult ReadResult(int index)
    {
        const int virtualAlarm = 26;
        uint[] words;
        try
        {
            words = ReadWords(1 + ContextWords + 1);
        }
        catch (EndOfStreamException)
        {
            process.WaitForExit(1000);
            throw new InvalidDataException($"The native program ended in case {index}{(process.HasExited ? $" with status {process.ExitCode}" : "")}.");
        }

        ReadOnlySpan<uint> context = words.AsSpan(1, ContextWords);
        bool timedOut = words[0] == virtualAlarm;
        int vector = timedOut ? -1 : (int)context[12];
        var result = new OracleResult
        {
            Vector = vector,
            ErrorCode = timedOut ? 0 : context[13],
            Cr2 = vector == 14 ? context[21] : 0,
            Eip = context[14],
            Eflags = context[16],
            Registers = [context[11], context[10], context[9], context[8], context[7], context[6], context[5], context[4]],
            Selectors = [(ushort)context[2], (ushort)context[15], (ushort)context[18], (ushort)context[3], (ushort)context[1], (ushort)context[0]],
        };
        uint[] changes = ReadWords(2 * (int)words[^1]);
        for (int i = 0; i < changes.Length; i += 2)
            result.Changes.Add(changes[i], changes[i + 1]);
        return result;
    }

    uint[] ReadWords(int count)
    {
        var words = new uint[count];
        output.BaseStream.ReadExactly(MemoryMarshal.AsBytes(words.AsSpan()));
        return words;
    }

    /// <summary>Builds the program beside the tests and tries it once.</summary>
    static (string? Path, string? Reason) Build()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture is not (Architecture.X64 or Architecture.X86))
            return (null, "The host is not Linux on x86.");
        string source = Path.Combine(AppContext.BaseDirectory, "Native", "oracle32.c");
        string program = Path.Combine(Path.GetTempPath(), $"lguestps-oracle32-{Environment.ProcessId}");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(program);
        try
        {
            using Process gcc = Process.Start(new ProcessStartInfo("gcc", [
                "-m32", "-O2", "-nostdlib", "-static", "-ffreestanding", "-fno-pie", "-no-pie", "-fno-stack-protector", "-mgeneral-regs-only",
                source, "-o", program]) { RedirectStandardError = true })!;
            string errors = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            if (gcc.ExitCode != 0)
                return (null, $"gcc -m32 does not build the native program: {errors}");
            using Process trial = Process.Start(new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            trial.StandardInput.Close();
            trial.WaitForExit();
            const int noHeader = 3;
            return trial.ExitCode == noHeader ? (program, null) : (null, "The kernel does not run 32-bit programs.");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (null, $"The native program can't be built or run: {e.Message}");
        }
    }
}
