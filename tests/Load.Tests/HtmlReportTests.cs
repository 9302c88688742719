using Orchestrator.Load.Reporting;
using Orchestrator.Load.Running;
using Orchestrator.Load.Scenarios;

namespace Orchestrator.Load.Tests;

/// <summary>What is kept of a run.</summary>
public sealed class HtmlReportTests
{
    readonly Recording _recording = new();

    [Fact]
    public void A_report_says_what_came_of_the_run_and_draws_it_on_one_page()
    {
        for (var number = 0; number < 200; number++) _recording.Add(TimeSpan.FromSeconds(number / 50.0), TimeSpan.FromMilliseconds(1 + number), Outcome.Good);
        var page = Page();
        Assert.Contains("The thresholds are kept", page, StringComparison.Ordinal);
        Assert.Contains("<td>p99</td><td>198", page, StringComparison.Ordinal);
        Assert.Equal(3, page.Split("<svg").Length - 1);
        Assert.DoesNotContain("<?xml", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_request_fails_the_run_and_what_a_server_answers_is_only_text()
    {
        _recording.Add(TimeSpan.Zero, TimeSpan.FromMilliseconds(1), Outcome.Failed("<script>"));
        var page = Page();
        Assert.Contains("The thresholds are missed", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
    }

    string Page() => HtmlReport.Of(Scenario.All(default, default).Single(scenario => scenario.Name == "ingress-steady"), _recording, new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
}
