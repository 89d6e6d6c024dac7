using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Memory;

namespace LguestPS.Emulator.Launcher;

/// <summary>Something of a guest's definition that was looked at without running the guest.</summary>
/// <param name="Check">What was looked at: Kernel, Platform, Initrd, Memory, Engine, Transcript, or the kind of a device.</param>
/// <param name="Passed">Whether the guest could have it if it started now.</param>
/// <param name="Message">What was found.</param>
/// <param name="Target">What it is about: a path, a size, a device's settings.</param>
public sealed record DefinitionCheck(string Check, bool Passed, string Message, object? Target)
{
    /// <summary>Looks at all of a definition. Kernel and initial RAM disk are loaded as at a start, into memory that is then thrown away; nothing is left behind.</summary>
    public static IEnumerable<DefinitionCheck> Run(GuestDefinition definition)
    {
        KernelDescription? kernel = null;
        DefinitionCheck read = Try("Kernel", definition.KernelPath, () =>
        {
            using GuestFile file = GuestFile.Open("Kernel", definition.KernelPath);
            kernel = KernelDescription.Read(file);
            return Describe(kernel);
        });
        DefinitionCheck? ramDisk = definition.InitrdPath is null ? null : Try("Initrd", definition.InitrdPath, () =>
        {
            using GuestFile file = GuestFile.Open("Initrd", definition.InitrdPath);
            return $"{file.Length} bytes";
        });
        DefinitionCheck? memory = null;
        if (read.Passed && ramDisk is not { Passed: false })
        {
            memory = Try("Memory", definition.MemoryMB, () => Load(definition, kernel!), out string? errorId);
            // What the loader finds wrong with the file itself is not for want of memory.
            if (errorId is not null && errorId.StartsWith("Kernel", StringComparison.Ordinal) && errorId != "KernelDoesNotFit")
                (read, memory) = (memory with { Check = "Kernel", Target = definition.KernelPath }, null);
            else if (errorId == "CommandLineTooLong")
                memory = memory with { Check = "CommandLine", Target = definition.CommandLine };
        }

        yield return read;
        if (kernel is not null)
            yield return CheckPlatform(definition, kernel);
        if (ramDisk is not null)
            yield return ramDisk;
        if (memory is not null)
            yield return memory;
        yield return Try("Engine", definition.Engine, () =>
        {
            using IDisposable? code = ProcessorEngines.CreateCodeMemory(definition.Engine);
            return (code is null ? ProcessorEngine.Interpreter : ProcessorEngine.Translator).ToString();
        });
        if (definition.TranscriptPath is string transcript)
            yield return CheckTranscript(transcript);
        foreach (DeviceSettings device in definition.Devices)
            yield return Try(device.Kind, device, () =>
            {
                device.Check();
                return device.ToString();
            });
    }

    static string Load(GuestDefinition definition, KernelDescription kernel)
    {
        using GuestMemory memory = GuestMemoryFactory.Create(definition.Name, definition.MemoryMB);
        if (ChoosePlatform(definition, kernel).Platform == GuestPlatform.Pc)
            PcKernel.Load(definition, memory, SilentLog.Instance);
        else
            LguestSession.LoadKernel(definition, memory, SilentLog.Instance);
        return $"{definition.MemoryMB} MB hold all that is loaded";
    }

    static PlatformChoice ChoosePlatform(GuestDefinition definition, KernelDescription kernel) =>
        definition.Platform == GuestPlatform.Auto ? PlatformChoice.ForKernel(kernel) : PlatformChoice.Make(definition);

    static DefinitionCheck CheckPlatform(GuestDefinition definition, KernelDescription kernel)
    {
        PlatformChoice choice = ChoosePlatform(definition, kernel);
        bool passed = choice.Platform != GuestPlatform.Lguest || kernel.KnowsLguest != false;
        return new("Platform", passed, $"{choice.Platform}: {(passed ? choice.Reason : "the kernel has no lguest entry")}", choice.Platform);
    }

    static DefinitionCheck CheckTranscript(string path)
    {
        string? folder = Path.GetDirectoryName(path);
        return Directory.Exists(path) ? new("Transcript", false, $"{path} is a folder", path)
            : Directory.Exists(folder) ? new("Transcript", true, $"{folder} is there", path)
            : new("Transcript", false, $"There is no folder {folder}", path);
    }

    static string Describe(KernelDescription kernel) => kernel.Format switch
    {
        KernelFormat.Elf => "ELF executable",
        KernelFormat.BzImage => "bzImage",
        _ => "Kernel of another format",
    } + (kernel.Version is { } version ? $", Linux {version}" : "");

    static DefinitionCheck Try(string check, object target, Func<string> action) => Try(check, target, action, out _);

    static DefinitionCheck Try(string check, object target, Func<string> action, out string? errorId)
    {
        errorId = null;
        try
        {
            return new(check, true, action(), target);
        }
        catch (HostResourceException failure)
        {
            errorId = failure.ErrorId;
            return new(check, false, failure.Message, target);
        }
    }

    sealed class SilentLog : IMachineLog
    {
        public static SilentLog Instance { get; } = new();

        public bool IsVerbose => false;

        public void Verbose(string line)
        {
        }

        public void Warn(string line)
        {
        }

        public void Restarting()
        {
        }
    }
}
