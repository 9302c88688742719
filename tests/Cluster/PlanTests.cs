using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>What is foretold, and whether it comes true.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class PlanTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task What_was_planned_happens_and_the_plan_is_good_once_only()
    {
        var file = Path.Combine(Cluster.Lan.Directory, "planned.yaml");
        await File.WriteAllTextAsync(file, Given.Site("planned", replicas: 3));
        List<string> foretold = [];
        var id = "";
        await Cluster.HoldsAsync(PlannedAndAppliedAsync, "a plan to be applied before what other tests left moves the cluster");
        var pods = await PodView.ReadyAsync(Cluster, "planned", 3);
        Assert.Equal(foretold, pods.Select(pod => pod.Node).Order(StringComparer.Ordinal));
        var again = await Cluster.TryOrchAsync("apply", "--plan", id);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("the cluster has moved since", again.Error, StringComparison.Ordinal);

        async Task<bool> PlannedAndAppliedAsync()
        {
            var plan = await Cluster.OrchAsync("plan", "-f", file);
            foretold = [.. plan.Lines.Where(line => line.StartsWith("+ pod default/planned-", StringComparison.Ordinal)).Select(line => line[(line.LastIndexOf(' ') + 1)..]).Order(StringComparer.Ordinal)];
            id = plan.Lines[^1][(plan.Lines[^1].LastIndexOf(' ') + 1)..];
            Assert.Contains("+ deployment/planned created", plan.Lines);
            Assert.Equal(3, foretold.Count);
            Assert.Empty(await PodView.OfAppAsync(Cluster, "planned"));
            return (await Cluster.TryOrchAsync("apply", "--plan", id)).ExitCode == 0;
        }
    }

    [Fact]
    public async Task A_pod_that_waits_says_why_and_does_what_it_said_would_help()
    {
        await Cluster.ApplyAsync(Given.Pod("greedy", "sleep 60", cpu: "4000"));
        var why = await Cluster.OrchAsync("why", "pod/greedy");
        Assert.Contains(why.Lines, line => line.Contains("NodeResourcesFit", StringComparison.Ordinal) && line.Contains("asks for 4k", StringComparison.Ordinal));
        var remedy = why.Lines.First(line => line.Contains("lower the cpu request to ", StringComparison.Ordinal));
        var cpu = remedy.Trim().Split(' ')[5];
        await Cluster.OrchAsync("delete", "pod/greedy");
        await Cluster.ApplyAsync(Given.Pod("greedy", "sleep 60", cpu: cpu));
        await Cluster.HoldsAsync(async () => (await Cluster.TryOrchAsync("why", "pod/greedy")).Output.Contains("it is placed on", StringComparison.Ordinal), "the pod with the request that was named is placed");
        await Cluster.OrchAsync("delete", "pod/greedy");
    }

    [Fact]
    public async Task A_drain_that_is_only_planned_moves_nothing()
    {
        await Cluster.ApplyAsync(Given.Site("staying", replicas: 3));
        var before = await PodView.ReadyAsync(Cluster, "staying", 3);
        var node = before[0].Node!; // it is ready
        var plan = await Cluster.OrchAsync("plan", "drain", node);
        Assert.Contains(plan.Lines, line => line.StartsWith($"- pod default/{before[0].Name} on {node}", StringComparison.Ordinal));
        Assert.DoesNotContain(plan.Lines, line => line.StartsWith("+ pod", StringComparison.Ordinal) && line.EndsWith($" on {node}", StringComparison.Ordinal));
        var after = await PodView.ReadyAsync(Cluster, "staying", 3);
        Assert.Equal(before.Select(pod => pod.Uid).Order(), after.Select(pod => pod.Uid).Order());
        Assert.Equal(1, (await Cluster.TryOrchAsync("plan", "drain", "nobody")).ExitCode);
    }
}
