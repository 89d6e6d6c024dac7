using System.Management.Automation;
using LguestPS.Emulator.Launcher;
using LguestPS.Emulator.Linux;

namespace LguestPS.Commands;

/// <summary>Connects the terminal to a guest's console, until Ctrl+] or three ^C within a second, or the guest's end.</summary>
[Cmdlet(VerbsCommon.Enter, "LguestConsole", DefaultParameterSetName = ByName)]
public sealed class EnterLguestConsole : GuestCmdlet
{
    readonly List<LguestGuest> guests = [];

    private protected override void ProcessGuest(LguestGuest guest) => guests.Add(guest);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (guests.Count == 0)
            return;
        if (guests.Count > 1)
            ThrowTerminatingError(Errors.OneConsoleOnly());
        LguestGuest guest = guests[0];
        GuestConsole console = guest.Console;
        if (guest.Run is not { } run)
        {
            WriteError(Errors.GuestNotRunning(guest));
            return;
        }
        if (console.TakeForTerminal() is not { } from)
        {
            WriteError(Errors.ConsoleInUse(guest));
            return;
        }
        long shown = from;
        try
        {
            Connect(guest, run, console, from, ref shown);
        }
        finally
        {
            console.HandBack(shown);
        }
        RelayMessages(run);
    }

    void Connect(LguestGuest guest, GuestRun run, GuestConsole console, long from, ref long shown)
    {
        if (guest.Platform == GuestPlatform.Lguest && guest.ConsoleSize is null)
            WriteVerbose(string.Format(Messages.ConsoleWithoutSize, guest.Name));
        HostTerminal terminal = new();
        Host.UI.WriteLine(string.Format(Messages.ConsoleEntered, guest.Name));
        using (IDisposable? raw = terminal.EnterRawMode())
        {
            if (raw is null)
                ThrowTerminatingError(Errors.NoTerminal());
            ConsoleSession.Run(terminal, console.Buffer, from, run.Ended, StopToken, out shown);
        }
        Host.UI.WriteLine("");
        Host.UI.WriteLine(string.Format(Messages.ConsoleLeft, guest.Name));
    }
}
