using System.Globalization;
using System.Text;

namespace LguestPS;

/// <summary>A command dressed so that a POSIX shell tells where its output begins and ends and what its status is, however the terminal echoes what is typed.</summary>
/// <remarks>
/// What is typed is printable ASCII in lines of moderate length: a line editor would take a tab for a wish to complete, and cut long lines. The command goes
/// through printf's octal escapes, and <c>command eval</c> runs it in the shell itself, where a mistake in it is a status like any other. The marks are typed in
/// two quoted halves, so that they are not found in the echo.
/// </remarks>
static class ShellScript
{
    const string MarkStart = "lguest-";
    const int LongestLine = 160;
    const string LineBreak = "'\\\n'";   // between two quoted parts of one word

    // Neither quoting, nor expansion, nor bash's history.
    const string Plain = " #&*+,-./:;<=>?@[]^_{|}~";

    /// <summary>What stands before the output of a command, and with <c>&gt;</c> and its status behind it.</summary>
    /// <param name="token">Hexadecimal digits that nothing else has printed.</param>
    public static string Mark(string token) => MarkStart + token;

    /// <summary>Types a mark in a way that does not contain it.</summary>
    public static string Typed(string token) => $"'{MarkStart}''{token}'";

    /// <summary>A question that only a shell with exit statuses answers by the mark, a colon and digits.</summary>
    public static string Probe(string token) => $"echo {Typed(token)}:$?\n";

    /// <summary>The lines to type for a command.</summary>
    public static string Wrap(string command, string token) =>
        $"echo {Typed(token)}'<'; command eval \"$(printf '{Escape(command)}')\"; echo {Typed(token)}\">$?\"\n";

    static string Escape(string command)
    {
        StringBuilder typed = new();
        int line = 0;
        foreach (byte value in Encoding.UTF8.GetBytes(command))
        {
            string part = value switch
            {
                (byte)'\n' => "\\n",
                (byte)'%' => "%%",
                (byte)'\\' => "\\\\",
                _ when char.IsAsciiLetterOrDigit((char)value) || Plain.Contains((char)value) => ((char)value).ToString(),
                _ => "\\" + Convert.ToString(value, 8).PadLeft(3, '0'),
            };
            if (line + part.Length > LongestLine)
            {
                typed.Append(LineBreak);
                line = 0;
            }
            typed.Append(part);
            line += part.Length;
        }
        return typed.ToString();
    }

    /// <summary>A token for the marks of one command.</summary>
    public static string NewToken() => Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture);
}
