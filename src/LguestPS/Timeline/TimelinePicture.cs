using System.Globalization;
using System.Net;
using System.Text;
using LguestPS.Formats;

namespace LguestPS;

/// <summary>Shows a timeline to people: as a picture, or as a web page with the picture and all that happened.</summary>
static class TimelinePicture
{
    /// <summary>An SVG document.</summary>
    public static string ToSvg(GuestTimeline timeline) => new TimelineChart
    {
        Title = Title(timeline),
        Length = Math.Max(timeline.Duration.TotalSeconds, 0.001),
        Devices = [.. timeline.DeviceNames.Select((kind, index) => $"{kind} in slot {index + 1}")],
        Samples = [.. timeline.Samples.Select(sample => new ChartSample(sample.Time.TotalSeconds, sample.Duration.TotalSeconds, sample.Mips * 1e6,
            sample.TrapsPerSecond, sample.InterruptsPerSecond, sample.HypercallsPerSecond, [.. sample.Devices.Select(device => device.BytesPerSecond)]))],
        Marks = [.. timeline.Marks.Select(mark => new ChartMark(mark.Time.TotalSeconds, mark.Duration.TotalSeconds, mark.Kind == TimelineMarkKind.State ? $"[{mark.Text}]" : mark.Text,
            mark.Kind == TimelineMarkKind.Console, mark.Kind == TimelineMarkKind.Violation))],
    }.ToSvg();

    /// <summary>A web page that needs nothing else.</summary>
    public static string ToHtml(GuestTimeline timeline)
    {
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>{{Escape(Title(timeline))}}</title>
            <style>
            body { font: 14px/1.4 Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; color: #262b33; margin: 2em auto; max-width: 1500px }
            svg { width: 100%; height: auto }
            table { border-collapse: collapse; width: 100%; font-size: 12px }
            th { text-align: left; color: #6b7582; font-weight: normal; border-bottom: 1px solid #d9dee5 }
            td, th { padding: 1px 8px }
            td { white-space: pre-wrap }
            td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
            tr.State td, tr.Restart td { color: #6b7582; font-style: italic }
            tr.Violation td { color: #b01e2e; font-weight: bold }
            </style>
            </head>
            <body>
            {{Inline(ToSvg(timeline))}}
            <table>
            <tr><th class="n">seconds</th><th class="n">until next</th><th>what happened</th><th class="n">MIPS</th><th class="n">traps</th><th class="n">hypercalls</th><th class="n">interrupts</th><th class="n">device bytes</th></tr>

            """);
        foreach (TimelineMark mark in timeline.Marks)
            page.Append(CultureInfo.InvariantCulture, $$"""
                <tr class="{{mark.Kind}}"><td class="n">{{mark.Time.TotalSeconds:f3}}</td><td class="n">{{mark.Duration.TotalSeconds:f3}}</td><td>{{Escape(mark.Text)}}</td><td class="n">{{mark.Mips:f0}}</td><td class="n">{{mark.Traps}}</td><td class="n">{{mark.Hypercalls}}</td><td class="n">{{mark.Interrupts}}</td><td class="n">{{mark.DeviceBytes}}</td></tr>

                """);
        return page.Append("</table>\n</body>\n</html>\n").ToString();
    }

    static string Title(GuestTimeline timeline) => string.Create(CultureInfo.InvariantCulture,
        $"{timeline.GuestName}: {timeline.Duration.TotalSeconds:f3} seconds, {timeline.Samples.Sum(sample => sample.Instructions) / 1e6:n0} million instructions ({timeline.Started:yyyy-MM-dd HH:mm})");

    static string Escape(string text) => WebUtility.HtmlEncode(text);

    // Inside a page an SVG has neither XML declaration nor document type.
    static string Inline(string svg) => svg[svg.IndexOf("<svg", StringComparison.Ordinal)..];
}
