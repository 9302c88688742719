using Orchestrator.Load.Running;
using Orchestrator.Load.Scenarios;

namespace Orchestrator.Load.Tests;

/// <summary>The load tests' own run at small scale; the whole of it is `./bench.sh load --scenario hitless`.</summary>
public sealed class HitlessTests
{
    [Fact]
    public async Task Nothing_fails_while_pods_are_rolled_out_scaled_drained_rebalanced_and_a_leader_is_killed()
    {
        var scenario = Scenario.All(default, hitless: TimeSpan.FromSeconds(25)).Single(each => each.Name == "hitless");
        var recording = await LoadRun.RunAsync(scenario, TimeProvider.System, default);
        Assert.Equal([Outcome.Good.Status], recording.Statuses.Keys);
        Assert.Equal(5000, recording.Count);
    }
}
