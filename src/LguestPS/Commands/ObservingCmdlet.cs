using System.Management.Automation;
using LguestPS.Completion;

namespace LguestPS.Commands;

/// <summary>A cmdlet that only looks at guests: at all of them when none are given.</summary>
public abstract class ObservingCmdlet : GuestCmdlet
{
    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = ["*"];
}
