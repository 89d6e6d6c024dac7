using System.Management.Automation;
using System.Management.Automation.Runspaces;
using LguestPS.Shell;

// A stand-in for `pwsh -NoProfile -File SCRIPT ARGUMENTS` on machines without PowerShell: the engine of System.Management.Automation, which
// has the language, modules, jobs and help, and the few cmdlets of PowerShell's other modules that this project's scripts use (StandIns.ps1).
if (args.Length == 0)
{
    Console.Error.WriteLine("Usage: LguestPS.Shell SCRIPT [ARGUMENT]...");
    return 2;
}

ShellHost host = new();
InitialSessionState state = InitialSessionState.CreateDefault2();
using Runspace runspace = RunspaceFactory.CreateRunspace(host, state);
runspace.Open();
Runspace.DefaultRunspace = runspace;

using PowerShell shell = PowerShell.Create(runspace);
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    shell.BeginStop(null, null);
};

foreach (string part in (ReadOnlySpan<string>)["StandIns.ps1", "PesterSubset.ps1"])
{
    // Dot-sourced into the global scope, where tests are run too: a test's blocks and the keywords share one session state.
    shell.AddScript(". '" + Path.Combine(AppContext.BaseDirectory, part) + "'", useLocalScope: false).Invoke();
    shell.Commands.Clear();
}

shell.AddCommand(Path.GetFullPath(args[0]));
AddArguments(shell, args.AsSpan(1));
shell.AddCommand("Out-Default");
shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
try
{
    shell.Invoke();
}
catch (PipelineStoppedException)
{
    return 130;
}
catch (RuntimeException failure)
{
    host.UI.WriteErrorLine(failure.ErrorRecord.InvocationInfo?.PositionMessage is { Length: > 0 } position ? failure.Message + "\n" + position : failure.Message);
    return 1;
}
return host.ExitCode ?? (runspace.SessionStateProxy.GetVariable("LASTEXITCODE") as int? ?? 0);

// As `pwsh -File` reads them: -Name value, -Switch, -Switch:$false, or a positional value.
static void AddArguments(PowerShell shell, ReadOnlySpan<string> arguments)
{
    for (int i = 0; i < arguments.Length; i++)
    {
        string argument = arguments[i];
        if (argument.Length < 2 || argument[0] != '-' || !char.IsLetter(argument[1]))
            shell.AddArgument(argument);
        else if (i + 1 < arguments.Length && !arguments[i + 1].StartsWith('-'))
            shell.AddParameter(argument[1..], arguments[++i]);
        else
            shell.AddParameter(argument[1..]);
    }
}
