using System.Management.Automation;
using LguestPS.Emulator.Launcher;

namespace LguestPS.Commands;

/// <summary>Looks whether guests could start, without starting them: their files, memory, machine, engine and devices.</summary>
[Cmdlet(VerbsDiagnostic.Test, "LguestGuest", DefaultParameterSetName = ByName), OutputType(typeof(GuestCheck), typeof(bool))]
public sealed class TestLguestGuest : GuestCmdlet
{
    /// <summary>Puts out for each guest only whether all is well.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override void ProcessGuest(LguestGuest guest)
    {
        GuestDefinition definition = guest.CopyDefinition();
        bool passed = true;
        foreach (DefinitionCheck check in DefinitionCheck.Run(definition))
        {
            passed &= check.Passed;
            if (!Quiet)
                WriteObject(new GuestCheck(definition.Name, check));
        }
        if (Quiet)
            WriteObject(passed);
    }
}
