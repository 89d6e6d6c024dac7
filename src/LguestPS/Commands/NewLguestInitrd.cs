using System.Collections;
using System.Management.Automation;
using LguestPS.Initrd;

namespace LguestPS.Commands;

/// <summary>Makes an initial RAM disk: a newc cpio archive, packed with gzip. Nothing of it needs root.</summary>
[Cmdlet(VerbsCommon.New, "LguestInitrd", SupportsShouldProcess = true), OutputType(typeof(FileInfo))]
public sealed class NewLguestInitrd : LguestCmdlet
{
    readonly InitrdImage image = new();

    /// <summary>The file to make.</summary>
    [Parameter(Mandatory = true, Position = 0), Alias("OutputPath"), ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Directories of the host; what is in them comes into the root of the image.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public string[] Directory { get; set; } = [];

    /// <summary>Files of the host by their paths in the guest.</summary>
    [Parameter, ValidateNotNull]
    public IDictionary File { get; set; } = new Hashtable();

    /// <summary>Yields entries: objects or hash tables with Path, Mode, and Content, Source, Target or Device.</summary>
    [Parameter, ValidateNotNull]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>Entries like those that the script block yields.</summary>
    [Parameter(ValueFromPipeline = true), ValidateNotNull]
    public PSObject[] Entry { get; set; } = [];

    /// <summary>Leaves the archive as it is instead of packing it.</summary>
    [Parameter]
    public SwitchParameter NoCompression { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => Gather(() =>
    {
        foreach (string folder in Directory)
            image.AddFromHost(ResolveExistingFolder(folder, "DirectoryNotFound"), "");
        foreach (DictionaryEntry file in File)
            image.AddFile(ResolveExistingFile($"{file.Value}", "FileNotFound"), InitrdEntry.NormalizePath($"{file.Key}"));
        foreach (PSObject? entry in ScriptBlock?.Invoke() ?? [])
            if (entry is not null)
                AddEntry(entry);
    });

    /// <inheritdoc/>
    protected override void ProcessRecord() => Gather(() => Array.ForEach(Entry, AddEntry));

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string full = ResolveFilePath(Path, "OutputUnwritable");
        if (!ShouldProcess(full, Messages.ActionWriteInitrd))
            return;
        Gather(() => image.Write(full, !NoCompression));
        WriteVerbose(string.Format(Messages.InitrdWritten, full, image.Count));
        WriteFile(full);
    }

    void AddEntry(PSObject entry) => image.Add(EntryObject.Read(entry, source => ResolveExistingFile(source, "FileNotFound")));

    void Gather(Action action) => WithHost<object?>(Path, () =>
    {
        action();
        return null;
    });
}
