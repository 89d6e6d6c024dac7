using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Measures what guests have done in their present or last run, and what that costs the host.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "LguestGuest", DefaultParameterSetName = ByName), OutputType(typeof(GuestMeasurement))]
public sealed class MeasureLguestGuest : ObservingCmdlet
{
    private protected override void ProcessGuest(LguestGuest guest)
    {
        if (guest.Measure() is { } measurement)
            WriteObject(measurement);
        else
            WriteError(Errors.GuestNeverStarted(guest));
    }
}
