using System.Management.Automation;

namespace LguestPS.Rows;

/// <summary>Lets an empty cell of a table stand for a parameter's default, where text without characters could not be bound.</summary>
/// <remarks>PowerShell passes over a property of a piped object that does not convert to the parameter's type, as if it was not there: a guest would start with memory that nobody asked for. So what does not convert is refused here.</remarks>
/// <param name="meaning">The default; null where an empty cell says nothing.</param>
/// <param name="type">The parameter's type.</param>
sealed class EmptyCellAttribute(object? meaning, Type type) : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is null || (value is string text && string.IsNullOrWhiteSpace(text)))
            return meaning;
        if (LanguagePrimitives.TryConvertTo(value, type, out _))
            return inputData;
        throw new ArgumentTransformationMetadataException(type.IsEnum
            ? string.Format(Messages.NotOneOf, value, string.Join(", ", Enum.GetNames(type)))
            : string.Format(Messages.NotANumber, value));
    }
}
