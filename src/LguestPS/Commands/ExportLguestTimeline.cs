using System.Management.Automation;
using System.Text;
using LguestPS.Completion;

namespace LguestPS.Commands;

/// <summary>Draws where a guest's present or last run spent its time, as an SVG picture or a web page with one.</summary>
[Cmdlet(VerbsData.Export, "LguestTimeline", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(FileInfo))]
public sealed class ExportLguestTimeline : GuestCmdlet
{
    LguestGuest? drawn;

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByGuest, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ByName, ValueFromPipeline = true)]   // so that a word may stand at position 0 when a guest is piped
    [ValidateNotNullOrEmpty]
    public override LguestGuest[] Guest { get; set; } = [];

    /// <summary>The file, .svg or .html.</summary>
    [Parameter(Position = 1), ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Leaves a file alone that is there already.</summary>
    [Parameter, Alias("NoOverwrite")]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Puts out the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        string? word = WordBesidePipedGuests ?? Path;
        if (word is null)
            ThrowTerminatingError(Errors.ParameterMissing(nameof(Path)));
        if (drawn is not null)
            ThrowTerminatingError(Errors.OneTimelineOnly(drawn, guest));
        drawn = guest;
        string path = ResolveFilePath(word!, "TimelineNotWritable");
        bool page = HasExtension(path, ".html") || HasExtension(path, ".htm");
        if (!page && !HasExtension(path, ".svg"))
            ThrowTerminatingError(Errors.UnknownPictureFormat(path));
        if (NoClobber && File.Exists(path))
            ThrowTerminatingError(Errors.FileExists("TimelineExists", path));
        if (guest.ReadTimeline() is not { } timeline)
        {
            WriteError(Errors.GuestNeverStarted(guest));
            return;
        }
        if (!ShouldProcess(path, string.Format(Messages.ActionDrawTimeline, guest.Name)))
            return;
        try
        {
            File.WriteAllText(path, page ? TimelinePicture.ToHtml(timeline) : TimelinePicture.ToSvg(timeline), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(Errors.CannotWrite("TimelineNotWritable", path, failure));
        }
        if (PassThru)
            WriteFile(path);
    }

    static bool HasExtension(string path, string extension) => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);
}
