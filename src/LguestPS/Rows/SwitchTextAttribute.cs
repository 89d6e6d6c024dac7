using System.Management.Automation;

namespace LguestPS.Rows;

/// <summary>Lets a switch be bound to what tables of text have for it: true or false, yes or no, 1 or 0; an empty cell is false.</summary>
sealed class SwitchTextAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            null => new SwitchParameter(false),
            string text => new SwitchParameter(Read(text.Trim())),
            sbyte or byte or short or ushort or int or uint or long or ulong => new SwitchParameter(LanguagePrimitives.IsTrue(value)),
            _ => inputData,
        };
    }

    static bool Read(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "1" => true,
        "false" or "no" or "0" or "" => false,
        _ => throw new ArgumentTransformationMetadataException(string.Format(Messages.NotASwitch, text)),
    };
}
