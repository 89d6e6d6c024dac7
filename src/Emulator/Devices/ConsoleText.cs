using System.Buffers;
using System.Text;

namespace LguestPS.Emulator.Devices;

/// <summary>Console output as text: UTF-8, with bytes that aren't kept apart, so that each place in the text has its place in the output.</summary>
static class ConsoleText
{
    /// <summary>A byte that is no UTF-8 becomes this plus the byte: an unpaired surrogate, which no valid text has.</summary>
    const int InvalidByteBase = 0xDC00;

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            int ascii = bytes.IndexOfAnyInRange((byte)0x80, (byte)0xFF);
            if (ascii != 0)
            {
                ReadOnlySpan<byte> plain = ascii < 0 ? bytes : bytes[..ascii];
                text.Append(Encoding.ASCII.GetString(plain));
                bytes = bytes[plain.Length..];
                continue;
            }
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed) == OperationStatus.Done)
                text.Append(rune.ToString());
            else
                for (int i = 0; i < consumed; i++)
                    text.Append((char)(InvalidByteBase + bytes[i]));
            bytes = bytes[consumed..];
        }
        return text.ToString();
    }

    /// <summary>Bytes that a piece of <see cref="Decode"/>'s text came from.</summary>
    public static int ByteLength(ReadOnlySpan<char> text)
    {
        int bytes = 0;
        while (!text.IsEmpty)
        {
            bytes += Rune.DecodeFromUtf16(text, out Rune rune, out int consumed) == OperationStatus.Done ? rune.Utf8SequenceLength : consumed;
            text = text[consumed..];
        }
        return bytes;
    }
}
