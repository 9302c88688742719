using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;

namespace Orchestrator.Bench;

/// <summary>How long nothing can be written after the leader is lost: killed, hung or cut off from everyone.</summary>
static class Failover
{
    /// <summary>A client that has no answer for so long asks the next server, with the same request.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    const double MedianGoal = 0.7, HighGoal = 1.5;

    public static async Task<List<Result>> RunAsync(string orchd, string directory, int rounds)
    {
        var results = new List<Result>();
        using var lan = new Lan(3);
        await using var servers = new OrchdServers(orchd, directory, lan.Hosts);
        await servers.StartAllAsync();
        await servers.LeaderAsync();
        foreach (var (name, lose, restore) in Losses(servers))
        {
            var gaps = new List<double>();
            for (var round = 0; round < rounds; round++)
            {
                var leader = await servers.LeaderAsync();
                int[] others = [.. Enumerable.Range(0, 3).Where(i => i != leader)];
                await SettleAsync(servers);
                var clock = Stopwatch.StartNew();
                await lose(leader);
                await WriteSomewhereAsync(servers, others);
                gaps.Add(clock.Elapsed.TotalSeconds);
                await restore(leader);
            }

            gaps.Sort();
            results.Add(new Result($"{name}: until the next write, p50", Percentile(gaps, 0.5), "s", null, MedianGoal));
            results.Add(new Result($"{name}: until the next write, p99", Percentile(gaps, 0.99), "s", null, HighGoal));
            results.Add(new Result($"{name}: until the next write, max", gaps[^1], "s"));
        }

        return results;
    }

    static IEnumerable<(string Name, Func<int, Task> Lose, Func<int, Task> Restore)> Losses(OrchdServers servers)
    {
        yield return ("leader killed", servers.EndAsync, leader =>
        {
            servers.Start(leader);
            return Task.CompletedTask;
        });
        yield return ("leader hung", leader => Signalled(leader, OrchdServers.Stop), leader => Signalled(leader, OrchdServers.Continue));
        yield return ("leader cut off", leader => Changed(() => servers.Host(leader).CutOff()), leader => Changed(() => servers.Host(leader).Heal()));

        static Task Changed(Action change)
        {
            change();
            return Task.CompletedTask;
        }

        Task Signalled(int leader, int signal)
        {
            servers.Signal(leader, signal);
            return Task.CompletedTask;
        }
    }

    /// <summary>All servers answer, and have been for a while: a loss that follows another at once is another measurement.</summary>
    static async Task SettleAsync(OrchdServers servers)
    {
        for (var i = 0; i < servers.Count; i++)
        {
            while (!await TryWriteAsync(servers, i, TimeSpan.FromSeconds(5))) await Task.Delay(50);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(500 + Random.Shared.Next(300))); // so that it does not fall on the same moment of a heartbeat
    }

    static async Task WriteSomewhereAsync(OrchdServers servers, int[] others)
    {
        var id = Guid.NewGuid().ToString("N");
        for (var turn = 0; ; turn++)
        {
            if (await TryWriteAsync(servers, others[turn % others.Length], Patience, id)) return;
        }
    }

    static async Task<bool> TryWriteAsync(OrchdServers servers, int server, TimeSpan patience, string? id = null)
    {
        var put = ModelJson.Encode<Resource>(new Namespace
        {
            Metadata = new ObjectMeta { Name = "failover", Labels = new Dictionary<string, string> { ["round"] = Guid.NewGuid().ToString("N") } },
        });
        var request = new TransactRequest { RequestId = id ?? "", Operations = { new TransactOperation { Put = UnsafeByteOperations.UnsafeWrap(put) } } };
        try
        {
            await servers.Cluster(server).TransactAsync(request, deadline: DateTime.UtcNow + patience);
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    static double Percentile(List<double> sorted, double share) => sorted[(int)Math.Min(sorted.Count - 1, Math.Ceiling(share * sorted.Count) - 1)];
}
