using Orchestrator.ControlPlane.Tests.Store;
using Xunit.Abstractions;

namespace Orchestrator.Faults.Processes;

/// <summary>What a leader's death costs nobody, many times, while much is written and watched. ORCH_CASES says how many leaders are killed.</summary>
[Collection(ProcessTests.Name)]
public sealed class LeaderTests(ITestOutputHelper output)
{
    const long Changes = 1_000_000;

    /// <summary>Objects that are written at a time.</summary>
    const int Bulk = 250;

    /// <summary>More than come while a member is away, far fewer than come in all.</summary>
    const int History = 2_000;

    static int Kills => Trial.Number("ORCH_CASES") ?? 50;

    [Fact]
    public async Task Nothing_is_lost_stale_or_done_twice_while_leaders_die_and_a_million_changes_are_watched()
    {
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 200, history: History);
        var trial = new Trial(cluster, output);
        await trial.RunAsync(
            async () =>
            {
                for (var killed = 0; killed < Kills; killed++)
                {
                    var leader = await cluster.LeaderAsync();
                    trial.Note("kill", leader);
                    await leader.KillAsync();
                    await trial.ProgressAsync();
                    await leader.StartAsync();
                }

                while (trial.Changes < Changes) await trial.ProgressAsync();
            },
            (Bulk, Changes));
        foreach (var member in cluster.All)
            Assert.StartsWith("error CompactedException", await member.Send("follow", "0").ReadAsync(), StringComparison.Ordinal);
    }
}
