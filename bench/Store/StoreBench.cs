using System.Globalization;
using Grpc.Net.Client;

namespace Orchestrator.Bench;

/// <summary>The store beside etcd: three members each on this machine, 1 KiB values, flushed, in turn.</summary>
static class StoreBench
{
    /// <summary>Connections of the clients to the leader, which they share.</summary>
    const int Connections = 8;

    const int ReadKeys = 100;

    const int WarmUpClients = 64;

    static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    public static async Task<List<Result>> RunAsync(string orchd, string directory, int rounds)
    {
        await using var etcd = new EtcdServers(directory, 3);
        await using var servers = new OrchdServers(orchd, directory, [.. Enumerable.Range(0, 3).Select(i => new Host($"127.0.0.{i + 11}", "/proc/self/ns/net"))]);
        await servers.StartAllAsync();
        var leader = await servers.LeaderAsync();
        var etcdLeader = await etcd.LeaderAsync();
        GrpcChannel[] ours = [.. Enumerable.Range(0, Connections).Select(_ => servers.ConnectUser(leader))];
        GrpcChannel[] peers = [.. Enumerable.Range(0, Connections).Select(_ => servers.ConnectServer(leader))];
        GrpcChannel[] theirs = [.. Enumerable.Range(0, Connections).Select(_ => etcd.Connect(etcdLeader))];
        var value = new string('x', Load.ValueBytes);
        var own = new OrchdKeyValues(ours, peers);
        var peer = new EtcdKeyValues(theirs);
        await own.PrepareReadsAsync(ReadKeys, value);
        for (var i = 0; i < ReadKeys; i++) await peer.PutAsync(0, $"key-{i}", value);

        // Servers that have been asked a while: both compile, or grow their caches, as they run.
        await CompareAsync(rounds: 4, WarmUpClients, own, peer, (store, client, i) => store.PutAsync(client, string.Create(CultureInfo.InvariantCulture, $"warm-{client}"), Different(value, i)));
        var results = new List<Result>();
        foreach (var clients in (int[])[1, 64, 256, 1024])
        {
            var (mine, other) = await CompareAsync(rounds, clients, own, peer, (store, client, i) => store.PutAsync(client, string.Create(CultureInfo.InvariantCulture, $"put-{clients}-{client}"), Different(value, i)));
            results.AddRange(Both($"writes, {clients} clients", mine, other));
            if (clients == 1) results.Add(new Result("writes, 1 client: p99, ours/etcd", mine.High / other.High, "ratio", 1, 1));
            if (clients == 256) results.Add(new Result("writes, 256 clients: etcd/ours, of writes a second", other.PerSecond / mine.PerSecond, "ratio", 1, 0.5));
        }

        foreach (var clients in (int[])[1, 256])
        {
            var (mine, other) = await CompareAsync(rounds, clients, own, peer, static (store, client, i) => store.GetAsync(client, string.Create(CultureInfo.InvariantCulture, $"key-{(client + i) % ReadKeys}")));
            results.AddRange(Both($"linearizable reads, {clients} clients", mine, other));
            results.Add(new Result($"linearizable reads, {clients} clients: etcd/ours, of reads a second", other.PerSecond / mine.PerSecond, "ratio", 1, 1));
        }

        var (fan, peerFan) = (await Watching.OrchdAsync(ours), await Watching.EtcdAsync(theirs));
        results.Add(new Result("1,000 watchers: changes delivered a second", fan, "/s", peerFan));
        results.Add(new Result("1,000 watchers: etcd/ours, of changes delivered", peerFan / fan, "ratio", 1));
        results.Add(new Result("memory of the leader: ours", servers.ResidentBytes(leader) / 1048576.0, "MiB", etcd.ResidentBytes(etcdLeader) / 1048576.0));
        results.Add(new Result("writes sent again because the leader was lost: ours", own.Retries, "writes", null, 0));
        foreach (var channel in ours.Concat(peers).Concat(theirs)) channel.Dispose();
        for (var i = 0; i < servers.Count; i++) await servers.EndAsync(i);
        results.AddRange(await Holding.RunAsync(orchd, directory + "/holding", Objects()));
        return results;
    }

    /// <summary>How many objects one server is filled with: OBJECTS, or as many as a run of a few minutes has time for.</summary>
    static int Objects() => int.TryParse(Environment.GetEnvironmentVariable("OBJECTS"), out var objects) ? objects : 200_000;

    /// <summary>A value that is not the one that is stored, of the same length.</summary>
    static string Different(string value, int i)
    {
        var number = i.ToString(CultureInfo.InvariantCulture);
        return number + value[number.Length..];
    }

    /// <summary>A B A B; the medians of the rounds.</summary>
    static async Task<(Load.Outcome Own, Load.Outcome Peer)> CompareAsync(int rounds, int clients, IKeyValues own, IKeyValues peer, Func<IKeyValues, int, int, Task> ask)
    {
        var (mine, other) = (new List<Load.Outcome>(), new List<Load.Outcome>());
        for (var round = 0; round < rounds; round++)
        {
            mine.Add(await Load.RunAsync(clients, Duration, (client, i) => ask(own, client, i)));
            other.Add(await Load.RunAsync(clients, Duration, (client, i) => ask(peer, client, i)));
        }

        return (Medians(mine), Medians(other));
    }

    static IEnumerable<Result> Both(string what, Load.Outcome own, Load.Outcome peer) =>
    [
        new Result($"{what}: a second", own.PerSecond, "/s", peer.PerSecond),
        new Result($"{what}: p50", own.Median, "ms", peer.Median),
        new Result($"{what}: p99", own.High, "ms", peer.High),
    ];

    static Load.Outcome Medians(List<Load.Outcome> outcomes) =>
        new(Median(outcomes.Select(each => each.PerSecond)), Median(outcomes.Select(each => each.Median)), Median(outcomes.Select(each => each.High)));

    static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
