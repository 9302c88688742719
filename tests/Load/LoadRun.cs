using Orchestrator.Load.Running;
using Orchestrator.Load.Scenarios;

namespace Orchestrator.Load;

/// <summary>One scenario from a fresh cluster to the last answer.</summary>
public static class LoadRun
{
    public static async Task<Recording> RunAsync(Scenario scenario, TimeProvider clock, CancellationToken token)
    {
        await using var cluster = await LoadedCluster.StartAsync();
        using var running = CancellationTokenSource.CreateLinkedTokenSource(token); // watches of the preparation last as long
        try
        {
            await scenario.PrepareAsync(cluster, running.Token);
            using var loading = CancellationTokenSource.CreateLinkedTokenSource(token);
            var meanwhile = scenario.MeanwhileAsync(cluster, loading.Token);
            var recording = await OpenLoop.RunAsync(scenario.Stages, (number, cancel) => scenario.StepAsync(cluster, number, cancel), clock, token);
            await loading.CancelAsync();
            await meanwhile; // it ends whole, so that the cluster does
            await running.CancelAsync();
            return recording;
        }
        finally
        {
            await scenario.CleanAsync();
        }
    }
}
