using System.Management.Automation;
using LguestPS.Completion;
using LguestPS.Definitions;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>Writes definitions of guests as JSON: a file for each guest. Kernels and disks stay where they are.</summary>
[Cmdlet(VerbsData.Export, "LguestGuest", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(FileInfo))]
public sealed class ExportLguestGuest : GuestCmdlet
{
    readonly HashSet<string> written = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByGuest, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ByName, ValueFromPipeline = true)]   // so that a word may stand at position 0 when guests are piped
    [ValidateNotNullOrEmpty]
    public override LguestGuest[] Guest { get; set; } = [];

    /// <summary>A folder, which is made if need be and gets a file of each guest's name; or, for one guest, a file whose name ends in .json.</summary>
    [Parameter(Position = 1), ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Overwrites files that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        string? path = WordBesidePipedGuests ?? Path;
        if (path is null)
            ThrowTerminatingError(Errors.ParameterMissing(nameof(Path)));
        string file = ResolveFilePath(path!, "GuestFileUnwritable");
        if (!file.EndsWith(GuestDefinitionFile.Extension, StringComparison.OrdinalIgnoreCase) || Directory.Exists(file))
            file = System.IO.Path.Combine(file, FileName(guest.Name));
        // One file can't hold two guests, forced or not.
        if ((File.Exists(file) && !Force) || written.Contains(file))
        {
            WriteError(Errors.FileExists("GuestFileExists", file));
            return;
        }
        if (!ShouldProcess(guest.Name, string.Format(Messages.ActionExport, file)))
            return;
        WithHost<object?>(file, () =>
        {
            MakeFolder(System.IO.Path.GetDirectoryName(file)!);
            GuestDefinitionFile.Write(guest.CopyDefinition(), file);
            return null;
        });
        written.Add(file);
        WriteFile(file);
    }

    static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostResourceException("GuestFileUnwritable", e.Message, folder, e);
        }
    }

    // Also without what PowerShell takes for something else in a path: a drive.
    static string FileName(string guest) =>
        string.Join('_', guest.Split([.. System.IO.Path.GetInvalidFileNameChars(), ':', '\\'])) + GuestDefinitionFile.Extension;
}
