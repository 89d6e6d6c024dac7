using System.Diagnostics;
using System.Text.RegularExpressions;

namespace LguestPS.Emulator.Devices;

/// <summary>A guest's console kept in memory: a transcript of the output that can be read and waited for from any position, and a queue of input. All members can be used from any thread.</summary>
/// <remarks>Positions count the bytes of output since the guest's first start. The transcript keeps the last <see cref="Capacity"/> bytes.</remarks>
public sealed class ConsoleBuffer : IConsoleBackend
{
    /// <summary>Bytes of transcript that are kept.</summary>
    public const int Capacity = 16 << 20;

    /// <summary>A match can begin at most so many bytes before new output; further back is not looked at again.</summary>
    const int LookBehind = 8192;

    readonly object gate = new();   // a monitor: waiters are pulsed on every change
    readonly Queue<byte[]> input = new();
    int inputTaken;
    byte[] ring = new byte[4096];
    long start, end, sent;
    ConsoleSize size = ConsoleSize.Default;
    bool closed;

    /// <summary>There is new output. Raised on the guest's thread or a queue's, which it holds up.</summary>
    public event Action? OutputWritten;

    /// <summary>The user typed three ^C within a second.</summary>
    public event Action? Aborted;

    /// <inheritdoc/>
    public event Action? Resized;

    /// <inheritdoc/>
    public ConsoleSize Size
    {
        get
        {
            lock (gate)
                return size;
        }
    }

    /// <summary>The position of the oldest byte that is kept.</summary>
    public long Start
    {
        get
        {
            lock (gate)
                return start;
        }
    }

    /// <summary>The position that the next byte of output will have.</summary>
    public long End
    {
        get
        {
            lock (gate)
                return end;
        }
    }

    /// <summary>Up to where the output had come when something was last typed: what comes from there on may be the answer.</summary>
    public long Sent
    {
        get
        {
            lock (gate)
                return sent;
        }
    }

    /// <summary>Whether the guest has ended: no more output comes, and input goes nowhere.</summary>
    public bool IsClosed
    {
        get
        {
            lock (gate)
                return closed;
        }
    }

    /// <summary>Types to the guest. What one call sends is never put together with what another sends, so a ^C sent alone arrives alone.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        lock (gate)
        {
            if (closed)
                return;
            sent = end;
            input.Enqueue(bytes.ToArray());
            Monitor.PulseAll(gate);
        }
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer, CancellationToken cancellation)
    {
        using CancellationTokenRegistration wake = WakeOn(cancellation);
        Monitor.Enter(gate);
        try
        {
            while (input.Count == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                if (closed)
                    return 0;
                Monitor.Wait(gate);
            }
            ReadOnlySpan<byte> first = input.Peek().AsSpan(inputTaken);
            int count = Math.Min(first.Length, buffer.Length);
            first[..count].CopyTo(buffer);
            inputTaken += count;
            if (count == first.Length)
            {
                input.Dequeue();
                inputTaken = 0;
            }
            return count;
        }
        finally
        {
            Monitor.Exit(gate);
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> output)
    {
        lock (gate)
        {
            Append(output);
            Monitor.PulseAll(gate);
        }
        OutputWritten?.Invoke();
    }

    /// <summary>The window that shows the console has this size. Said also when it is not a new one: a guest that missed it hears of it then.</summary>
    public void Resize(ConsoleSize window)
    {
        lock (gate)
            size = window;
        Resized?.Invoke();
    }

    /// <inheritdoc/>
    public void Abort() => Aborted?.Invoke();

    /// <summary>The guest has ended: all that wait return.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            input.Clear();
            inputTaken = 0;
            Monitor.PulseAll(gate);
        }
        OutputWritten?.Invoke();
    }

    /// <summary>Takes the output from a position on, as text. Moves the position behind what was taken; output that is no longer kept is passed over.</summary>
    public string ReadText(ref long position)
    {
        lock (gate)
        {
            byte[] bytes = Copy(position, end);
            position = end;
            return ConsoleText.Decode(bytes);
        }
    }

    /// <summary>The output between two positions as text, as much of it as is kept.</summary>
    public string ReadText(long from, long to)
    {
        lock (gate)
            return ConsoleText.Decode(Copy(from, Math.Clamp(to, start, end)));
    }

    /// <summary>The last bytes of the output as text, from the beginning of a line where they have one.</summary>
    public string ReadTail(int length)
    {
        lock (gate)
        {
            byte[] bytes = Copy(end - length, end);
            int cut = bytes.Length == end - start ? 0 : bytes.AsSpan().IndexOf((byte)'\n') + 1;
            return ConsoleText.Decode(bytes.AsSpan(cut));
        }
    }

    /// <summary>Copies output from a position on into a buffer, as much as fits and is there; moves the position behind it.</summary>
    public int ReadBytes(ref long position, Span<byte> buffer)
    {
        lock (gate)
        {
            position = Math.Clamp(position, start, end);
            int count = (int)Math.Min(buffer.Length, end - position);
            for (int done = 0; done < count;)
            {
                int at = (int)((position + done) % ring.Length), run = Math.Min(count - done, ring.Length - at);
                ring.AsSpan(at, run).CopyTo(buffer[done..]);
                done += run;
            }
            position += count;
            return count;
        }
    }

    /// <summary>Waits until there is output behind a position. False when the guest has ended or time is up.</summary>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public bool WaitForOutput(long position, TimeSpan timeout, CancellationToken cancellation = default)
    {
        using CancellationTokenRegistration wake = WakeOn(cancellation);
        var deadline = new Deadline(timeout);
        lock (gate)
        {
            while (end <= position)
            {
                if (closed || !Sleep(deadline, cancellation))
                    return false;
            }
            return true;
        }
    }

    /// <summary>Waits until a text appears in the output.</summary>
    /// <inheritdoc cref="WaitForMatch"/>
    public ConsoleMatch? WaitForText(string text, long position, TimeSpan timeout, CancellationToken cancellation = default)
        => WaitForMatch(new Regex(Regex.Escape(text), RegexOptions.CultureInvariant), position, timeout, cancellation);

    /// <summary>Waits until a pattern matches the output. Output that is there already counts.</summary>
    /// <param name="pattern">The pattern. When there is much output it is tried from the beginning of a line some thousand bytes before the newest.</param>
    /// <param name="position">Where to begin looking.</param>
    /// <param name="timeout">How long to wait, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellation">Gives the wait up.</param>
    /// <returns>The match; null when the guest has ended or time is up without one.</returns>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public ConsoleMatch? WaitForMatch(Regex pattern, long position, TimeSpan timeout, CancellationToken cancellation = default)
    {
        using CancellationTokenRegistration wake = WakeOn(cancellation);
        var deadline = new Deadline(timeout);
        while (true)
        {
            byte[] bytes;
            long seen;
            bool last;
            lock (gate)
            {
                position = Math.Max(position, start);
                bytes = Copy(position, end);
                seen = end;
                last = closed;
            }
            // The guest goes on printing while the pattern is tried.
            string text = ConsoleText.Decode(bytes);
            Match match = pattern.Match(text);
            if (match.Success)
            {
                long matchStart = position + ConsoleText.ByteLength(text.AsSpan(0, match.Index));
                return new ConsoleMatch(matchStart, matchStart + ConsoleText.ByteLength(match.ValueSpan), match);
            }
            if (last)
                return null;
            position += Forget(bytes);
            lock (gate)
            {
                while (end == seen && !closed)
                {
                    if (!Sleep(deadline, cancellation))
                        return null;
                }
            }
        }
    }

    /// <summary>Shows the output somewhere else, from a position on and as it comes, until the result is disposed.</summary>
    /// <param name="show">Takes output, on a thread of its own. An <see cref="IOException"/> from it ends the showing.</param>
    /// <param name="position">Where to begin.</param>
    public ConsoleMirror Attach(Action<ReadOnlySpan<byte>> show, long position) => new(this, show, position);

    /// <summary>How much of bytes that didn't match needs no second look: whole lines, all but the last few thousand bytes.</summary>
    static int Forget(ReadOnlySpan<byte> bytes)
        => bytes.Length <= LookBehind ? 0 : bytes[..^LookBehind].LastIndexOf((byte)'\n') + 1;

    void Append(ReadOnlySpan<byte> output)
    {
        if (output.Length > Capacity)
        {
            end += output.Length - Capacity;
            start = end;   // nothing of what there was stays
            output = output[^Capacity..];
        }
        if (end - start + output.Length > ring.Length && ring.Length < Capacity)
            Grow(end - start + output.Length);
        while (!output.IsEmpty)
        {
            int at = (int)(end % ring.Length), run = Math.Min(output.Length, ring.Length - at);
            output[..run].CopyTo(ring.AsSpan(at));
            output = output[run..];
            end += run;
        }
        start = Math.Max(start, end - ring.Length);
    }

    void Grow(long needed)
    {
        byte[] kept = Copy(start, end);
        long size = ring.Length;
        while (size < needed && size < Capacity)
            size *= 2;
        ring = new byte[size];
        end = start;
        Append(kept);
    }

    byte[] Copy(long from, long to)
    {
        from = Math.Clamp(from, start, to);
        byte[] bytes = new byte[to - from];
        ReadBytes(ref from, bytes);
        return bytes;
    }

    /// <summary>Waits for a change. False when time is up.</summary>
    bool Sleep(Deadline deadline, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        TimeSpan left = deadline.Left;
        bool pulsed = left > TimeSpan.Zero || left == Timeout.InfiniteTimeSpan ? Monitor.Wait(gate, left) : false;
        cancellation.ThrowIfCancellationRequested();
        return pulsed;
    }

    CancellationTokenRegistration WakeOn(CancellationToken cancellation) => cancellation.UnsafeRegister(static state =>
    {
        object monitor = ((ConsoleBuffer)state!).gate;
        lock (monitor)
            Monitor.PulseAll(monitor);
    }, this);

    readonly struct Deadline(TimeSpan timeout)
    {
        readonly long started = Stopwatch.GetTimestamp();

        /// <summary>Time left, zero when it is up.</summary>
        public TimeSpan Left
        {
            get
            {
                if (timeout == Timeout.InfiniteTimeSpan)
                    return timeout;
                TimeSpan left = timeout - Stopwatch.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                    return TimeSpan.Zero;
                return left < MaximumWait ? left : MaximumWait;
            }
        }

        static readonly TimeSpan MaximumWait = TimeSpan.FromDays(20);   // a monitor waits no longer at once
    }
}

/// <summary>Where something was found in a console's output.</summary>
/// <param name="Start">The position of its first byte.</param>
/// <param name="End">The position behind its last byte.</param>
/// <param name="Match">The match with its groups.</param>
public sealed record ConsoleMatch(long Start, long End, Match Match);
