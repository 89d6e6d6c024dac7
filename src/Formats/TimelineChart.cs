using System.Globalization;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace LguestPS.Formats;

/// <summary>What a guest did in a piece of time.</summary>
/// <param name="Start">Where it begins, in seconds since the start.</param>
/// <param name="Length">Its seconds.</param>
/// <param name="Instructions">Instructions a second.</param>
/// <param name="Traps">Traps a second.</param>
/// <param name="Interrupts">Interrupts a second.</param>
/// <param name="Hypercalls">Hypercalls a second.</param>
/// <param name="DeviceBytes">Bytes a second by device.</param>
public sealed record ChartSample(double Start, double Length, double Instructions, double Traps, double Interrupts, double Hypercalls, IReadOnlyList<double> DeviceBytes);

/// <summary>Something that happened.</summary>
/// <param name="Time">Seconds since the start.</param>
/// <param name="Length">Seconds until the next thing happened.</param>
/// <param name="Text">What it was.</param>
/// <param name="IsLine">Whether it is a line of the console: those are shown after which most time went by, all else always.</param>
/// <param name="IsAlarm">Whether something was wrong.</param>
public sealed record ChartMark(double Time, double Length, string Text, bool IsLine, bool IsAlarm);

/// <summary>
/// A timeline as a picture. Time goes down, as the console's lines do: on the left how fast the guest ran, what interrupted it and what its devices
/// moved, on the right the console's lines after which most time went by.
/// </summary>
public sealed class TimelineChart
{
    const int Width = 1500, Height = 960;
    const double LabelHeight = 16, LabelFontSize = 11;
    const int LongestLabel = 92, Highlights = 5;
    const string TimeKey = "time", SpeedKey = "speed", EventsKey = "events", BytesKey = "bytes", LabelsKey = "labels";
    const string Font = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";

    static readonly string[] Panels = [SpeedKey, EventsKey, BytesKey];

    static readonly OxyColor Ink = OxyColor.FromRgb(0x26, 0x2B, 0x33), Pale = OxyColor.FromRgb(0xD9, 0xDE, 0xE5), Faint = OxyColor.FromRgb(0x6B, 0x75, 0x82),
        Highlight = OxyColor.FromRgb(0xFF, 0xF6, 0xE5), HighlightInk = OxyColor.FromRgb(0xA3, 0x4A, 0x00), Alarm = OxyColor.FromRgb(0xB0, 0x1E, 0x2E);

    // Okabe and Ito's palette: the colour-blind can tell them apart.
    static readonly OxyColor Blue = OxyColor.FromRgb(0x00, 0x72, 0xB2), Vermilion = OxyColor.FromRgb(0xD5, 0x5E, 0x00), Green = OxyColor.FromRgb(0x00, 0x9E, 0x73),
        Purple = OxyColor.FromRgb(0xCC, 0x79, 0xA7), Sky = OxyColor.FromRgb(0x56, 0xB4, 0xE9), Orange = OxyColor.FromRgb(0xE6, 0x9F, 0x00);

    static readonly OxyColor[] DeviceColors = [Sky, Green, Orange, Purple, Vermilion, Blue];

    /// <summary>The headline.</summary>
    public required string Title { get; init; }

    /// <summary>Seconds that are shown.</summary>
    public required double Length { get; init; }

    /// <summary>The devices' names, in the order of <see cref="ChartSample.DeviceBytes"/>.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>What was done, in order of time.</summary>
    public required IReadOnlyList<ChartSample> Samples { get; init; }

    /// <summary>What happened, in order of time.</summary>
    public required IReadOnlyList<ChartMark> Marks { get; init; }

    /// <summary>Draws it.</summary>
    /// <returns>A whole SVG document.</returns>
    public string ToSvg()
    {
        PlotModel model = new()
        {
            Title = Title,
            TitleFontSize = 16,
            TitlePadding = 12,
            DefaultFont = Font,
            TextColor = Ink,
            Background = OxyColors.White,
            PlotAreaBorderThickness = new OxyThickness(0),
            Padding = new OxyThickness(14),
        };
        model.Axes.Add(TimeAxis());
        model.Axes.Add(PanelAxis(SpeedKey, "instructions a second", 0, 0.16));
        model.Axes.Add(PanelAxis(EventsKey, "events a second", 0.19, 0.35));
        model.Axes.Add(PanelAxis(BytesKey, "device bytes a second", 0.38, 0.52));
        model.Axes.Add(new LinearAxis { Key = LabelsKey, Position = AxisPosition.Top, StartPosition = 0.53, EndPosition = 1, Minimum = 0, Maximum = 1, IsAxisVisible = false });

        model.Series.Add(Area(SpeedKey, null, Blue, sample => sample.Instructions));
        model.Series.Add(Line(EventsKey, "traps", Vermilion, sample => sample.Traps));
        model.Series.Add(Line(EventsKey, "hypercalls", Purple, sample => sample.Hypercalls));
        model.Series.Add(Line(EventsKey, "interrupts", Green, sample => sample.Interrupts));
        for (int i = 0; i < Devices.Count; i++)
        {
            int device = i;
            if (Samples.Any(sample => sample.DeviceBytes[device] > 0))
                model.Series.Add(Area(BytesKey, Devices[i], DeviceColors[i % DeviceColors.Length], sample => sample.DeviceBytes[device]));
        }
        model.Legends.Add(new Legend
        {
            LegendPosition = LegendPosition.BottomLeft,
            LegendPlacement = LegendPlacement.Outside,
            LegendOrientation = LegendOrientation.Horizontal,
            LegendFontSize = 12,
            LegendMargin = 4,
            LegendItemSpacing = 48,   // text may be wider than it is thought to be: the fonts of the reader are not known
            LegendPadding = 32,
        });

        Render(model);   // lays the axes out: by them labels find their places
        AddMarks(model, model.GetAxis(TimeKey));
        return Render(model);
    }

    static string Render(PlotModel model)
    {
        using MemoryStream stream = new();
        new SvgExporter { Width = Width, Height = Height, UseVerticalTextAlignmentWorkaround = true }.Export(model, stream);
        stream.Position = 0;
        using StreamReader text = new(stream);   // passes over the byte order mark
        return text.ReadToEnd();
    }

    LinearAxis TimeAxis() => new()
    {
        Key = TimeKey,
        Position = AxisPosition.Left,
        StartPosition = 1,   // downwards
        EndPosition = 0,
        Minimum = 0,
        Maximum = Length,
        Title = "seconds since the start",
        TitleColor = Faint,
        AxisTitleDistance = 14,
        TicklineColor = Pale,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColor.FromAColor(0x80, Pale),
    };

    static LinearAxis PanelAxis(string key, string title, double start, double end) => new()
    {
        Key = key,
        Position = AxisPosition.Top,
        StartPosition = start,
        EndPosition = end,
        Minimum = 0,
        MinimumRange = 1,
        MaximumPadding = 0.03,
        Title = title,
        TitleColor = Faint,
        TicklineColor = Pale,
        AxisTitleDistance = 8,
        AxislineStyle = LineStyle.Solid,
        AxislineColor = Pale,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColor.FromAColor(0x80, Pale),
        IntervalLength = 70,
        LabelFormatter = Short,
    };

    AreaSeries Area(string panel, string? name, OxyColor color, Func<ChartSample, double> value)
    {
        AreaSeries area = new()
        {
            XAxisKey = panel,
            YAxisKey = TimeKey,
            Title = name,
            Color = color,
            Color2 = OxyColors.Transparent,
            Fill = OxyColor.FromAColor(0x60, color),
            StrokeThickness = 1,
        };
        area.Points.AddRange(Steps(value));
        area.Points2.AddRange(area.Points.Select(point => new DataPoint(0, point.Y)));
        return area;
    }

    LineSeries Line(string panel, string name, OxyColor color, Func<ChartSample, double> value)
    {
        LineSeries line = new() { XAxisKey = panel, YAxisKey = TimeKey, Title = name, Color = color, StrokeThickness = 1.2 };
        line.Points.AddRange(Steps(value));
        return line;
    }

    // A rate holds for all of its piece of time.
    IEnumerable<DataPoint> Steps(Func<ChartSample, double> value) =>
        Samples.SelectMany(sample => (DataPoint[])[new(value(sample), sample.Start), new(value(sample), sample.Start + sample.Length)]);

    void AddMarks(PlotModel model, Axis time)
    {
        double top = Math.Min(time.ScreenMin.Y, time.ScreenMax.Y), bottom = Math.Max(time.ScreenMin.Y, time.ScreenMax.Y);
        List<ChartMark> shown = Choose((int)((bottom - top) / LabelHeight));
        HashSet<ChartMark> highlighted = [.. shown.Where(mark => mark.Length > 0).OrderByDescending(mark => mark.Length).Take(Highlights)];
        double[] places = Place([.. shown.Select(mark => time.Transform(mark.Time))], top + LabelHeight / 2, bottom - LabelHeight / 2);
        for (int i = 0; i < shown.Count; i++)
        {
            ChartMark mark = shown[i];
            bool isLong = highlighted.Contains(mark);
            OxyColor color = mark.IsAlarm ? Alarm : isLong ? HighlightInk : Faint;
            foreach (string panel in Panels)
            {
                if (isLong)
                    model.Annotations.Add(new RectangleAnnotation { XAxisKey = panel, YAxisKey = TimeKey, MinimumY = mark.Time, MaximumY = mark.Time + mark.Length, Fill = Highlight, Layer = AnnotationLayer.BelowSeries });
                model.Annotations.Add(new LineAnnotation { XAxisKey = panel, YAxisKey = TimeKey, Type = LineAnnotationType.Horizontal, Y = mark.Time, Color = OxyColor.FromAColor(0x90, color), StrokeThickness = 0.6, LineStyle = LineStyle.Solid, Layer = AnnotationLayer.BelowSeries });
            }
            double place = time.InverseTransform(places[i]);
            PolylineAnnotation leader = new() { XAxisKey = LabelsKey, YAxisKey = TimeKey, ClipByXAxis = false, Color = OxyColor.FromAColor(0x90, color), StrokeThickness = 0.6, LineStyle = LineStyle.Solid };
            leader.Points.AddRange([new(-0.02, mark.Time), new(0, mark.Time), new(0.03, place), new(0.035, place)]);
            model.Annotations.Add(leader);
            model.Annotations.Add(Text(0.11, place, HorizontalAlignment.Right, color, isLong, Time(mark.Time)));
            model.Annotations.Add(Text(0.185, place, HorizontalAlignment.Right, color, isLong, mark.Length >= 0.0005 ? "+" + Time(mark.Length) : ""));
            model.Annotations.Add(Text(0.195, place, HorizontalAlignment.Left, mark.IsAlarm ? Alarm : mark.IsLine ? Ink : Faint, isLong || mark.IsAlarm, Cut(mark.Text)));
        }
    }

    static TextAnnotation Text(double x, double y, HorizontalAlignment alignment, OxyColor color, bool bold, string text) => new()
    {
        XAxisKey = LabelsKey,
        YAxisKey = TimeKey,
        TextPosition = new DataPoint(x, y),
        TextHorizontalAlignment = alignment,
        TextVerticalAlignment = VerticalAlignment.Middle,
        StrokeThickness = 0,
        FontSize = LabelFontSize,
        FontWeight = bold ? FontWeights.Bold : FontWeights.Normal,
        TextColor = color,
        Text = text,
    };

    /// <summary>As many marks as there is room for, in order of time: all that are no lines, the first and the last line, and those after which most time went by.</summary>
    List<ChartMark> Choose(int room)
    {
        List<ChartMark> lines = [.. Marks.Where(mark => mark.IsLine && mark.Text.Length > 0)];
        return [.. Marks.Where(mark => !mark.IsLine).OrderByDescending(mark => mark.IsAlarm)
            .Concat(lines.Take(1)).Concat(lines.TakeLast(1))
            .Concat(lines.OrderByDescending(mark => mark.Length))
            .Distinct(ReferenceEqualityComparer.Instance).Cast<ChartMark>()
            .Take(room).OrderBy(mark => mark.Time)];
    }

    /// <summary>Places labels as near to their marks as they can be without one lying on another.</summary>
    /// <param name="wanted">Where they would be, in order.</param>
    /// <param name="top">The first place.</param>
    /// <param name="bottom">The last place.</param>
    internal static double[] Place(double[] wanted, double top, double bottom)
    {
        double[] places = [.. wanted];
        double free = top;
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = Math.Max(places[i], free);
            free = places[i] + LabelHeight;
        }
        free = bottom;
        for (int i = places.Length - 1; i >= 0; i--)
        {
            places[i] = Math.Min(places[i], free);
            free = places[i] - LabelHeight;
        }
        return places;
    }

    static string Cut(string text) => text.Length <= LongestLabel ? text : string.Concat(text.AsSpan(0, LongestLabel - 1), "\u2026");

    static string Time(double seconds) => seconds.ToString(seconds < 10 ? "f3" : seconds < 100 ? "f2" : "f1", CultureInfo.InvariantCulture);

    static string Short(double value) => value switch
    {
        >= 1e9 => (value / 1e9).ToString("0.##", CultureInfo.InvariantCulture) + " G",
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + " M",
        >= 1e3 => (value / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + " k",
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
