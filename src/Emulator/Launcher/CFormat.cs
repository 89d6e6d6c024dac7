using System.Globalization;

namespace LguestPS.Emulator.Launcher;

/// <summary>Numbers as the launcher's messages have always shown them: C's alternate hexadecimal form, in which 0 has no prefix.</summary>
static class CFormat
{
    /// <summary><c>%#x</c>.</summary>
    public static string Hex(uint value) => value == 0 ? "0" : "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary><c>%#08x</c>: eight characters at least, prefix included.</summary>
    public static string PaddedHex(uint value) => value == 0 ? "00000000" : "0x" + value.ToString("x6", CultureInfo.InvariantCulture);
}
