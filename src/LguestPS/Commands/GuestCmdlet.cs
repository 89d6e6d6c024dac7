using System.Management.Automation;
using LguestPS.Completion;

namespace LguestPS.Commands;

/// <summary>A cmdlet that works on guests, given by name, with wildcards, or as objects.</summary>
public abstract class GuestCmdlet : LguestCmdlet
{
    private protected const string ByName = "Name";
    private protected const string ByGuest = "Guest";

    /// <summary>Names of guests; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = ByName, Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public virtual string[] Name { get; set; } = [];

    /// <summary>Guests, as <c>New-LguestGuest</c> and <c>Get-LguestGuest</c> give them.</summary>
    [Parameter(ParameterSetName = ByGuest, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public virtual LguestGuest[] Guest { get; set; } = [];

    bool nameWasTyped;

    /// <summary>The one word that was typed where a name may stand, although the guests come down the pipeline: it was meant for the cmdlet's next positional parameter.</summary>
    private protected string? WordBesidePipedGuests => WordsBesidePipedGuests is [var word] ? word : null;

    /// <summary>The same where there may be several.</summary>
    private protected string[] WordsBesidePipedGuests => nameWasTyped && Guest.Length > 0 ? Name : [];

    /// <inheritdoc/>
    protected override void BeginProcessing() => nameWasTyped = MyInvocation.BoundParameters.ContainsKey(nameof(Name));   // nothing is bound from the pipeline yet

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => ProcessInput();

    /// <summary>Does the cmdlet's work on what came down the pipeline.</summary>
    private protected virtual void ProcessInput()
    {
        BeginRecord();
        foreach (LguestGuest guest in Guest.Length > 0 ? Guest : FindByName())
        {
            GuestRun? before = guest.Run;   // what this ends has last words, too
            ProcessGuest(guest);
            RelayMessages(before);
            if (guest.Run != before)
                RelayMessages(guest.Run);
        }
    }

    /// <summary>Looks at what else the pipeline brings, before the guests.</summary>
    private protected virtual void BeginRecord()
    {
    }

    /// <summary>Does the cmdlet's work on one guest.</summary>
    private protected abstract void ProcessGuest(LguestGuest guest);

    /// <summary>Asks as <see cref="Cmdlet.ShouldProcess(string, string)"/> does, but only if it was asked for when the user said <c>-Force</c>.</summary>
    private protected bool ShouldProcessUnlessForced(LguestGuest guest, string action, bool force)
    {
        bool asked = MyInvocation.BoundParameters.TryGetValue("Confirm", out object? confirm) && (SwitchParameter)confirm;
        bool whatIf = MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? tries)
            ? (SwitchParameter)tries
            : LanguagePrimitives.IsTrue(SessionState.PSVariable.GetValue("WhatIfPreference"));
        return (force && !asked && !whatIf) || ShouldProcess(guest.Name, action);
    }

    /// <summary>Hands on what the launcher has said since the last cmdlet that had to do with the guest: warnings, and verbose lines if they are wanted here.</summary>
    private protected void RelayMessages(GuestRun? run)
    {
        if (run is null or { HasJob: true })
            return;
        foreach (WarningRecord warning in run.Warning.ReadAll())
            WriteWarning(warning.Message);
        if (run.IsVerbose && WantsVerbose)
            foreach (VerboseRecord line in run.Verbose.ReadAll())
                WriteVerbose(line.Message);
    }

    /// <summary>Puts out the run of a guest as a job.</summary>
    private protected void WriteJob(LguestGuest guest, GuestRun run)
    {
        GuestJob job = new(guest, run, MyInvocation.Line);
        JobRepository.Add(job);
        WriteObject(job);
    }

    /// <summary>Gives a guest another name. False: that name can't be had, and the error is written.</summary>
    private protected bool TryRename(LguestGuest guest, string name)
    {
        if (WildcardPattern.ContainsWildcardCharacters(name))
            WriteError(Errors.InvalidGuestName(name));
        else if (!GuestTable.Process.TryRename(guest, name))
            WriteError(Errors.GuestExists(name));
        else
            return true;
        return false;
    }

    /// <summary>Turns a guest off, if it is on, and waits until what it held is closed.</summary>
    private protected void EndGuest(LguestGuest guest)
    {
        if (guest.RequestStop() is not { } run)
            return;
        try
        {
            run.Completion.Wait(StopToken);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        RelayMessages(run);
    }

    /// <summary>Starts a guest that is off, showing what is loaded. Null: it is not off any more, or was removed.</summary>
    private protected GuestRun? TurnOn(LguestGuest guest)
    {
        string activity = string.Format(Messages.ProgressStarting, guest.Name);
        GuestRun? run = WithHost(guest, () => guest.Start(WantsVerbose, path => ShowProgress(activity, string.Format(Messages.ProgressLoading, path))));
        EndProgress();
        return run;
    }

    /// <summary>The guests that the parameter <see cref="Name"/> names; an error for each name that is none's.</summary>
    private protected IEnumerable<LguestGuest> FindByName()
    {
        if (Name.Length == 0)
            ThrowTerminatingError(Errors.ParameterMissing(nameof(Name)));
        foreach (string pattern in Name)
        {
            bool found = false;
            foreach (LguestGuest guest in GuestTable.Process.Find(pattern))
            {
                found = true;
                yield return guest;
            }
            if (!found && !WildcardPattern.ContainsWildcardCharacters(pattern))
                WriteError(Errors.GuestNotFound(pattern));
        }
    }
}
