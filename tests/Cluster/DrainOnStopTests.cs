using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>A machine whose orchd is stopped for good, or for a while.</summary>
public sealed class DrainOnStopTests
{
    [Fact]
    public async Task A_stop_that_drains_has_the_pods_replaced_first_without_a_failed_request_and_the_next_start_takes_the_cordon_back()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        var (entrance, leaving) = (cluster.Hosts[0], cluster.Hosts[2]);
        await leaving.StopAsync();
        // Or its readiness of before the stop would be taken for that of after the start.
        await cluster.HoldsAsync(async () => await cluster.ReadyNodesAsync() == 2, "the third node is missed");
        leaving.Start("server", "--name", leaving.Name, "--advertise", leaving.Address, "--agent", "--drain-on-stop", "--drain-timeout", "60");
        await cluster.HoldsAsync(async () => await cluster.ReadyNodesAsync() == 3, "the third node again");
        await cluster.OrchAsync("cordon", cluster.Hosts[0].Name, cluster.Hosts[1].Name);
        // Its goodbye takes longer than a stop that does not drain may take.
        await cluster.ApplyAsync(Given.Site("leaving", replicas: 1, graceSeconds: 60).Replace("          image: hello:1", "          image: hello:1\n          lifecycle: {preStop: {exec: {command: [sleep, \"33\"]}}}", StringComparison.Ordinal));
        await cluster.ApplyAsync(Given.Pod("bare", "sleep 600"));
        Assert.Equal(leaving.Name, Assert.Single(await PodView.ReadyAsync(cluster, "leaving", 1)).Node);
        await cluster.HoldsAsync(async () => (await PodView.FindAsync(cluster, "bare"))?.Phase == "Running", "the bare pod");
        await cluster.OrchAsync("uncordon", cluster.Hosts[0].Name, cluster.Hosts[1].Name);
        await cluster.HoldsAsync(async () => await cluster.StatusOfPageAsync(entrance, "leaving.example") == "200", "the page");
        using var over = new CancellationTokenSource();
        var asking = AskAsync();

        Assert.Equal(0, await leaving.StopAsync());

        Assert.NotEqual(leaving.Name, Assert.Single(await PodView.ReadyAsync(cluster, "leaving", 1)).Node);
        await over.CancelAsync();
        var answers = await asking;
        Assert.NotEmpty(answers);
        Assert.All(answers, answer => Assert.Equal("200", answer));
        Assert.Contains("The node is drained", leaving.LogText(), StringComparison.Ordinal);
        Assert.Contains("SchedulingDisabled", await NodeAsync(), StringComparison.Ordinal);
        Assert.NotEmpty(leaving.Containers()); // nobody would make the bare pod anew, so it runs on

        cluster.Start(leaving);
        await cluster.HoldsAsync(async () => await NodeAsync() is var node && node.Contains(" Ready ", StringComparison.Ordinal), "the node takes pods again");
        Assert.Equal("Running", (await PodView.FindAsync(cluster, "bare"))?.Phase);

        async Task<string> NodeAsync() => (await cluster.TryOrchAsync("get", "node", leaving.Name, "--no-headers")).Output;

        async Task<List<string>> AskAsync()
        {
            var all = new List<string>();
            while (!over.IsCancellationRequested) all.Add(await cluster.StatusOfPageAsync(entrance, "leaving.example"));
            return all;
        }
    }
}
