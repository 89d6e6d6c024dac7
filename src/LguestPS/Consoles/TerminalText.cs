using System.Text.RegularExpressions;

namespace LguestPS;

/// <summary>What a console prints as plain text: without what is meant for a terminal only.</summary>
static partial class TerminalText
{
    /// <summary>One escape sequence of ECMA-48: a control sequence, an operating system command, or two characters.</summary>
    public const string EscapePattern = @"\e(?:\[[0-?]*[ -/]*[@-~]|\][^\a\e]*(?:\a|\e\\)|[ -/]*[0-Z^-~])";

    /// <summary>Takes out escape sequences.</summary>
    public static string WithoutEscapes(string text) => text.Contains('\e') ? Escape.Replace(text, "") : text;

    /// <summary>The lines of a text as they stand on a terminal in the end: what follows a carriage return replaces what was before it.</summary>
    public static string[] Lines(string text)
    {
        string[] lines = WithoutEscapes(text).Split('\n');
        // What follows the last line end is a line only if there is something.
        int count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        return [.. lines.Take(count).Select(AfterCarriageReturns)];
    }

    static string AfterCarriageReturns(string line)
    {
        line = line.TrimEnd('\r');
        return line[(line.LastIndexOf('\r') + 1)..];
    }

    [GeneratedRegex(EscapePattern)]
    private static partial Regex Escape { get; }
}
