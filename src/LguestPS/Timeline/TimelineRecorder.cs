using System.Diagnostics;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;

namespace LguestPS;

/// <summary>Keeps the course of one run of a guest: marks for what happened, and the machine's sums at regular times.</summary>
/// <remarks>
/// It takes as much room however long the guest runs. When the samples are full every second one goes and the time between them doubles; as sums
/// they lose nothing but resolution. When the marks are full, console lines that others followed at once go: a burst becomes its last line.
/// </remarks>
sealed class TimelineRecorder : IDisposable
{
    const int MostSamples = 1024, MostMarks = 4096, MostDevices = 32;
    static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(5);

    readonly Lock gate = new();
    readonly long startTimestamp = Stopwatch.GetTimestamp();
    readonly ConsoleBuffer console;
    readonly List<Point> samples = new(64);
    readonly List<Mark> marks = new(64);
    Machine? machine;
    Timer? timer;
    TimeSpan interval = FirstInterval;
    bool ended;

    /// <summary>A moment: when it was and what the machine had done.</summary>
    internal readonly record struct Point(TimeSpan Time, MachineSample Sums, long[] DeviceBytes);

    /// <summary>Something that happened. Of a console line only the place is kept.</summary>
    internal readonly record struct Mark(TimeSpan Time, TimelineMarkKind Kind, MachineSample Sums, long DeviceBytes, long Position, string? Text);

    /// <param name="console">The run's console.</param>
    public TimelineRecorder(ConsoleBuffer console) => this.console = console;

    /// <summary>When the run began, in local time.</summary>
    public DateTime Started { get; } = DateTime.Now;

    /// <summary>The machine is loaded: samples are taken from now on.</summary>
    public void Begin(Machine running)
    {
        lock (gate)
        {
            machine = running;
            TakeSample();
            timer = new Timer(static state => ((TimelineRecorder)state!).OnTimer(), this, interval, interval);
        }
    }

    /// <summary>Something has happened.</summary>
    public void Add(TimelineMarkKind kind, string text) => Add(kind, 0, text);

    /// <summary>A line begins on the console. Called on the thread that writes it.</summary>
    public void AddLine(long position) => Add(TimelineMarkKind.Console, position, null);

    /// <summary>The run is over: takes the last sample and stops.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (ended)
                return;
            TakeSample();
            ended = true;
            timer?.Dispose();
        }
    }

    /// <summary>The marks, those of the console with their text.</summary>
    public Mark[] Marks()
    {
        Mark[] found;
        lock (gate)
            found = [.. marks];
        long lineEnd = console.End;
        for (int i = found.Length - 1; i >= 0; i--)
        {
            if (found[i].Kind != TimelineMarkKind.Console)
                continue;
            string text = ConsoleLines.Text(console, found[i].Position, lineEnd);
            int end = text.IndexOfAny(['\r', '\n']);
            lineEnd = found[i].Position;
            found[i] = found[i] with { Text = ConsoleLineText.Plain(end < 0 ? text : text[..end]) };
        }
        return found;
    }

    /// <summary>The samples, and what is the case now when the run goes on.</summary>
    public Point[] Samples()
    {
        lock (gate)
        {
            if (!ended && machine is not null)
                TakeSample();
            return [.. samples];
        }
    }

    void OnTimer()
    {
        // The timer's next call may come while this one waits for the machine.
        if (!gate.TryEnter())
            return;
        try
        {
            if (!ended)
                TakeSample();
        }
        finally
        {
            gate.Exit();
        }
    }

    // Under the gate.
    void TakeSample()
    {
        if (machine is null)
            return;
        if (samples.Count == MostSamples)
            HalveSamples();
        long[] bytes = new long[machine.DeviceCount];
        MachineSample sums = machine.Sample(bytes);
        samples.Add(new(Stopwatch.GetElapsedTime(startTimestamp), sums, bytes));
    }

    void HalveSamples()
    {
        for (int i = 0; i < MostSamples / 2; i++)
            samples[i] = samples[2 * i + 1];
        samples.RemoveRange(MostSamples / 2, MostSamples / 2);
        interval *= 2;
        timer?.Change(interval, interval);
    }

    void Add(TimelineMarkKind kind, long position, string? text)
    {
        lock (gate)
        {
            if (ended)
                return;
            Span<long> bytes = stackalloc long[MostDevices];
            MachineSample sums = machine?.Sample(bytes) ?? default;
            long sum = 0;
            foreach (long count in bytes)
                sum += count;
            if (marks.Count == MostMarks)
                ThinMarks();
            marks.Add(new(Stopwatch.GetElapsedTime(startTimestamp), kind, sums, sum, position, text));
        }
    }

    // Of console lines the half that took the least time goes.
    void ThinMarks()
    {
        TimeSpan[] spans = new TimeSpan[marks.Count];
        for (int i = 0; i < spans.Length - 1; i++)
            spans[i] = marks[i + 1].Time - marks[i].Time;
        spans[^1] = TimeSpan.MaxValue;
        TimeSpan[] sorted = [.. spans];
        Array.Sort(sorted);
        TimeSpan shortest = sorted[sorted.Length / 2];
        int excess = marks.Count / 2, at = 0;
        marks.RemoveAll(mark => spans[at++] <= shortest && mark.Kind == TimelineMarkKind.Console && excess-- > 0);
    }
}
