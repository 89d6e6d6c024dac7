namespace LguestPS;

/// <summary>What became of a command on a guest's console.</summary>
public sealed class LguestCommandResult
{
    internal LguestCommandResult(LguestGuest guest, string command, string[] output, int? exitCode, TimeSpan duration)
    {
        Guest = guest;
        Command = command;
        Output = output;
        ExitCode = exitCode;
        Duration = duration;
    }

    /// <summary>The guest.</summary>
    public LguestGuest Guest { get; }

    /// <summary>The command as it was given.</summary>
    public string Command { get; }

    /// <summary>The lines that it printed, without escape sequences and carriage returns.</summary>
    public string[] Output { get; }

    /// <summary>Its exit status; null where the guest's shell knows none, and where the guest powered itself off before there was one.</summary>
    public int? ExitCode { get; }

    /// <summary>From its sending to its end.</summary>
    public TimeSpan Duration { get; }

    /// <summary>The lines as one text.</summary>
    public override string ToString() => string.Join('\n', Output);
}
