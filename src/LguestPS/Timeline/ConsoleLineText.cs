using System.Text.RegularExpressions;

namespace LguestPS;

/// <summary>Console lines as text for people: without what a terminal would obey.</summary>
static partial class ConsoleLineText
{
    /// <summary>Leaves out escape sequences (ECMA-48, section 5.4), control characters, and what XML won't have.</summary>
    public static string Plain(string line) => Obeyed.Replace(line, "").Trim();

    [GeneratedRegex(@"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")]
    private static partial Regex Obeyed { get; }
}
