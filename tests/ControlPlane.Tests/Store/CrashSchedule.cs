using System.Collections.Concurrent;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// The schedule that loses acknowledged writes when a follower acknowledges what it has not flushed: one follower is
/// paused, writes are acknowledged by the other two, all three are killed, and the followers come back first.
/// </summary>
static class CrashSchedule
{
    const int Writers = 4;
    const int WritesBeforeKill = 40;

    /// <summary>Runs once on a new cluster. Returns the acknowledged writes that are gone, and whether the states differ.</summary>
    public static async Task<Outcome> RunAsync(string wal)
    {
        await using var cluster = await StoreProcesses.StartAsync(wal);
        var leader = await cluster.LeaderAsync();
        var followers = cluster.All.Where(process => process != leader).ToArray();
        followers[0].Pause();

        // Under load to the last moment: what was acknowledged just before the kill is what a late flush loses.
        var acknowledged = new ConcurrentBag<string>();
        var writing = Enumerable.Range(0, Writers).Select(writer => WriteAsync(leader, writer, acknowledged)).ToArray();
        await Eventually.HoldsAsync(() => acknowledged.Count >= WritesBeforeKill, "writes are acknowledged by two of three");
        followers[1].Strike();
        leader.Strike();
        followers[0].Strike();
        await Task.WhenAll(cluster.All.Select(process => process.KillAsync()));
        await Task.WhenAll(writing);

        await Task.WhenAll(followers.Select(process => process.StartAsync()));
        await cluster.LeaderAsync(); // of the two
        await leader.StartAsync();
        await cluster.LeaderAsync();

        var lost = new HashSet<string>();
        foreach (var process in cluster.All)
        {
            var names = (await process.AskAsync("read")).Split(',');
            lost.UnionWith(acknowledged.Except(names));
        }

        return new Outcome(acknowledged.Count, [.. lost], Diverged: await cluster.AgreedHashAsync() is null);
    }

    static async Task WriteAsync(StoreProcess leader, int writer, ConcurrentBag<string> acknowledged)
    {
        for (var i = 0; ; i++)
        {
            var answer = await leader.AskAsync("write", $"w{writer}-{i}");
            if (answer == "gone") return;
            if (answer.StartsWith("ok", StringComparison.Ordinal)) acknowledged.Add($"w{writer}-{i}");
        }
    }

    /// <summary>For showing what the schedule does to a given log: prints each round, and returns 0 when nothing was lost.</summary>
    public static async Task<int> RunFromCommandLineAsync(string wal, int rounds)
    {
        var bad = 0;
        for (var round = 1; round <= rounds; round++)
        {
            var outcome = await RunAsync(wal);
            var failed = outcome.Lost.Length > 0 || outcome.Diverged;
            bad += failed ? 1 : 0;
            Console.WriteLine($"round {round}: acknowledged {outcome.Acknowledged}, lost {outcome.Lost.Length}, diverged {outcome.Diverged}");
        }

        Console.WriteLine($"{wal}: {bad} of {rounds} rounds lost or diverged");
        return bad == 0 ? 0 : 1;
    }

    public sealed record Outcome(int Acknowledged, string[] Lost, bool Diverged);
}
