using System.Collections.Concurrent;
using System.Management.Automation;
using LguestPS.Completion;

namespace LguestPS.Commands;

/// <summary>Runs commands in the shells of guests, by their consoles, and gets what they print and their exit statuses.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "LguestCommand", DefaultParameterSetName = ByName, SupportsShouldProcess = true), OutputType(typeof(LguestCommandResult))]
public sealed class InvokeLguestCommand : GuestCmdlet
{
    // A root's or a user's prompt of a Unix shell, or any other that ends in one of these and a blank; messages of kernels begin with a time in brackets.
    const string DefaultPrompt = @"^(?!\[ *\d)[^\r\n]{0,100}[#$%>] ";

    static readonly TimeSpan RelayInterval = TimeSpan.FromMilliseconds(200);

    readonly List<LguestGuest> guests = [];
    readonly List<string> commands = [];
    bool guestsAreTyped, commandsAreTyped;

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName, Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards, ValidateNotNullOrEmpty, ArgumentCompleter(typeof(GuestNameCompleter))]
    public override string[] Name { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByGuest, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Parameter(ParameterSetName = ByName, ValueFromPipeline = true)]   // so that a word may stand at position 0 when guests are piped
    [ValidateNotNullOrEmpty]
    public override LguestGuest[] Guest { get; set; } = [];

    /// <summary>The commands, run in order; each may have several lines, and gives one result.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true), Alias("ScriptText"), ValidateNotNullOrEmpty]
    public string[] Command { get; set; } = [];

    /// <summary>What the shell prints when it waits for a command, as a regular expression.</summary>
    [Parameter, ValidateNotNullOrEmpty]
    public string Prompt { get; set; } = DefaultPrompt;

    /// <summary>Types the commands as they are and asks for no exit status: for a shell, or a boot loader, that knows none.</summary>
    [Parameter]
    public SwitchParameter NoStatus { get; set; }

    /// <summary>A command that ends with a status other than 0 is an error, besides its result.</summary>
    [Parameter]
    public SwitchParameter ErrorOnFailure { get; set; }

    /// <summary>How long each command may take, the wait for its prompt included; for ever without it.</summary>
    [Parameter, Alias("Timeout"), ValidateRange(0.0, int.MaxValue / 1000)]
    public double? TimeoutSeconds { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        ParsePattern(Prompt);
        guestsAreTyped = MyInvocation.BoundParameters.ContainsKey(nameof(Guest)) || MyInvocation.BoundParameters.ContainsKey(nameof(Name));
        commandsAreTyped = MyInvocation.BoundParameters.ContainsKey(nameof(Command));
        if (commandsAreTyped)
            commands.AddRange(Command);
    }

    private protected override void BeginRecord()
    {
        if (commandsAreTyped)
            return;
        if (WordsBesidePipedGuests is { Length: > 0 } words)
        {
            commands.AddRange(words);
            commandsAreTyped = true;
        }
        else if (guestsAreTyped)
        {
            commands.AddRange(Command);
        }
    }

    // All have to come in first, so that the guests work side by side.
    private protected override void ProcessGuest(LguestGuest guest)
    {
        if (!guests.Contains(guest))
            guests.Add(guest);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (guests.Count == 0)
            return;
        if (commands.Count == 0)
            ThrowTerminatingError(Errors.ParameterMissing(nameof(Command)));
        List<LguestGuest> working = [];
        foreach (LguestGuest guest in guests)
        {
            if (guest.Run is null)
                WriteError(Errors.GuestNotRunning(guest));
            else if (ShouldProcess(guest.Name, string.Format(Messages.ActionInvoke, string.Join("; ", commands))))
                working.Add(guest);
        }
        using CancellationTokenSource givingUp = CancellationTokenSource.CreateLinkedTokenSource(StopToken);
        BlockingCollection<object> results = [];
        // A thread for each guest: a pool would let some wait until others are done.
        Task dialogues = Task.WhenAll(working.Select(guest =>
            Task.Factory.StartNew(() => Talk(guest, results, givingUp.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        dialogues.ContinueWith(_ => results.CompleteAdding(), TaskScheduler.Default);
        try
        {
            WriteResults(working, results);
            dialogues.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            givingUp.Cancel();
            ((IAsyncResult)dialogues).AsyncWaitHandle.WaitOne();
        }
        EndProgress();
    }

    void Talk(LguestGuest guest, BlockingCollection<object> results, CancellationToken givingUp)
    {
        try
        {
            SemaphoreSlim turn = guest.Console.Dialogue;
            turn.Wait(givingUp);
            try
            {
                CommandDialogue dialogue = new(guest, Prompt, !NoStatus, TimeoutSeconds, givingUp);
                foreach (string command in commands)
                {
                    LguestCommandResult result = dialogue.Run(command);
                    results.Add(result, CancellationToken.None);
                    dialogue.Settle();
                }
            }
            finally
            {
                turn.Release();
            }
        }
        catch (DialogueException failure)
        {
            results.Add(failure.Error, CancellationToken.None);   // and whatever else was to be typed is not
        }
        catch (OperationCanceledException)
        {
            // Nobody waits for it.
        }
    }

    void WriteResults(List<LguestGuest> working, BlockingCollection<object> results)
    {
        string activity = string.Format(Messages.ProgressInvoking, working.Count == 1 ? working[0].Name : working.Count, commands[0]);
        while (!results.IsCompleted)
        {
            if (results.TryTake(out object? next, (int)RelayInterval.TotalMilliseconds, StopToken))
                Write(next);
            else if (!results.IsCompleted)
                ShowProgress(activity, working[0].Console.LastLine);
            foreach (LguestGuest guest in working)
                RelayMessages(guest.Run);
        }
    }

    void Write(object next)
    {
        if (next is ErrorRecord error)
        {
            WriteError(error);
            return;
        }
        LguestCommandResult result = (LguestCommandResult)next;
        WriteObject(result);
        if (ErrorOnFailure && result.ExitCode is not (null or 0))
            WriteError(Errors.CommandFailed(result));
    }
}
