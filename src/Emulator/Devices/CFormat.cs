using System.Globalization;

namespace LguestPS.Emulator.Devices;

/// <summary>Numbers as C's printf writes them in its alternate form, which the launcher's messages have: zero has no prefix.</summary>
static class CFormat
{
    /// <summary><c>%#x</c>.</summary>
    public static string Hex(ulong value) => value == 0 ? "0" : "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary><c>%#08x</c>: eight characters at least, prefix included.</summary>
    public static string PaddedHex(uint value) => value == 0 ? "00000000" : "0x" + value.ToString("x6", CultureInfo.InvariantCulture);
}
