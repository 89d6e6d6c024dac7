using System.Management.Automation;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;
using LguestPS.Rows;

namespace LguestPS.Commands;

/// <summary>Changes what guests that are off are made of. What is not said stays as it is.</summary>
/// <remarks>Values bind by property name only beside names: a piped guest has properties of these names itself, and they are what is to be changed. So the set of guests is the one that is tried first.</remarks>
[Cmdlet(VerbsCommon.Set, "LguestGuest", DefaultParameterSetName = ByGuest, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class SetLguestGuest : GuestCmdlet
{
    /// <summary>RAM in megabytes.</summary>
    [Parameter(ParameterSetName = ByName, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest), EmptyCell(null, typeof(int))]
    public int? MemoryMB { get; set; }

    /// <summary>The kernel: a vmlinux or bzImage.</summary>
    [Parameter(ParameterSetName = ByName, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest), Alias("KernelPath"), AllowEmptyString]
    public string? Kernel { get; set; }

    /// <summary>An initial RAM disk; empty takes the present one away.</summary>
    [Parameter(ParameterSetName = ByName, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest), Alias("InitrdPath"), AllowEmptyString]
    public string? Initrd { get; set; }

    /// <summary>The kernel's command line.</summary>
    [Parameter(ParameterSetName = ByName, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest), AllowEmptyString]
    public string? CommandLine { get; set; }

    /// <summary>The machine that it runs on: lguest's hypervisor, a plain PC, or what suits the kernel.</summary>
    [Parameter(ParameterSetName = ByName, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest), EmptyCell(null, typeof(GuestPlatform))]
    public GuestPlatform? Platform { get; set; }

    /// <summary>How its processor runs.</summary>
    [Parameter(ParameterSetName = ByName, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest), EmptyCell(null, typeof(ProcessorEngine))]
    public ProcessorEngine? Engine { get; set; }

    /// <summary>A file that gets all that the console prints; empty: none.</summary>
    [Parameter(ParameterSetName = ByName, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest), AllowEmptyString]
    public string? TranscriptPath { get; set; }

    /// <summary>The size of the console's window, columns and rows as in 80x25, until a terminal says its own; empty: none.</summary>
    [Parameter(ParameterSetName = ByName, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest), AllowEmptyString]
    public string? ConsoleSize { get; set; }

    /// <summary>What becomes of the guest when one of its drivers breaks a rule of virtio.</summary>
    [Parameter(ParameterSetName = ByName, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest), EmptyCell(null, typeof(ViolationAction))]
    public ViolationAction? OnViolation { get; set; }

    /// <summary>Another name for the guest, which may run if nothing else is changed.</summary>
    [Parameter(ParameterSetName = ByName, ValueFromPipelineByPropertyName = true), Parameter(ParameterSetName = ByGuest), AllowEmptyString]
    public string? NewName { get; set; }

    /// <summary>Passes the guests on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    bool ChangesMoreThanName => MemoryMB is not null || !string.IsNullOrEmpty(Kernel) || Initrd is not null || CommandLine is not null || Platform is not null
        || Engine is not null || TranscriptPath is not null || ConsoleSize is not null || OnViolation is not null;

    private protected override void ProcessGuest(LguestGuest guest)
    {
        if (MemoryMB is { } megabytes && megabytes is < NewLguestGuest.LeastMemoryMB or > NewLguestGuest.MostMemoryMB)
            ThrowTerminatingError(Errors.MemoryOutOfRange(megabytes));
        if (ChangesMoreThanName && guest.State != GuestState.Off)
        {
            WriteError(Errors.GuestRunning(guest));
            return;
        }
        Action<GuestDefinition> change = PrepareChange();
        if (!ShouldProcess(guest.Name, Messages.ActionSet))
            return;
        if (ChangesMoreThanName && !guest.TryChange(change))
        {
            WriteError(Errors.GuestRunning(guest));
            return;
        }
        if (!string.IsNullOrEmpty(NewName) && !TryRename(guest, NewName))
            return;
        if (PassThru)
            WriteObject(guest);
    }

    /// <summary>Resolves all paths before anything is changed.</summary>
    Action<GuestDefinition> PrepareChange()
    {
        string? kernel = string.IsNullOrEmpty(Kernel) ? null : ResolveExistingFile(Kernel, "KernelNotFound");
        string? initrd = string.IsNullOrEmpty(Initrd) ? null : ResolveExistingFile(Initrd, "InitrdNotFound");
        string? transcript = string.IsNullOrEmpty(TranscriptPath) ? null : ResolveFilePath(TranscriptPath, "TranscriptPathInvalid");
        ConsoleSize? size = ParseConsoleSize(ConsoleSize);
        return definition =>
        {
            definition.MemoryMB = MemoryMB ?? definition.MemoryMB;
            definition.KernelPath = kernel ?? definition.KernelPath;
            definition.InitrdPath = Initrd is null ? definition.InitrdPath : initrd;
            definition.CommandLine = CommandLine ?? definition.CommandLine;
            definition.Platform = Platform ?? definition.Platform;
            definition.Engine = Engine ?? definition.Engine;
            definition.TranscriptPath = TranscriptPath is null ? definition.TranscriptPath : transcript;
            definition.ConsoleSize = ConsoleSize is null ? definition.ConsoleSize : size;
            definition.OnViolation = OnViolation ?? definition.OnViolation;
        };
    }
}
