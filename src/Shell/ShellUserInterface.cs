using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Internal;
using System.Security;

namespace LguestPS.Shell;

/// <summary>Writes to standard output and standard error, and answers every question with its default, or fails where it has none.</summary>
sealed class ShellUserInterface : PSHostUserInterface
{
    public override PSHostRawUserInterface RawUI { get; } = new ShellRawUserInterface();

    // The engine decorates what it formats; this host shows plain text.
    public override void Write(string value) => Console.Out.Write(Plain(value));

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => Console.Out.WriteLine(Plain(value));

    public override void WriteErrorLine(string value) => Console.Error.WriteLine(Plain(value));

    public override void WriteDebugLine(string message) => WriteLine("DEBUG: " + message);

    public override void WriteVerboseLine(string message) => WriteLine("VERBOSE: " + message);

    public override void WriteWarningLine(string message) => WriteLine("WARNING: " + message);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
    }

    public override string ReadLine() => Console.In.ReadLine() ?? "";

    public override SecureString ReadLineAsSecureString() => throw Unattended();

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) => throw Unattended();

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        defaultChoice >= 0 ? defaultChoice : throw Unattended();

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) => throw Unattended();

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) => throw Unattended();

    static string Plain(string value) => new StringDecorated(value).ToString(OutputRendering.PlainText);

    static HostException Unattended() => new("This host runs scripts unattended: there is nobody to ask.");
}
