using System.Globalization;
using System.Management.Automation.Host;

namespace LguestPS.Shell;

/// <summary>The engine's host: a console without colours, prompts or line editing, for scripts that run unattended.</summary>
sealed class ShellHost : PSHost
{
    /// <summary>What <c>$Host.Name</c> says, by which scripts know where they run.</summary>
    public const string HostName = "LguestPS.Shell";

    public override string Name => HostName;

    public override Version Version { get; } = typeof(ShellHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI { get; } = new ShellUserInterface();

    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.GetCultureInfo("en-US");

    /// <summary>What the script passed to <c>exit</c>.</summary>
    public int? ExitCode { get; private set; }

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt() => throw new NotSupportedException("There is nobody to prompt.");

    public override void ExitNestedPrompt() => throw new NotSupportedException("There is nobody to prompt.");

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }
}
