using Orchestrator.Load.Running;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Load.Scenarios;

/// <summary>Pages of a site through the ingresses of the hosts.</summary>
abstract class Edge : Scenario
{
    protected const string Site = "loaded";

    protected virtual int Replicas => 6;

    /// <summary>The hosts through which requests come in.</summary>
    protected virtual IReadOnlyList<LanHost> Entrances(LoadedCluster cluster) => cluster.Cluster.Hosts;

    public override Task PrepareAsync(LoadedCluster cluster, CancellationToken token) => cluster.ServeAsync(Site, Replicas);

    public override Task<Outcome> StepAsync(LoadedCluster cluster, long number, CancellationToken token)
    {
        var entrances = Entrances(cluster);
        return cluster.PageAsync(entrances[(int)(number % entrances.Count)], $"{Site}.example", token);
    }
}

sealed class IngressSteady : Edge
{
    public override string Name => "ingress-steady";

    public override string Description => "pages at one rate through three ingresses, over connections that are kept";

    public override IReadOnlyList<Stage> Stages => [Stage.Ramp(20, 300, 5), Stage.Steady(300, 30)];

    public override Threshold Threshold => new(0, 250);
}

sealed class IngressSpike : Edge
{
    public override string Name => "ingress-spike";

    public override string Description => "from a quiet rate to many times as much within a second, and back";

    public override IReadOnlyList<Stage> Stages => [Stage.Steady(50, 10), Stage.Ramp(50, 600, 1), Stage.Steady(600, 10), Stage.Ramp(600, 50, 1), Stage.Steady(50, 10)];

    public override Threshold Threshold => new(0, 1000);
}

/// <param name="length">Of the whole.</param>
sealed class IngressSoak(TimeSpan length) : Edge
{
    public override string Name => "ingress-soak";

    public override string Description => "pages at a moderate rate for long";

    public override IReadOnlyList<Stage> Stages => [Stage.Steady(100, length.TotalSeconds)];

    public override Threshold Threshold => new(0, 250);
}

/// <summary>New versions are rolled out one after the other while people read.</summary>
sealed class RolloutUnderLoad : Edge
{
    public override string Name => "rollout";

    public override string Description => "pages while the site is rolled out anew again and again: every pod is replaced each time";

    public override IReadOnlyList<Stage> Stages => [Stage.Steady(150, 40)];

    public override Threshold Threshold => new(0, 1000);

    public override async Task MeanwhileAsync(LoadedCluster cluster, CancellationToken token)
    {
        while (!token.IsCancellationRequested)
        {
            await cluster.Cluster.OrchAsync("rollout", "restart", $"deployment/{Site}");
            await cluster.Cluster.OrchAsync("rollout", "status", $"deployment/{Site}", "--timeout", "60s");
        }
    }
}

/// <summary>A machine is emptied, stopped, started and used again, over and over, while people read.</summary>
sealed class NodeChurn : Edge
{
    public override string Name => "node-churn";

    public override string Description => "pages through two hosts while the third is drained, stopped, started and filled again";

    public override IReadOnlyList<Stage> Stages => [Stage.Steady(100, 60)];

    public override Threshold Threshold => new(0, 1000);

    protected override IReadOnlyList<LanHost> Entrances(LoadedCluster cluster) => [.. cluster.Cluster.Hosts.Take(2)];

    public override async Task MeanwhileAsync(LoadedCluster cluster, CancellationToken token)
    {
        var host = cluster.Cluster.Hosts[2];
        while (!token.IsCancellationRequested)
        {
            await cluster.Cluster.OrchAsync("drain", host.Name, "--ignore-daemonsets", "--timeout", "60s");
            await host.StopAsync();
            cluster.Cluster.Start(host);
            await cluster.Cluster.OrchAsync("uncordon", host.Name);
            await cluster.Cluster.HoldsAsync(async () => await cluster.Cluster.ReadyNodesAsync() == cluster.Cluster.Hosts.Count, "the node is back");
            // What comes next is placed there: a rollout fills it again.
            await cluster.Cluster.OrchAsync("rollout", "restart", $"deployment/{Site}");
            await cluster.Cluster.OrchAsync("rollout", "status", $"deployment/{Site}", "--timeout", "60s");
        }
    }
}
