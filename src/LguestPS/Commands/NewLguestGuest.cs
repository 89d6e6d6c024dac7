using System.Management.Automation;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;
using LguestPS.Rows;

namespace LguestPS.Commands;

/// <summary>Defines a guest. Devices are added to it next, then it is started.</summary>
[Cmdlet(VerbsCommon.New, "LguestGuest", SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class NewLguestGuest : LguestCmdlet
{
    internal const int LeastMemoryMB = 4, MostMemoryMB = 1024;
    internal const int DefaultMemoryMB = 64;

    /// <summary>The guest's name. It must not contain wildcard characters, and no other guest may have it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true), ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>RAM in megabytes.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), EmptyCell(DefaultMemoryMB, typeof(int)), ValidateRange(LeastMemoryMB, MostMemoryMB)]
    public int MemoryMB { get; set; } = DefaultMemoryMB;

    /// <summary>The kernel: a vmlinux or bzImage.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true), Alias("KernelPath", "PSPath"), ValidateNotNullOrEmpty]
    public string Kernel { get; set; } = "";

    /// <summary>An initial RAM disk.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), Alias("InitrdPath")]
    public string? Initrd { get; set; }

    /// <summary>The kernel's command line.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), AllowEmptyString]
    public string CommandLine { get; set; } = "";

    /// <summary>The machine that it runs on: lguest's hypervisor, a plain PC, or what suits the kernel.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), EmptyCell(GuestPlatform.Auto, typeof(GuestPlatform))]
    public GuestPlatform Platform { get; set; } = GuestPlatform.Auto;

    /// <summary>How its processor runs: code translated to the host's, instruction by instruction, or whichever the host allows.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), EmptyCell(ProcessorEngine.Auto, typeof(ProcessorEngine))]
    public ProcessorEngine Engine { get; set; } = ProcessorEngine.Auto;

    /// <summary>A file that gets all that the console prints, byte by byte. Each run begins it anew.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? TranscriptPath { get; set; }

    /// <summary>The size of the console's window, columns and rows as in 80x25, until a terminal says its own. On lguest it is what gives the console a size at all.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? ConsoleSize { get; set; }

    /// <summary>What becomes of the guest when one of its drivers breaks a rule of virtio.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true), EmptyCell(ViolationAction.Stop, typeof(ViolationAction))]
    public ViolationAction OnViolation { get; set; } = ViolationAction.Stop;

    /// <summary>The row of a table that a guest is made from. Its further columns travel with the guest, for the cmdlets that add devices.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (WildcardPattern.ContainsWildcardCharacters(Name))
            ThrowTerminatingError(Errors.InvalidGuestName(Name));
        LguestGuest guest = new(new GuestDefinition
        {
            Name = Name,
            MemoryMB = MemoryMB,
            KernelPath = ResolveExistingFile(Kernel, "KernelNotFound"),
            // An empty field of a CSV file means none.
            InitrdPath = string.IsNullOrEmpty(Initrd) ? null : ResolveExistingFile(Initrd, "InitrdNotFound"),
            CommandLine = CommandLine,
            Platform = Platform,
            Engine = Engine,
            TranscriptPath = string.IsNullOrEmpty(TranscriptPath) ? null : ResolveFilePath(TranscriptPath, "TranscriptPathInvalid"),
            ConsoleSize = ParseConsoleSize(ConsoleSize),
            OnViolation = OnViolation,
        });
        if (!ShouldProcess(Name, Messages.ActionNew))
            return;
        if (!GuestTable.Process.TryAdd(guest))
            ThrowTerminatingError(Errors.GuestExists(Name));
        GuestRow.Attach(guest, InputObject);
        WriteObject(guest);
    }
}
