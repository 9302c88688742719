using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Testing;

namespace Orchestrator.Faults.Processes;

/// <summary>
/// Kills, pauses and restarts the members of a cluster, one fault after the other, and goes on only when writes were acknowledged during the fault and
/// after it: a store that has stopped for good is found, too.
/// </summary>
sealed class Nemesis(StoreProcesses cluster, int seed, Func<int> acknowledged)
{
    /// <summary>Writes between two steps.</summary>
    const int Progress = 15;

    readonly Random _random = new(seed);
    readonly List<string> _done = [];

    /// <summary>What was done, for whoever reads a failure.</summary>
    public IReadOnlyList<string> Done => _done;

    public int LeaderKills { get; private set; }

    public async Task RunAsync(int leaderKills)
    {
        while (LeaderKills < leaderKills)
        {
            await ProgressAsync();
            var leader = await cluster.LeaderAsync();
            var followers = cluster.All.Where(process => process != leader).ToArray();
            var follower = followers[_random.Next(followers.Length)];
            switch (_random.Next(10))
            {
                case < 5:
                    await KillAsync(leader);
                    LeaderKills++;
                    break;
                case < 6:
                    await KillAsync(follower);
                    break;
                case < 8:
                    await PauseAsync(leader);
                    break;
                case < 9:
                    await PausedThroughKillAsync(leader, follower);
                    LeaderKills++;
                    break;
                default:
                    await KillAllAsync();
                    LeaderKills++;
                    break;
            }
        }

        await ProgressAsync();
    }

    async Task KillAsync(StoreProcess process)
    {
        Note("kill", process);
        await process.KillAsync();
        await ProgressAsync();
        await process.StartAsync();
    }

    async Task PauseAsync(StoreProcess process)
    {
        Note("pause", process);
        process.Pause();
        try
        {
            await ProgressAsync();
        }
        finally
        {
            process.Continue();
        }
    }

    /// <summary>A follower sleeps while the others write, and wakes up to elect with one of them: it must not have forgotten, nor the other.</summary>
    async Task PausedThroughKillAsync(StoreProcess leader, StoreProcess follower)
    {
        Note("pause", follower);
        follower.Pause();
        await ProgressAsync();
        Note("kill", leader);
        leader.Strike();
        follower.Continue();
        await leader.KillAsync();
        await ProgressAsync();
        await leader.StartAsync();
    }

    async Task KillAllAsync()
    {
        foreach (var process in cluster.All)
        {
            Note("kill", process);
            process.Strike();
        }

        foreach (var process in cluster.All) await process.KillAsync();
        await Task.WhenAll(cluster.All.OrderBy(_ => _random.Next()).Select(process => process.StartAsync()));
    }

    Task ProgressAsync()
    {
        var target = acknowledged() + Progress;
        return Eventually.HoldsAsync(() => acknowledged() >= target, $"{Progress} more writes", () => string.Join('\n', _done));
    }

    void Note(string what, StoreProcess process) => _done.Add($"{what} member {Array.IndexOf(cluster.All, process)}");
}
