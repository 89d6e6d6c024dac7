using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace LguestPS.Completion;

/// <summary>Completes names of keys.</summary>
public sealed class ConsoleKeyCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        ConsoleKeys.Names.Where(name => name.StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase)).Select(name => new CompletionResult(name));
}
