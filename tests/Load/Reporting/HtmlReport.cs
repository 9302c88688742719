using System.Globalization;
using System.Net;
using Orchestrator.Load.Running;
using Orchestrator.Load.Scenarios;
using ScottPlot;

namespace Orchestrator.Load.Reporting;

/// <summary>A run on one page of HTML that needs nothing else: what was asked for, what came of it, and plots over its time.</summary>
public static class HtmlReport
{
    const int Width = 860, Height = 280;

    static readonly double[] Percents = [50, 75, 90, 95, 99, 99.9, 100];

    public static string Of(Scenario scenario, Recording recording, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(recording);
        var met = scenario.Threshold.IsMet(recording);
        return $"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>load: {scenario.Name}</title>
            <style>
            body {"{"} font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 900px; color: #222 {"}"}
            table {"{"} border-collapse: collapse; margin: 1em 0 {"}"} td, th {"{"} padding: .2em 1em .2em 0; text-align: right; border-bottom: 1px solid #ddd {"}"}
            td:first-child, th:first-child {"{"} text-align: left {"}"} .met {"{"} color: #167a2f {"}"} .missed {"{"} color: #b3261e {"}"}
            </style></head><body>
            <h1>{scenario.Name}</h1>
            <p>{WebUtility.HtmlEncode(scenario.Description)}. {at.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC, an open loop: latencies count from the moment that a request was to arrive.</p>
            <p class="{(met ? "met" : "missed")}">{(met ? "The thresholds are kept" : "The thresholds are missed")}: at most {Number(scenario.Threshold.FailedShare * 100)} % failed, p99 at most {Number(scenario.Threshold.P99)} ms.</p>
            {Summary(recording)}
            <h2>Latency over time</h2>{Latencies(recording)}
            <h2>Arrivals and answers</h2>{Rates(scenario, recording)}
            <h2>Latency by percentile</h2>{Distribution(recording)}
            </body></html>

            """;
    }

    static string Summary(Recording recording)
    {
        var latencies = string.Concat(Percents.Select(percent => $"<tr><td>{(percent < 100 ? $"p{Number(percent)}" : "longest")}</td><td>{Number(percent < 100 ? recording.Percentile(percent) : recording.Longest)} ms</td></tr>"));
        var statuses = string.Concat(recording.Statuses.OrderByDescending(status => status.Value).Take(20).Select(status => $"<tr><td>{WebUtility.HtmlEncode(status.Key)}</td><td>{status.Value}</td></tr>"));
        return $"<table><tr><th>requests</th><th>{recording.Count}</th></tr><tr><td>failed</td><td>{recording.Failed}</td></tr>{latencies}</table><table><tr><th>outcome</th><th>count</th></tr>{statuses}</table>";
    }

    static string Latencies(Recording recording) => Drawn(plot =>
    {
        foreach (var (percent, name) in (ReadOnlySpan<(double, string)>)[(50, "p50"), (99, "p99"), (100, "longest")])
            Line(plot, [.. recording.Seconds.Select(second => second.Percentile(percent))], name);
        plot.Axes.Left.Label.Text = "ms";
    });

    static string Rates(Scenario scenario, Recording recording) => Drawn(plot =>
    {
        Line(plot, [.. recording.Seconds.Select((_, second) => Stage.RateAt(scenario.Stages, TimeSpan.FromSeconds(second + 0.5)))], "to arrive");
        Line(plot, [.. recording.Seconds.Select(second => (double)second.Ok)], "answered");
        Line(plot, [.. recording.Seconds.Select(second => (double)second.Failed)], "failed");
        plot.Axes.Left.Label.Text = "a second";
    });

    /// <summary>As HdrHistogram's own plots: the distance to 100 % on a logarithmic scale.</summary>
    static string Distribution(Recording recording) => Drawn(plot =>
    {
        var nines = Enumerable.Range(0, 41).Select(step => step / 10.0).ToArray();
        var line = plot.Add.Scatter(nines, nines.Select(nine => recording.Percentile(100 - (100 * Math.Pow(10, -nine)))).ToArray());
        line.MarkerSize = 0;
        line.LineWidth = 2;
        plot.Axes.Bottom.SetTicks([0, 1, 2, 3, 4], ["0 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
        plot.Axes.Left.Label.Text = "ms";
    }, legend: false, bottom: "");

    static void Line(Plot plot, double[] values, string name)
    {
        var line = plot.Add.Scatter(Enumerable.Range(0, values.Length).Select(second => (double)second).ToArray(), values);
        line.LegendText = name;
        line.MarkerSize = 0;
        line.LineWidth = 2;
    }

    static string Drawn(Action<Plot> draw, bool legend = true, string bottom = "seconds")
    {
        using var plot = new Plot();
        draw(plot);
        plot.Axes.Bottom.Label.Text = bottom;
        plot.Axes.Margins(0.01, 0.08);
        plot.Axes.SetLimitsY(0, plot.Axes.GetLimits().Top);
        if (legend) plot.ShowLegend(Alignment.UpperRight);
        var svg = plot.GetSvgXml(Width, Height);
        return svg[svg.IndexOf("<svg", StringComparison.Ordinal)..]; // without the head of a file of its own
    }

    static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
