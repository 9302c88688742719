using System.Globalization;
using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Faults.Linearizability;
using Orchestrator.Faults.Traffic;
using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;
using Xunit.Abstractions;

namespace Orchestrator.Faults.Processes;

/// <summary>
/// Three and five servers in processes of their own, each on a host of its own with a real log, while a nemesis is at them. ORCH_CASES says how many leaders are killed, ORCH_SEED
/// repeats a run's choices. The history is left in the temporary directory when something is found.
/// </summary>
[Trait("Run", "faults")]
public sealed class FaultTests(ITestOutputHelper output)
{
    const int ClientCount = 5;

    static int LeaderKills => Number("ORCH_CASES") ?? 10;

    [Theory]
    [InlineData(3, 70)]
    [InlineData(5, 30)]
    public async Task Nothing_is_lost_stale_or_done_twice_while_leaders_are_killed_paused_and_cut_off(int servers, int percentOfKills)
    {
        var seed = Number("ORCH_SEED") ?? Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        await using var lan = await Lan.MakeAsync(servers);
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 200, count: servers, lan: lan);
        IMember[] members = [.. cluster.All.Select((process, i) => new ProcessMember($"member {i}", process))];
        var clients = new Clients(members, seed);
        var watchers = new Watchers(members);
        var nemesis = new Nemesis(cluster, lan, seed, () => clients.Acknowledged);
        using var watched = new CancellationTokenSource();
        using var enough = new CancellationTokenSource();
        var traffic = clients.RunAsync(ClientCount, _ => !enough.IsCancellationRequested);
        var watching = watchers.RunAsync(watched.Token);
        try
        {
            await nemesis.RunAsync(Math.Max(1, LeaderKills * percentOfKills / 100));
        }
        finally
        {
            await enough.CancelAsync();
            await traffic;
        }

        var last = await clients.ReadEverywhereAsync();
        await Eventually.HoldsAsync(() => watchers.Reached >= last[^1].Output!.Revision, "all watchers have seen the last revision", () => $"{watchers}\n{string.Join('\n', cluster.All.Select(process => process.Errors))}");
        await watched.CancelAsync();
        await watching;

        var findings = Findings.Of(clients.History, watchers.Watches, last);
        var path = findings.AllRight ? null : Export(clients.History);
        output.WriteLine(
            $"{clients.History.Count} operations, {clients.History.Count(each => !each.IsAnswered)} without an answer, {clients.Acknowledged} writes acknowledged, "
            + $"{watchers.Watches.Count} watches, {nemesis.LeaderKills} leaders killed:\n{string.Join('\n', nemesis.Done)}");
        Assert.True(findings.AllRight, $"seed {seed}, history in {path}\n{findings}");
        Assert.NotNull(await cluster.AgreedHashAsync());
    }

    static string Export(IEnumerable<Operation<Transaction, Reply>> history)
    {
        var path = Path.Combine(Path.GetTempPath(), $"store-history-{Guid.NewGuid():N}.jsonl");
        using var file = new StreamWriter(path);
        HistoryFile.Write(file, history);
        return path;
    }

    static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
