using NBomber.Contracts;
using NBomber.Contracts.Stats;
using NBomber.CSharp;
using Orchestrator.Load;
using Orchestrator.Load.Running;
using Response = NBomber.CSharp.Response;
using Scenarios = Orchestrator.Load.Scenarios;

// Usage: load-nbomber SCENARIO [MINUTES OF THE SOAK, OR OF HITLESS]
var length = TimeSpan.FromMinutes(args.Length > 1 ? double.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 2);
var all = Scenarios.Scenario.All(length, length);
if (all.FirstOrDefault(each => args.Length > 0 && each.Name == args[0]) is not { } chosen)
{
    Console.Error.WriteLine($"usage: load-nbomber SCENARIO [MINUTES]; there are {string.Join(", ", all.Select(each => each.Name))}");
    return 2;
}

await using var cluster = await LoadedCluster.StartAsync();
using var running = new CancellationTokenSource();
using var loading = new CancellationTokenSource();
var meanwhile = Task.CompletedTask;
var scenario = Scenario.Create(chosen.Name, async context => Of(await chosen.StepAsync(cluster, context.InvocationNumber, context.ScenarioCancellationToken)))
    .WithInit(async _ =>
    {
        await chosen.PrepareAsync(cluster, running.Token);
        meanwhile = chosen.MeanwhileAsync(cluster, loading.Token);
    })
    .WithClean(async _ =>
    {
        await loading.CancelAsync();
        await meanwhile;
        await running.CancelAsync();
        await chosen.CleanAsync();
    })
    .WithoutWarmUp()
    .WithLoadSimulations([.. chosen.Stages.Select(Simulated)])
    .WithThresholds(
        Threshold.Create(stats => stats.Fail.Request.Percent <= chosen.Threshold.FailedShare * 100),
        Threshold.Create(stats => stats.Ok.Latency.Percent99 <= chosen.Threshold.P99));
var run = NBomberRunner.RegisterScenarios(scenario)
    .WithTestSuite("orchestrator")
    .WithTestName(chosen.Name)
    .WithReportFolder(Path.Combine("artifacts", "load", "nbomber", chosen.Name))
    .WithReportFormats(ReportFormat.Html, ReportFormat.Txt)
    .Run();
var figures = run.ScenarioStats.Get(chosen.Name);
return figures.Fail.Request.Percent <= chosen.Threshold.FailedShare * 100 && figures.Ok.Latency.Percent99 <= chosen.Threshold.P99 ? 0 : 1;

static IResponse Of(Outcome outcome) => outcome.Ok ? Response.Ok(statusCode: outcome.Status) : Response.Fail(statusCode: outcome.Status);

// A ramp begins where the stage before has ended, as ours do; the first one begins at 0.
static LoadSimulation Simulated(Stage stage)
{
    var (rate, second) = ((int)stage.To, TimeSpan.FromSeconds(1));
    return stage.From == stage.To ? Simulation.Inject(rate, second, stage.Length) : Simulation.RampingInject(rate, second, stage.Length);
}
