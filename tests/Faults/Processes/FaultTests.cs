using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Testing.Clusters;
using Xunit.Abstractions;

namespace Orchestrator.Faults.Processes;

/// <summary>
/// Three and five servers in processes of their own, each on a host of its own with a real log, while a nemesis is at them. ORCH_CASES says how many leaders are killed, ORCH_SEED
/// repeats a run's choices. The history is left in the temporary directory when something is found.
/// </summary>
[Trait("Run", "faults")]
[Collection(ProcessTests.Name)]
public sealed class FaultTests(ITestOutputHelper output)
{
    static int LeaderKills => Trial.Number("ORCH_CASES") ?? 10;

    [Theory]
    [InlineData(3, 70)]
    [InlineData(5, 30)]
    public async Task Nothing_is_lost_stale_or_done_twice_while_leaders_are_killed_paused_and_cut_off(int servers, int percentOfKills)
    {
        await using var lan = await Lan.MakeAsync(servers);
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 200, count: servers, lan: lan);
        var trial = new Trial(cluster, output);
        var nemesis = new Nemesis(cluster, lan, trial);
        await trial.RunAsync(() => nemesis.RunAsync(Math.Max(1, LeaderKills * percentOfKills / 100)));
    }
}
