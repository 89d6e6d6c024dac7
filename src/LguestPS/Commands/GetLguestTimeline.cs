using System.Management.Automation;

namespace LguestPS.Commands;

/// <summary>Gets the course of guests' present or last runs: what happened when, or how much was done at each time.</summary>
[Cmdlet(VerbsCommon.Get, "LguestTimeline", DefaultParameterSetName = ByName), OutputType(typeof(TimelineMark), typeof(TimelineSample))]
public sealed class GetLguestTimeline : ObservingCmdlet
{
    /// <summary>Puts out what was done in each piece of time, as rates, instead of what happened.</summary>
    [Parameter]
    public SwitchParameter Sample { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        if (guest.ReadTimeline() is not { } timeline)
            WriteError(Errors.GuestNeverStarted(guest));
        else if (Sample)
            WriteObject(timeline.Samples, enumerateCollection: true);
        else
            WriteObject(timeline.Marks, enumerateCollection: true);
    }
}
