using System.Text;
using LguestPS.Emulator.Devices;
using LguestPS.Emulator.Launcher;
using LguestPS.Formats;

namespace LguestPS.Tests;

/// <summary>What is observed of guests: order of events, lines of consoles, violations that come again, room that a timeline takes, its picture.</summary>
public sealed class ObservationTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly LguestGuest guest = new(new GuestDefinition { Name = "observed", MemoryMB = 16, KernelPath = "none" });
    readonly ConsoleBuffer console = new();

    [Fact]
    public void EventsAreToldInOrderByOneThreadAtATime()
    {
        const int count = 2000;
        List<string> told = [];
        int telling = 0;
        using ManualResetEventSlim all = new();
        GuestEvents events = new(happened =>
        {
            Assert.Equal(1, Interlocked.Increment(ref telling));
            told.Add(happened.ToString()!);
            Interlocked.Decrement(ref telling);
            if (told.Count == count)
                all.Set();
        });

        for (int i = 0; i < count; i++)
            events.Post(new GuestConsoleLineEventArgs(guest, $"{i}"));

        Assert.True(all.Wait(Patience));
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), told);
    }

    [Fact]
    public void PostingWaitsForNoListener()
    {
        using ManualResetEventSlim release = new();
        using CountdownEvent told = new(2);
        GuestEvents events = new(_ =>
        {
            release.Wait(Patience);
            told.Signal();
        });
        events.Post(new GuestConsoleLineEventArgs(guest, "one"));
        events.Post(new GuestConsoleLineEventArgs(guest, "two"));
        Assert.Equal(2, told.CurrentCount);
        release.Set();
        Assert.True(told.Wait(Patience));
    }

    [Fact]
    public void LinesAreWholeHoweverTheyAreWritten()
    {
        List<long> begun = [];
        List<string> ended = [];
        ConsoleLines lines = new(console, begun.Add, () => true, ended.Add);

        foreach (string piece in (string[])["on", "e\r\n\r\ntw", "o\nthree\n", "\n", "é", "/ # "])
            console.Write(Encoding.UTF8.GetBytes(piece));

        Assert.Equal(["one", "two", "three"], ended);
        Assert.Equal([0, 7, 11, 18], begun);
        lines.Dispose();
        Assert.Equal("é/ # ", ended[^1]);
        console.Write("later\n"u8);
        Assert.Equal(4, ended.Count);
    }

    [Fact]
    public void LinesThatNobodyWantsAreNotMade()
    {
        int begun = 0;
        using ConsoleLines lines = new(console, _ => begun++, () => false, _ => Assert.Fail("nobody wants it"));
        console.Write("one\ntwo\n"u8);
        Assert.Equal(2, begun);
    }

    [Fact]
    public void AViolationThatComesAgainIsCounted()
    {
        ViolationHistory history = new(guest);
        LguestViolation first = history.Add(1, Breach(eip: 5), ended: false)!;

        Assert.Null(history.Add(1, Breach(eip: 5), ended: false));
        Assert.NotNull(history.Add(1, Breach(eip: 6), ended: false));
        Assert.NotNull(history.Add(2, Breach(eip: 5), ended: true));

        Assert.Equal(2, first.Occurrences);
        Assert.Equal([ViolationOutcome.PassedOver, ViolationOutcome.PassedOver, ViolationOutcome.GuestStopped], history.All.Select(entry => entry.Outcome));
    }

    [Fact]
    public void OfVeryManyViolationsTheLastAreKept()
    {
        ViolationHistory history = new(guest);
        for (uint eip = 0; eip < 1500; eip++)
            history.Add(1, Breach(eip), ended: false);
        Assert.Equal((1000, 500u, 1499u), (history.All.Length, history.All[0].GuestEip, history.All[^1].GuestEip));
    }

    [Fact]
    public void ATimelineKeepsStatesAndTakesNoMoreRoomForManyLines()
    {
        using TimelineRecorder recorder = new(console);
        using ConsoleLines lines = new(console, recorder.AddLine, () => false, _ => { });
        recorder.Add(TimelineMarkKind.State, "Starting");
        for (int i = 0; i < 20_000; i++)
            console.Write(Encoding.ASCII.GetBytes($"\e[1mline {i}\e[0m\r\n"));
        recorder.Add(TimelineMarkKind.State, "Off");

        TimelineRecorder.Mark[] marks = recorder.Marks();

        Assert.InRange(marks.Length, 1000, 4096);
        Assert.Equal(["Starting", "Off"], marks.Where(mark => mark.Kind == TimelineMarkKind.State).Select(mark => mark.Text));
        Assert.All(marks.Where(mark => mark.Kind == TimelineMarkKind.Console), mark => Assert.Matches(@"^line \d+$", mark.Text));
        Assert.Equal(marks.OrderBy(mark => mark.Time), marks);
    }

    [Theory]
    [InlineData(new[] { 0.0, 5, 10 }, new[] { 5.0, 5 })]
    [InlineData(new[] { 0.0, 5, 5.25 }, new[] { 5.25 })]   // the last sample counts, however soon it comes
    [InlineData(new[] { 0.0, 0.5, 5, 5.5, 10 }, new[] { 5.0, 5 })]
    [InlineData(new[] { 0.0, 0.5 }, new double[0])]
    public void ATimelinesPiecesLoseNothing(double[] at, double[] lengths)
    {
        TimelineRecorder.Point[] points = [.. at.Select((time, index) => new TimelineRecorder.Point(TimeSpan.FromMilliseconds(time), new(index, 0, 0, 0, 0), [index * 8]))];

        TimelineSample[] pieces = [.. GuestTimeline.Pieces("observed", ["console"], points)];

        Assert.Equal(lengths, pieces.Select(piece => piece.Duration.TotalMilliseconds));
        if (pieces.Length > 0)
            Assert.Equal(points[^1].DeviceBytes[0], pieces.Sum(piece => piece.DeviceBytesPerSecond * piece.Duration.TotalSeconds), 6);
    }

    [Fact]
    public void APictureCutsLongLinesShowsWhatIsWrongAndIsXml()
    {
        ChartMark[] marks =
        [
            new(0, 0.1, "[Starting]", IsLine: false, IsAlarm: false),
            .. Enumerable.Range(0, 500).Select(i => new ChartMark(0.1 + i * 0.001, i == 250 ? 0.5 : 0.001, $"<line {i}> & {new string('x', 200)}", IsLine: true, IsAlarm: false)),
            new(0.9, 0.1, "rng: bad driver", IsLine: false, IsAlarm: true),
        ];
        TimelineChart chart = new()
        {
            Title = "guest",
            Length = 1,
            Devices = ["console in slot 1", "block in slot 2"],
            Samples = [new(0, 0.5, 1e9, 100, 10, 5, [0, 4096]), new(0.5, 0.5, 1e8, 0, 10, 5, [0, 0])],
            Marks = marks,
        };

        string text = string.Join('\n', System.Xml.Linq.XDocument.Parse(chart.ToSvg()).Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value));

        Assert.Contains("[Starting]", text);
        Assert.Contains("rng: bad driver", text);
        Assert.Contains("<line 0> & xxx", text);
        Assert.Contains("<line 250> & xxx", text);   // the longest
        Assert.Contains("<line 499> & xxx", text);   // the last
        Assert.DoesNotContain(new string('x', 100), text);
        Assert.Contains("block in slot 2", text);
        Assert.DoesNotContain("console in slot 1", text);   // it has moved nothing
        Assert.InRange(text.Split('\n').Count(line => line.Contains("<line", StringComparison.Ordinal)), 20, 70);
    }

    static DriverViolation Breach(uint eip) => new("rng", 2, null, DriverRule.IsrReadOnly, null, "message", new Dictionary<string, ulong>(), eip);
}
