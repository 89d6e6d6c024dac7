namespace LguestPS.Tests;

/// <summary>A console's output as plain text, and keys by name.</summary>
public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("/ # \e[6n", "/ # ")]
    [InlineData("\e[01;34mbin\e[m  \e]0;title\adev", "bin  dev")]
    [InlineData("\e[?25l\e(Bplain\e7\e]2;t\e\\", "plain")]
    [InlineData("no escape [6n", "no escape [6n")]
    public void EscapeSequencesAreTakenOut(string printed, string plain) => Assert.Equal(plain, TerminalText.WithoutEscapes(printed));

    [Fact]
    public void LinesAreAsTheyStandInTheEnd()
    {
        Assert.Equal(["one", "", "100%", "last"], TerminalText.Lines("one\r\n\r\n  5%\r 50%\r100%\r\nlast"));
        Assert.Equal(["one"], TerminalText.Lines("one\n"));
        Assert.Empty(TerminalText.Lines(""));
    }

    [Theory]
    [InlineData("Enter", "\r")]
    [InlineData("up", "\e[A")]
    [InlineData("F12", "\e[24~")]
    [InlineData("Ctrl+C", "\x03")]
    [InlineData("ctrl+z", "\x1a")]
    [InlineData("Ctrl+]", "\x1d")]
    public void AKeySendsWhatATerminalSends(string name, string sent) => Assert.Equal(sent.Select(character => (byte)character), ConsoleKeys.Find(name)!);

    [Theory]
    [InlineData("")]
    [InlineData("C")]
    [InlineData("Ctrl+")]
    [InlineData("Ctrl+Enter")]
    [InlineData("Ctrl+1")]
    [InlineData("F13")]
    public void WhatIsNoKeyIsNone(string name) => Assert.Null(ConsoleKeys.Find(name));

    [Fact]
    public void EveryNameThatIsOfferedIsAKey() => Assert.All(ConsoleKeys.Names, name => Assert.NotEmpty(ConsoleKeys.Find(name)!));
}
