using System.Management.Automation;
using LguestPS.Completion;

namespace LguestPS.Commands;

/// <summary>Gets the guests of this process.</summary>
[Cmdlet(VerbsCommon.Get, "LguestGuest"), OutputType(typeof(LguestGuest))]
public sealed class GetLguestGuest : LguestCmdlet
{
    /// <summary>Names of guests; wildcards are allowed. Without it all guests are meant.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string pattern in Name)
        {
            LguestGuest[] found = [.. GuestTable.Process.Find(pattern)];
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(pattern))
                WriteError(Errors.GuestNotFound(pattern));
            WriteObject(found, enumerateCollection: true);
        }
    }
}
