using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace LguestPS.Completion;

/// <summary>Completes names of guests, with their state in the tooltip.</summary>
public sealed class GuestNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        foreach (LguestGuest guest in GuestTable.Process.Find(wordToComplete.Trim('\'', '"') + "*"))
            yield return new(Quoted(guest.Name), guest.Name, CompletionResultType.ParameterValue, $"{guest.Name}: {guest.State}, {guest.MemoryMB} MB");
    }

    static string Quoted(string name) =>
        name.All(character => char.IsLetterOrDigit(character) || character is '-' or '_' or '.') ? name : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}
