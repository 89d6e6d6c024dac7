using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace LguestPS.Completion;

/// <summary>Completes slots of the guest that was named with those that hold a device of the cmdlet's kind, which is in the tooltip.</summary>
public sealed class DeviceSlotCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        // A device's type has the name of its cmdlets' noun.
        foreach (LguestDevice device in Guests(fakeBoundParameters).SelectMany(guest => guest.Devices))
            if (commandName.EndsWith("-" + device.GetType().Name, StringComparison.OrdinalIgnoreCase) && $"{device.Slot}".StartsWith(wordToComplete, StringComparison.Ordinal))
                yield return new($"{device.Slot}", $"{device.Slot}", CompletionResultType.ParameterValue, $"{device.GuestName}: {device}");
    }

    static IEnumerable<LguestGuest> Guests(IDictionary bound)
    {
        object? given = bound["Guest"] ?? bound["Name"] ?? bound["GuestName"];
        return (given is PSObject wrapped ? wrapped.BaseObject : given) switch
        {
            LguestGuest guest => [guest],
            string name => GuestTable.Process.Find(name),
            _ => [],
        };
    }
}
