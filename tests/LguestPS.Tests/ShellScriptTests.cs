using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace LguestPS.Tests;

/// <summary>What is typed for a command, given to the host's own shells.</summary>
public sealed class ShellScriptTests
{
    const string Token = "0123abcd";
    const int LongestLineOfAnEditor = 255;

    public static TheoryData<string, string, int> Commands => new()
    {
        { "true", "", 0 },
        { "false", "", 1 },
        { "printf 'no line end'", "no line end", 0 },
        { "echo one; (exit 42)", "one\n", 42 },
        { "for i in 1 2\ndo\n\techo \"it's $i\" # one of two\ndone", "it's 1\nit's 2\n", 0 },
        { "cat <<END\n\\t 100% \\\\n `echo back`!\nEND", "\\t 100% \\n back!\n", 0 },
        { "echo 'h\u00e9llo \u20ac'", "h\u00e9llo \u20ac\n", 0 },
        { $"echo {new string('x', 5000)}", new string('x', 5000) + "\n", 0 },
        { "cd /; x=5; f() { echo $x; pwd; }; f", "5\n/\n", 0 },
        { "exec 2>/dev/null; if", "", 2 },
    };

    [Theory, MemberData(nameof(Commands))]
    public void AShellRunsTheCommandBetweenTheMarks(string command, string output, int status)
    {
        Assert.Equal((output, status), Run(ShellScript.Wrap(command, Token)));
    }

    [Fact]
    public void AShellGoesOnAfterwardsWithWhatTheCommandHasSet()
    {
        Run(ShellScript.Wrap("kept=it", Token) + "test \"$kept\" = it || exit 9\n");
    }

    [Theory, MemberData(nameof(Commands))]
    public void WhatIsTypedIsPlainAndDoesNotContainTheMark(string command, string output, int status)
    {
        _ = (output, status);
        string typed = ShellScript.Wrap(command, Token);
        Assert.DoesNotContain(ShellScript.Mark(Token), typed);
        Assert.DoesNotContain(typed, character => character is (< ' ' or > '~') and not '\n');
        Assert.All(typed.Split('\n'), line => Assert.True(line.Length <= LongestLineOfAnEditor));
    }

    [Fact]
    public void AShellAnswersTheProbe()
    {
        string probe = ShellScript.Probe(Token);
        Assert.DoesNotContain(ShellScript.Mark(Token), probe);
        Assert.Equal($"{ShellScript.Mark(Token)}:0\n", Shell(probe));
    }

    static (string Output, int Status) Run(string typed)
    {
        Match said = Regex.Match(Shell(typed), $@"^{ShellScript.Mark(Token)}<\n(.*){ShellScript.Mark(Token)}>(\d+)\n$", RegexOptions.Singleline);
        Assert.True(said.Success);
        return (said.Groups[1].Value, int.Parse(said.Groups[2].Value));
    }

    static string Shell(string typed)
    {
        ProcessStartInfo start = new("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        using Process shell = Process.Start(start)!;
        shell.StandardInput.Write(typed);
        shell.StandardInput.Close();
        string said = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        return said;
    }
}
