using System.Text;
using System.Text.RegularExpressions;
using LguestPS.Emulator.Devices;

namespace LguestPS;

/// <summary>A guest's console as cmdlets use it: all that the guest has printed, and what is being typed to it.</summary>
/// <remarks>
/// Two places in the text are kept: up to where it has been received, and up to where waits have looked. A wait looks only at what came
/// after the last match and after the last text that was sent, so that the prompt before a command is not taken for the one after it.
/// </remarks>
public sealed class GuestConsole : IConsoleBackend
{
    const int MostKept = 4 << 20;
    const int LinesInErrors = 10;

    readonly object gate = new();
    readonly StringBuilder text = new();
    readonly Decoder decoder = Encoding.UTF8.GetDecoder();
    readonly Queue<byte> input = new();
    long dropped;
    long received;
    long awaited;
    bool closed;
    Attachment? attachment;

    /// <summary>What the guest has printed in this run, the last four million characters of it.</summary>
    public string Text
    {
        get
        {
            lock (gate)
                return text.ToString();
        }
    }

    /// <summary>The last lines, for messages.</summary>
    public string LastLines => string.Join('\n', Text.TrimEnd().Split('\n').TakeLast(LinesInErrors).Select(line => line.TrimEnd('\r')));

    /// <summary>The last line that is not empty, a prompt for one.</summary>
    public override string ToString() => Text.TrimEnd().Split('\n')[^1].TrimEnd('\r');

    int IConsoleBackend.Read(Span<byte> buffer, CancellationToken cancellation)
    {
        using CancellationTokenRegistration wake = cancellation.Register(Wake);
        lock (gate)
        {
            while (input.Count == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                Monitor.Wait(gate);
            }
            int taken = 0;
            while (taken < buffer.Length && input.TryDequeue(out byte typed))
                buffer[taken++] = typed;
            return taken;
        }
    }

    void IConsoleBackend.Write(ReadOnlySpan<byte> output)
    {
        Attachment? shown;
        lock (gate)
        {
            Span<char> characters = new char[decoder.GetCharCount(output, flush: false)];
            decoder.GetChars(output, characters, flush: false);
            text.Append(characters);
            if (text.Length > MostKept + MostKept / 4)
            {
                // A quarter at a time, since what is left has to be moved.
                int surplus = text.Length - MostKept;
                text.Remove(0, surplus);
                dropped += surplus;
            }
            shown = attachment;
            Monitor.PulseAll(gate);
        }
        shown?.Show(output);
    }

    void IConsoleBackend.Abort()
    {
        lock (gate)
            attachment?.Leave();
    }

    /// <summary>Types to the guest.</summary>
    internal void Send(ReadOnlySpan<byte> typed)
    {
        lock (gate)
        {
            awaited = dropped + text.Length;
            foreach (byte key in typed)
                input.Enqueue(key);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>What has been printed since the last call.</summary>
    /// <param name="all">From the start of what is kept.</param>
    /// <param name="keep">Leave it to be received again.</param>
    internal string Receive(bool all, bool keep)
    {
        lock (gate)
        {
            string news = From(all ? dropped : received);
            if (!keep)
                received = dropped + text.Length;
            return news;
        }
    }

    /// <summary>Waits until the guest prints what a pattern matches, or its console closes, or time is up.</summary>
    /// <returns>Whether it was printed.</returns>
    internal bool WaitFor(Regex pattern, TimeSpan longest, CancellationToken cancellation)
    {
        long deadline = longest == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)longest.TotalMilliseconds;
        using CancellationTokenRegistration wake = cancellation.Register(Wake);
        lock (gate)
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                if (pattern.Match(From(awaited)) is { Success: true } match)
                {
                    awaited = Math.Max(awaited, dropped) + match.Index + match.Length;
                    return true;
                }
                long left = deadline - Environment.TickCount64;
                if (closed || left <= 0)
                    return false;
                Monitor.Wait(gate, (int)Math.Min(left, int.MaxValue));
            }
        }
    }

    /// <summary>Shows a terminal what has not been received yet and then all output, until the attachment is disposed. Null: another terminal has the console.</summary>
    internal Attachment? Attach(Attachment.Output show)
    {
        lock (gate)
        {
            if (attachment is not null)
                return null;
            // Under the lock, so that no newer output overtakes the old.
            show(Encoding.UTF8.GetBytes(Receive(all: false, keep: false)));
            attachment = new Attachment(this, show);
            if (closed)
                attachment.Leave();
            return attachment;
        }
    }

    /// <summary>The guest has ended: nothing more is printed.</summary>
    internal void Close()
    {
        lock (gate)
        {
            closed = true;
            attachment?.Leave();
            Monitor.PulseAll(gate);
        }
    }

    string From(long place)
    {
        int start = (int)Math.Max(0, place - dropped);
        return text.ToString(start, text.Length - start);
    }

    void Wake()
    {
        lock (gate)
            Monitor.PulseAll(gate);
    }

    /// <summary>A terminal's hold on a console.</summary>
    internal sealed class Attachment(GuestConsole console, Attachment.Output show) : IDisposable
    {
        readonly CancellationTokenSource left = new();

        /// <summary>Takes output for the terminal.</summary>
        public delegate void Output(ReadOnlySpan<byte> output);

        /// <summary>Cancelled when the terminal has to let go: three ^C within a second, or the guest's end.</summary>
        public CancellationToken Left => left.Token;

        public void Show(ReadOnlySpan<byte> output) => show(output);

        public void Leave() => left.Cancel();

        public void Dispose()
        {
            lock (console.gate)
            {
                console.attachment = null;
                console.received = console.dropped + console.text.Length;
            }
            left.Dispose();
        }
    }
}
