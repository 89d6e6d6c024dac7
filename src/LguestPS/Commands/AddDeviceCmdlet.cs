using System.Management.Automation;
using LguestPS.Completion;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>A cmdlet that adds a device to guests that are off, and passes the guests on, so that a pipeline can go on building them.</summary>
/// <remarks>A guest that was made from a row of a table brings the row's columns. An empty cell means that this guest has no such device.</remarks>
public abstract class AddDeviceCmdlet : GuestCmdlet
{
    // Slot 0 is the host bridge's and slot 1 the console's.
    const int MostDevices = 30;

    readonly HashSet<string> typed = new(StringComparer.OrdinalIgnoreCase);
    bool ignoresRow, rowsCame, rowsSayIt;

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("GuestName"), SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = [];

    /// <summary>Parameters and their aliases of which one at least says that there is such a device; none where the cmdlet alone says it.</summary>
    private protected virtual string[] Decisive => [];

    /// <summary>What to add, checked against the host as far as can be without a guest; null when the row of the guest says that it has none.</summary>
    private protected abstract DeviceSettings? CreateSettings(LguestGuest guest);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        typed.UnionWith(MyInvocation.BoundParameters.Keys);   // nothing is bound from the pipeline yet
    }

    /// <summary>A parameter's value, but for that of a row which tells of another device than the one that was typed.</summary>
    private protected T? OfThisDevice<T>(string parameter, T? bound) => ignoresRow && !typed.Contains(parameter) ? default : bound;

    /// <summary>Whether it is a row that says, by what it leaves out or empty, that its guest has no such device.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="decisive">The values of the decisive parameters, none of which says anything: null if not bound.</param>
    private protected bool RowLeavesOut(LguestGuest guest, params ReadOnlySpan<string?> decisive)
    {
        bool bound = false;
        foreach (string? value in decisive)
            bound |= value is not null;
        return !IsTyped && (bound || guest.RowColumns is not null);
    }

    private protected sealed override void ProcessGuest(LguestGuest guest)
    {
        bool rowSaysIt = guest.RowColumns is { } columns && Decisive.Any(columns.Contains);
        ignoresRow = rowSaysIt && IsTyped;
        rowsCame |= guest.RowColumns is not null;
        rowsSayIt |= rowSaysIt;
        if (guest.State != GuestState.Off)
        {
            WriteError(Errors.GuestRunning(guest));
            return;
        }
        if (guest.Devices.Count > MostDevices)
            ThrowTerminatingError(Errors.TooManyDevices(guest));
        DeviceSettings? settings = WithHost(guest, () => CreateSettings(guest));
        if (settings is not null && ShouldProcess(guest.Name, string.Format(Messages.ActionAddDevice, LguestDevice.Describe(settings))) && !guest.TryAddDevice(settings))
        {
            WriteError(Errors.GuestRunning(guest));
            return;
        }
        WriteObject(guest);
    }

    /// <summary>Where no row has the column, it was forgotten or misspelt.</summary>
    protected override void EndProcessing()
    {
        if (rowsCame && !rowsSayIt && Decisive.Length > 0 && !IsTyped)
            WriteError(Errors.ColumnMissing(string.Join(", ", Decisive)));
    }

    bool IsTyped => WordBesidePipedGuests is not null || Decisive.Any(typed.Contains);
}
