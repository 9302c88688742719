using System.Diagnostics;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Bench;

/// <summary>Every orchd of the cluster killed at once and started again: until each ingress serves and a change is taken, with every container running on. Swarm's ingress needs rules of this machine's own.</summary>
static class AllKilled
{
    const double GoalSeconds = 15;

    public static async Task<IReadOnlyList<Result>> MeasureAsync(Ours ours, int rounds)
    {
        const string Site = "kept";
        List<double> times = [];
        var touched = 0;
        await ours.ReadyAsync();
        await ours.Cluster.ApplyAsync(FirstAnswer.Manifest(Site, replicas: 3));
        foreach (var host in ours.Lan.Hosts) await ServesAsync(host);
        for (var round = 0; round < rounds; round++)
        {
            await ours.ReadyAsync();
            var before = Containers();
            await Task.WhenAll(ours.Lan.Hosts.Select(host => host.KillAsync()));
            var clock = Stopwatch.StartNew();
            foreach (var host in ours.Lan.Hosts) ours.Cluster.Start(host);
            foreach (var host in ours.Lan.Hosts) await ServesAsync(host);
            while ((await ours.Cluster.TryOrchAsync("annotate", "--overwrite", $"deployment/{Site}", $"round={round}")).ExitCode != 0) await Task.Delay(50);
            times.Add(clock.Elapsed.TotalSeconds);
            touched += before.Except(Containers()).Count();
        }

        await ours.Cluster.OrchAsync("delete", $"deployment/{Site}", $"service/{Site}", $"ingress/{Site}");
        return
        [
            new Result("all orchd killed -> serving and taking changes, p50", Losses.Median(times), "s", null, GoalSeconds),
            new Result("all orchd killed -> serving and taking changes, max", times.Max(), "s"),
            new Result("containers that ended meanwhile", touched, "containers", null, 0),
        ];

        IReadOnlyList<(int, string)> Containers() => [.. ours.Lan.Hosts.SelectMany(host => host.FirstProcesses())];

        async Task ServesAsync(LanHost host)
        {
            while (await ours.Cluster.StatusOfPageAsync(host, $"{Site}.example") != "200") await Task.Delay(50);
        }
    }
}
