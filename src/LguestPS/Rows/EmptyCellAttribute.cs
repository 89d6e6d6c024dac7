using System.Management.Automation;

namespace LguestPS.Rows;

/// <summary>Lets an empty cell of a table stand for a parameter's default, where text without characters could not be bound.</summary>
/// <param name="meaning">The default; null where an empty cell says nothing.</param>
sealed class EmptyCellAttribute(object? meaning) : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        inputData is null || (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is string text && string.IsNullOrWhiteSpace(text) ? meaning : inputData;
}
