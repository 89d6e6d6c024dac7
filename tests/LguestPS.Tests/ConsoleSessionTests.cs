using System.Text;
using LguestPS.Emulator.Devices;

namespace LguestPS.Tests;

/// <summary>A terminal on a console: what is shown, what is typed, and the ways to leave.</summary>
public sealed class ConsoleSessionTests
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    readonly MockTerminal terminal = new();
    readonly ConsoleBuffer console = new();
    readonly CancellationTokenSource guestEnd = new();
    readonly CancellationTokenSource stopping = new();
    long shown = -1;

    [Fact]
    public async Task ShowsWhatWasNotReceivedAndWhatComes()
    {
        console.Write("seen before, "u8);
        long from = console.End;
        console.Write("waiting, "u8);
        Task<ConsoleLeave> session = Run(from);
        terminal.WaitForScreen("waiting, ");
        console.Write("new"u8);
        terminal.WaitForScreen("new");
        terminal.Press("\x1d");
        Assert.Equal(ConsoleLeave.LeaveKey, await session.WaitAsync(Longest));
        Assert.Equal("waiting, new", terminal.Screen);
        Assert.Equal(console.End, shown);
    }

    [Fact]
    public async Task SendsKeysUpToTheLeaveKeyAndNoneAfterIt()
    {
        Task<ConsoleLeave> session = Run(0);
        terminal.Press("ls");
        terminal.Press("\x03");
        terminal.Press("q\x1dlost");
        Assert.Equal(ConsoleLeave.LeaveKey, await session.WaitAsync(Longest));
        Assert.Equal(["ls", "\x03", "q"], [ReadInput(), ReadInput(), ReadInput()]);
    }

    [Fact]
    public async Task ThreeInterruptsLeaveAndLaterOnesDoNotMatter()
    {
        console.Write("/ # "u8);
        Task<ConsoleLeave> session = Run(0);
        terminal.WaitForScreen("/ # ");
        console.Abort();
        Assert.Equal(ConsoleLeave.ThreeInterrupts, await session.WaitAsync(Longest));
        console.Abort();
    }

    [Fact]
    public async Task ShowsTheLastWordsOfAGuestThatEnds()
    {
        Task<ConsoleLeave> session = Run(0);
        console.Write("Power down"u8);
        console.Close();
        guestEnd.Cancel();
        Assert.Equal(ConsoleLeave.GuestEnded, await session.WaitAsync(Longest));
        Assert.Equal("Power down", terminal.Screen);
    }

    [Fact]
    public async Task StoppingTheCmdletLeaves()
    {
        Task<ConsoleLeave> session = Run(0);
        stopping.Cancel();
        Assert.Equal(ConsoleLeave.Stopped, await session.WaitAsync(Longest));
    }

    [Fact]
    public async Task EndOfInputLeaves()
    {
        Task<ConsoleLeave> session = Run(0);
        terminal.EndInput();
        Assert.Equal(ConsoleLeave.EndOfInput, await session.WaitAsync(Longest));
    }

    [Fact]
    public async Task TellsTheConsoleTheSizeOfTheWindowAsLongAsItIsShownThere()
    {
        terminal.WindowSize = (100, 30);
        console.Write("/ # "u8);
        Task<ConsoleLeave> session = Run(0);
        terminal.WaitForScreen("/ # ");
        Assert.True(SpinWait.SpinUntil(() => console.Size == new ConsoleSize(100, 30), Longest));
        terminal.Resize(132, 43);
        Assert.Equal(new ConsoleSize(132, 43), console.Size);
        terminal.Press("\x1d");
        await session.WaitAsync(Longest);
        terminal.Resize(40, 10);
        Assert.Equal(new ConsoleSize(132, 43), console.Size);
    }

    [Fact]
    public async Task ATerminalThatTellsNoSizeLeavesTheConsoleItsOwn()
    {
        terminal.EndInput();
        await Run(0).WaitAsync(Longest);
        Assert.Equal(ConsoleSize.Default, console.Size);
    }

    Task<ConsoleLeave> Run(long from) =>
        Task.Run(() => ConsoleSession.Run(terminal, console, from, guestEnd.Token, stopping.Token, out shown));

    string ReadInput()
    {
        Span<byte> buffer = stackalloc byte[64];
        return Encoding.UTF8.GetString(buffer[..console.Read(buffer, new CancellationTokenSource(Longest).Token)]);
    }
}
