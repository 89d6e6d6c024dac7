using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace LguestPS.Emulator.Devices;

/// <summary>The size of a console's window in characters.</summary>
/// <param name="Columns">Characters in a line.</param>
/// <param name="Rows">Lines.</param>
public readonly record struct ConsoleSize(ushort Columns, ushort Rows)
{
    /// <summary>What a console has before anybody says otherwise: that of a PC's text screen.</summary>
    public static ConsoleSize Default => new(80, 25);

    /// <summary>Reads a size as <see cref="ToString"/> writes it.</summary>
    /// <exception cref="FormatException">It is not columns, an x and rows, both from 1 to 65535.</exception>
    public static ConsoleSize Parse(string text) =>
        TryParse(text, out ConsoleSize size) ? size : throw new FormatException($"'{text}' is not a window's size, such as 80x25.");

    /// <summary>Reads a size as <see cref="ToString"/> writes it. False: it is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ConsoleSize size)
    {
        size = default;
        if (text?.Split('x', 'X') is not [var columns, var rows] || !TryParseSide(columns, out ushort width) || !TryParseSide(rows, out ushort height))
            return false;
        size = new(width, height);
        return true;
    }

    /// <summary>80x25, for one.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Columns}x{Rows}");

    static bool TryParseSide(string text, out ushort side) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side) && side != 0;
}
