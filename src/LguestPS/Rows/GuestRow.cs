using System.Collections.Frozen;
using System.Management.Automation;

namespace LguestPS.Rows;

/// <summary>The row of a table (of Import-Csv or ConvertFrom-Json) that a guest was made from. Columns that say nothing of the guest itself travel with it, so that the cmdlets that add its devices find theirs.</summary>
static class GuestRow
{
    static readonly FrozenSet<string> ownProperties =
        typeof(LguestGuest).GetProperties().Select(property => property.Name).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Puts a row's further columns on a guest, as note properties.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="input">What came down the pipeline; only an object made of nothing but properties is a row.</param>
    public static void Attach(LguestGuest guest, PSObject? input)
    {
        if (input?.BaseObject is not PSCustomObject)
            return;
        HashSet<string> columns = new(StringComparer.OrdinalIgnoreCase);
        PSObject carrier = PSObject.AsPSObject(guest);
        foreach (PSNoteProperty column in input.Properties.OfType<PSNoteProperty>())
            if (!ownProperties.Contains(column.Name) && columns.Add(column.Name))
                carrier.Properties.Add(new PSNoteProperty(column.Name, column.Value));
        guest.RowColumns = columns;
    }
}
