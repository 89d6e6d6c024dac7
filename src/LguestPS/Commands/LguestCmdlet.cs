using System.Management.Automation;
using System.Text.RegularExpressions;
using LguestPS.Emulator.Devices;

namespace LguestPS.Commands;

/// <summary>What all cmdlets of the module share: files by PowerShell path, and errors of the host as error records.</summary>
public abstract class LguestCmdlet : PSCmdlet, IDisposable
{
    const int ProgressId = 1;

    readonly CancellationTokenSource stopping = new();
    ProgressRecord? progress;

    /// <summary>Cancelled by Ctrl+C: it ends what the cmdlet waits for, and never a guest.</summary>
    private protected CancellationToken StopToken => stopping.Token;

    /// <inheritdoc/>
    protected override void StopProcessing() => stopping.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The full path of a file that exists.</summary>
    /// <param name="path">A PowerShell path, relative to the current location.</param>
    /// <param name="errorId">The error's id when there is no such file; the error ends the pipeline.</param>
    private protected string ResolveExistingFile(string path, string errorId)
    {
        string full = ResolveFilePath(path, errorId);
        // A block device is as good as a file, a folder is not.
        if (!File.Exists(full))
            ThrowTerminatingError(Errors.FileNotFound(errorId, full));
        return full;
    }

    /// <summary>The full path of a folder that exists.</summary>
    /// <param name="path">A PowerShell path, relative to the current location.</param>
    /// <param name="errorId">The error's id when there is no such folder; the error ends the pipeline.</param>
    private protected string ResolveExistingFolder(string path, string errorId)
    {
        string full = ResolveFilePath(path, errorId);
        if (!Directory.Exists(full))
            ThrowTerminatingError(Errors.FolderNotFound(errorId, full));
        return full;
    }

    /// <summary>Puts out a file that was written, as Get-Item does: with the mode and owner that tables of files show.</summary>
    private protected void WriteFile(string path) => WriteObject(InvokeProvider.Item.Get([path], force: true, literalPath: true), enumerateCollection: true);

    /// <summary>Does what needs something of the host; if the host does not have it, the error ends the pipeline under the id it was given there.</summary>
    private protected T WithHost<T>(object target, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (HostResourceException failure)
        {
            ThrowTerminatingError(Errors.FromHost(failure, target));
            throw;
        }
    }

    /// <summary>The regular expression that a user typed for a console's text; ^ and $ match at lines. What is none ends the pipeline.</summary>
    private protected Regex ParsePattern(string typed, bool literally = false)
    {
        try
        {
            return new Regex(literally ? Regex.Escape(typed) : typed, RegexOptions.Multiline);
        }
        catch (ArgumentException notAPattern)
        {
            ThrowTerminatingError(Errors.BadPattern(typed, notAPattern));
            throw;
        }
    }

    /// <summary>Shows how far the cmdlet is.</summary>
    /// <param name="activity">What it does.</param>
    /// <param name="status">Where it is: a console's last line, a file.</param>
    /// <param name="deadline">When it has to be done.</param>
    private protected void ShowProgress(string activity, string status, Deadline? deadline = null)
    {
        progress ??= new(ProgressId, activity, " ");
        progress.Activity = activity;
        progress.StatusDescription = status.Length == 0 ? " " : status;   // empty is not allowed
        progress.PercentComplete = deadline?.Percent ?? -1;
        progress.SecondsRemaining = (int)Math.Ceiling(deadline?.Left?.TotalSeconds ?? -1);
        WriteProgress(progress);
    }

    /// <summary>Takes what <see cref="ShowProgress"/> shows away again.</summary>
    private protected void EndProgress()
    {
        if (progress is null)
            return;
        progress.RecordType = ProgressRecordType.Completed;
        WriteProgress(progress);
        progress = null;
    }

    /// <summary>A window's size, such as 80x25; null for none. What is not one ends the pipeline.</summary>
    private protected ConsoleSize? ParseConsoleSize(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (!ConsoleSize.TryParse(text, out ConsoleSize size))
            ThrowTerminatingError(Errors.BadConsoleSize(text));
        return size;
    }

    /// <summary>Whether the user wants verbose lines, by <c>-Verbose</c> or by preference.</summary>
    private protected bool WantsVerbose =>
        MyInvocation.BoundParameters.TryGetValue("Verbose", out object? asked)
            ? ((SwitchParameter)asked).IsPresent
            : SessionState.PSVariable.GetValue("VerbosePreference") is ActionPreference preference && preference is not (ActionPreference.SilentlyContinue or ActionPreference.Ignore);

    /// <summary>The full path of a file or folder, whether it exists or not.</summary>
    /// <param name="path">A PowerShell path, relative to the current location.</param>
    /// <param name="errorId">The error's id when it can't be a file's; the error ends the pipeline.</param>
    private protected string ResolveFilePath(string path, string errorId)
    {
        string full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        if (provider.Name != "FileSystem")
            ThrowTerminatingError(Errors.NotAFilePath(errorId, path));
        return full;
    }
}
