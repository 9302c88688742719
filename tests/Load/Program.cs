using System.CommandLine;
using Orchestrator.Bench;
using Orchestrator.Load;
using Orchestrator.Load.Reporting;
using Orchestrator.Load.Running;
using Orchestrator.Load.Scenarios;

var output = new Option<DirectoryInfo>("--output") { Description = "where the reports go", DefaultValueFactory = _ => new DirectoryInfo("artifacts/load") };
var results = new Option<FileInfo>("--results") { Description = "the file for the figures of all that ran, as JSON", Required = true };
var soak = new Option<int>("--soak-minutes") { Description = "how long ingress-soak takes", DefaultValueFactory = _ => 2 };
var hitless = new Option<double>("--hitless-minutes") { Description = "how long hitless takes: 8.4 minutes are 100,000 requests", DefaultValueFactory = _ => 8.4 };
var chosen = new Option<string[]>("--scenario") { Description = "only this one; may be given several times", DefaultValueFactory = _ => [] };
chosen.AcceptOnlyFromAmong([.. Scenario.All(default, default).Select(scenario => scenario.Name)]);
var root = new RootCommand("Loads a cluster of three hosts, keeps to its thresholds or fails, and writes a report of each scenario.") { chosen, output, results, soak, hitless };
root.SetAction(async (parsed, token) =>
{
    var names = parsed.GetValue(chosen)!; // has a default
    var reports = parsed.GetValue(output)!.CreateSubdirectory("."); // as above
    List<Result> figures = [];
    var missed = 0;
    foreach (var scenario in Scenario.All(TimeSpan.FromMinutes(parsed.GetValue(soak)), TimeSpan.FromMinutes(parsed.GetValue(hitless))).Where(scenario => names.Length == 0 || names.Contains(scenario.Name)))
    {
        Console.WriteLine($"{scenario.Name}: {scenario.Description}");
        var recording = await LoadRun.RunAsync(scenario, TimeProvider.System, token);
        var report = Path.Combine(reports.FullName, $"{scenario.Name}.html");
        await File.WriteAllTextAsync(report, HtmlReport.Of(scenario, recording, DateTimeOffset.UtcNow), token);
        foreach (var (status, count) in recording.Statuses.Where(status => status.Key != Outcome.Good.Status)) Console.WriteLine($"  {count} x {status}");
        Console.WriteLine($"  {report}");
        if (!scenario.Threshold.IsMet(recording)) missed++;
        figures.AddRange(
        [
            new Result($"{scenario.Name}: requests", recording.Count, "requests"),
            new Result($"{scenario.Name}: failed", 100.0 * recording.Failed / recording.Count, "%", Goal: scenario.Threshold.FailedShare * 100),
            new Result($"{scenario.Name}: p50", recording.Percentile(50), "ms"),
            new Result($"{scenario.Name}: p99", recording.Percentile(99), "ms", Goal: scenario.Threshold.P99),
            new Result($"{scenario.Name}: longest", recording.Longest, "ms"),
        ]);
    }

    Result.Write(figures, parsed.GetValue(results)!.FullName); // required
    return missed == 0 ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
