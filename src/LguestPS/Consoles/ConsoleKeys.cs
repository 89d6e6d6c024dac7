using System.Text;

namespace LguestPS;

/// <summary>Keys that have no character, by name, as a terminal of the xterm family sends them.</summary>
static class ConsoleKeys
{
    static readonly Dictionary<string, string> Named = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Enter"] = "\r", ["Tab"] = "\t", ["Escape"] = "\e", ["Backspace"] = "\x7f", ["Space"] = " ",
        ["Up"] = "\e[A", ["Down"] = "\e[B", ["Right"] = "\e[C", ["Left"] = "\e[D", ["Home"] = "\e[H", ["End"] = "\e[F",
        ["Insert"] = "\e[2~", ["Delete"] = "\e[3~", ["PageUp"] = "\e[5~", ["PageDown"] = "\e[6~",
        ["F1"] = "\eOP", ["F2"] = "\eOQ", ["F3"] = "\eOR", ["F4"] = "\eOS", ["F5"] = "\e[15~", ["F6"] = "\e[17~",
        ["F7"] = "\e[18~", ["F8"] = "\e[19~", ["F9"] = "\e[20~", ["F10"] = "\e[21~", ["F11"] = "\e[23~", ["F12"] = "\e[24~",
    };

    const string Control = "Ctrl+";

    // With the control key these send the low five bits of their codes: @ to _ in ASCII.
    const char FirstControlled = '@', LastControlled = '_';

    /// <summary>The names, for completion.</summary>
    public static IEnumerable<string> Names => Named.Keys.Concat(Enumerable.Range('A', 26).Select(letter => Control + (char)letter));

    /// <summary>What a key sends; null where there is no such key.</summary>
    /// <param name="name">A key's name, or Ctrl+ and a character from @ to _.</param>
    public static byte[]? Find(string name)
    {
        if (Named.TryGetValue(name, out string? sequence))
            return Encoding.ASCII.GetBytes(sequence);
        if (name.Length != Control.Length + 1 || !name.StartsWith(Control, StringComparison.OrdinalIgnoreCase))
            return null;
        char character = char.ToUpperInvariant(name[^1]);
        return character is >= FirstControlled and <= LastControlled ? [(byte)(character - FirstControlled)] : null;
    }
}
