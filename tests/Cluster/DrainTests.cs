using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Nodes that are emptied while their pods are asked.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class DrainTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task The_only_pod_of_a_deployment_is_replaced_before_it_leaves_and_no_request_fails()
    {
        await Cluster.ApplyAsync(Given.Site("single", replicas: 1));
        var before = (await PodView.ReadyAsync(Cluster, "single", 1)).Single();
        var node = before.Node!; // it is ready
        var through = Cluster.Hosts.First(host => host.Name != node);
        await Cluster.HoldsAsync(async () => await Cluster.StatusOfPageAsync(through, "single.example") == "200", "the page");
        using var over = new CancellationTokenSource();
        var asking = AskAsync();
        try
        {
            var drained = await Cluster.TryOrchAsync("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--pod-selector", "app=single", "--timeout", "60s");
            Assert.Equal(0, drained.ExitCode);
            Assert.Equal([$"node/{node} cordoned", $"evicting pod default/{before.Name}", $"pod/{before.Name} evicted", $"node/{node} drained"], drained.Lines.Where(line => !line.StartsWith("waiting", StringComparison.Ordinal)));
            var after = (await PodView.ReadyAsync(Cluster, "single", 1)).Single();
            Assert.NotEqual(node, after.Node);
        }
        finally
        {
            await over.CancelAsync();
            await Cluster.OrchAsync("uncordon", node);
        }

        var answers = await asking;
        Assert.NotEmpty(answers);
        Assert.All(answers, answer => Assert.Equal("200", answer));
        await Cluster.OrchAsync("delete", "deployment/single", "service/single", "ingress/single");

        async Task<List<string>> AskAsync()
        {
            var all = new List<string>();
            while (!over.IsCancellationRequested) all.Add(await Cluster.StatusOfPageAsync(through, "single.example"));
            return all;
        }
    }

    [Fact]
    public async Task What_would_be_lost_is_named_before_anything_moves()
    {
        await Cluster.ApplyAsync(Given.Pod("alone", "sleep 600"));
        await Cluster.HoldsAsync(async () => (await PodView.FindAsync(Cluster, "alone"))?.Phase == "Running", "the pod to run");
        var node = (await PodView.FindAsync(Cluster, "alone"))!.Node!; // it runs
        try
        {
            var refused = await Cluster.TryOrchAsync("drain", node, "--ignore-daemonsets", "--delete-emptydir-data");
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("default/alone", refused.Error, StringComparison.Ordinal);
            Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
            Assert.Equal("Running", (await PodView.FindAsync(Cluster, "alone"))?.Phase);
        }
        finally
        {
            await Cluster.OrchAsync("uncordon", node);
            await Cluster.OrchAsync("delete", "pod/alone", "--grace-period", "0");
        }
    }
}
