using System.Text.RegularExpressions;

namespace LguestPS.Tests;

/// <summary>What of a console's text is new to a receiver, and what a wait looks at.</summary>
public sealed class GuestConsoleTests
{
    static readonly Regex Prompt = new("/ # ");
    readonly GuestConsole console = new();

    [Fact]
    public void ReceivesEachTextOnceUnlessKept()
    {
        console.Buffer.Write("one "u8);
        Assert.Equal("one ", console.Receive(all: false, keep: true));
        Assert.Equal("one ", console.Receive(all: false, keep: false));
        console.Buffer.Write("two"u8);
        Assert.Equal("two", console.Receive(all: false, keep: false));
        Assert.Equal("", console.Receive(all: false, keep: false));
        Assert.Equal("one two", console.Receive(all: true, keep: false));
    }

    [Fact]
    public void AWaitDoesNotTakeAnOldPromptForANewOne()
    {
        console.Buffer.Write("/ # "u8);
        Assert.True(WaitNow());
        Assert.False(WaitNow());
        console.Buffer.Write("/ # "u8);
        Assert.True(WaitNow());
    }

    [Fact]
    public void AWaitDoesNotTakeThePromptBeforeWhatWasSent()
    {
        console.Buffer.Write("/ # "u8);
        console.Send("ls\n"u8);
        Assert.False(WaitNow());
        console.Buffer.Write("ls\r\n/ # "u8);
        Assert.True(WaitNow());
    }

    [Fact]
    public void OneTerminalAtATimeAndWhatItShowedIsReceived()
    {
        console.Buffer.Write("1234\n"u8);
        Assert.Equal(0, console.TakeForTerminal());
        Assert.Null(console.TakeForTerminal());
        console.HandBack(3);
        Assert.Equal("4\n", console.Receive(all: false, keep: false));
        Assert.Equal(5, console.TakeForTerminal());
    }

    [Theory]
    [InlineData("/ # ", 0)]
    [InlineData("Linux\r\n/ # ", 7)]
    [InlineData("Linux\r\n", 7)]
    public void ATerminalThatComesBackFindsTheLineThatTheConsoleIsIn(string printed, int from)
    {
        console.Buffer.Write(System.Text.Encoding.ASCII.GetBytes(printed));
        console.Receive(all: false, keep: false);
        Assert.Equal(from, console.TakeForTerminal());
    }

    [Fact]
    public void ALineThatIsLongerThanAnyPromptIsNotShownAgain()
    {
        console.Buffer.Write(new byte[5000]);
        console.Receive(all: false, keep: false);
        Assert.Equal(5000, console.TakeForTerminal());
    }

    [Fact]
    public void LastLinesAreWithoutEmptyOnesAtTheEnd()
    {
        console.Buffer.Write("a\r\nb\r\n/ # \r\n\r\n"u8);
        Assert.Equal("b\n/ #", console.LastLines(2));
        Assert.Equal("/ #", console.ToString());
    }

    bool WaitNow() => console.WaitFor(Prompt, TimeSpan.Zero, CancellationToken.None);
}
