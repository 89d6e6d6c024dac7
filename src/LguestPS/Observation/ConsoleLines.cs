using System.Text;
using LguestPS.Emulator.Devices;

namespace LguestPS;

/// <summary>Follows a console's output by lines: where each begins and where it ends.</summary>
/// <remarks>Works on the threads that write, so it only looks for line ends; text is made when somebody wants it.</remarks>
sealed class ConsoleLines : IDisposable
{
    const int LongestLine = 64 << 10;

    readonly Lock gate = new();
    readonly ConsoleBuffer console;
    readonly Action<long> begun;
    readonly Func<bool> wanted;
    readonly Action<string> ended;
    long position, start;
    bool inLine;

    /// <param name="console">The console.</param>
    /// <param name="begun">Told the position of each line's first byte; empty lines have none.</param>
    /// <param name="wanted">Whether anybody wants the text of lines.</param>
    /// <param name="ended">Told each line that has come to its end, if that is wanted.</param>
    public ConsoleLines(ConsoleBuffer console, Action<long> begun, Func<bool> wanted, Action<string> ended)
    {
        this.console = console;
        this.begun = begun;
        this.wanted = wanted;
        this.ended = ended;
        console.OutputWritten += Look;
    }

    /// <summary>Stops following. What stands in an unfinished line counts as a line.</summary>
    public void Dispose()
    {
        console.OutputWritten -= Look;
        lock (gate)
            if (inLine && wanted())
                ended(Text(console, start, position));
    }

    /// <summary>The text of a line; empty when it is no longer kept.</summary>
    /// <param name="console">The console.</param>
    /// <param name="from">The line's first byte.</param>
    /// <param name="to">The byte behind its last.</param>
    public static string Text(ConsoleBuffer console, long from, long to)
    {
        if (from < console.Start)
            return "";
        byte[] bytes = new byte[Math.Min(to - from, LongestLine)];
        int count = console.ReadBytes(ref from, bytes);
        return Encoding.UTF8.GetString(bytes, 0, count).TrimEnd('\r', '\n');
    }

    void Look()
    {
        Span<byte> bytes = stackalloc byte[512];
        lock (gate)
        {
            while (true)
            {
                int count = console.ReadBytes(ref position, bytes);
                if (count == 0)
                    return;
                Follow(bytes[..count], position - count);
            }
        }
    }

    void Follow(ReadOnlySpan<byte> output, long at)
    {
        for (int i = 0; i < output.Length; i++)
        {
            if (!inLine)
            {
                if (output[i] is (byte)'\r' or (byte)'\n')
                    continue;
                inLine = true;
                start = at + i;
                begun(start);
            }
            int end = output[i..].IndexOf((byte)'\n');
            if (end < 0)
                return;
            i += end;
            inLine = false;
            if (wanted())
                ended(Text(console, start, at + i));
        }
    }
}
