using System.Collections.ObjectModel;
using System.Management.Automation;
using LguestPS.Definitions;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;

namespace LguestPS.Commands;

/// <summary>Defines guests as files of Export-LguestGuest say. Kernels and disks are used where they are, as Import-VM -Register does.</summary>
[Cmdlet(VerbsData.Import, "LguestGuest", DefaultParameterSetName = ByPath, SupportsShouldProcess = true), OutputType(typeof(LguestGuest))]
public sealed class ImportLguestGuest : LguestCmdlet
{
    const string ByPath = "Path", ByLiteralPath = "LiteralPath";

    /// <summary>Files, or folders all of whose .json files are meant; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = ByPath, Mandatory = true, Position = 0, ValueFromPipeline = true), SupportsWildcards, ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Files or folders whose names are taken as they are; Get-ChildItem and Export-LguestGuest give them.</summary>
    [Parameter(ParameterSetName = ByLiteralPath, Mandatory = true, ValueFromPipelineByPropertyName = true), Alias("PSPath", "FullName"), ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Another name than the file has.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in ParameterSetName == ByPath ? Path.SelectMany(Resolve) : LiteralPath.Select(path => ResolveFilePath(path, "GuestFileNotFound")))
            if (Directory.Exists(path))
                foreach (string file in Directory.EnumerateFiles(path, "*" + GuestDefinitionFile.Extension).Order(StringComparer.Ordinal))
                    Import(file);
            else
                Import(path);
    }

    void Import(string file)
    {
        try
        {
            GuestDefinition definition = GuestDefinitionFile.Read(file);
            definition.Name = NewName ?? definition.Name;
            if (definition.Name.Length == 0 || WildcardPattern.ContainsWildcardCharacters(definition.Name))
            {
                WriteError(Errors.InvalidGuestName(definition.Name));
                return;
            }
            if (!ShouldProcess(definition.Name, string.Format(Messages.ActionImport, file)))
                return;
            LguestGuest guest = new(definition);
            if (GuestTable.Process.TryAdd(guest))
                WriteObject(guest);
            else
                WriteError(Errors.GuestExists(definition.Name));
        }
        catch (HostResourceException failure)
        {
            WriteError(Errors.FromHost(failure, file));   // of one file of several, perhaps
        }
    }

    IEnumerable<string> Resolve(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
            return [ResolveFilePath(path, "GuestFileNotFound")];
        Collection<string> found = SessionState.Path.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
        if (provider.Name != "FileSystem")
            ThrowTerminatingError(Errors.NotAFilePath("GuestFileNotFound", path));
        return found;
    }
}
