using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Deployments that change.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class RolloutTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task A_deployment_is_scaled_unless_it_keeps_another_number_than_expected()
    {
        await Cluster.ApplyAsync(Given.Site("scaled", replicas: 1));
        await PodView.ReadyAsync(Cluster, "scaled", 1);

        Assert.Equal(["deployment/scaled scaled"], (await Cluster.OrchAsync("scale", "deployment/scaled", "--replicas", "2")).Lines);
        await PodView.ReadyAsync(Cluster, "scaled", 2);
        Assert.Equal(1, (await Cluster.TryOrchAsync("scale", "deployment/scaled", "--replicas", "3", "--current-replicas", "1")).ExitCode);
        await Cluster.OrchAsync("scale", "deployment/scaled", "--replicas", "1", "--current-replicas", "2"); // so the refused one changed nothing
    }

    [Fact]
    public async Task A_changed_template_replaces_all_pods_and_rollout_status_says_when_it_is_done()
    {
        // A pod counts after a second: what is quicker may be over before anybody asks.
        string Manifest(string version) => Given.Site("changing", replicas: 2, version).Replace("  replicas: 2", "  replicas: 2\n  minReadySeconds: 1", StringComparison.Ordinal);
        await Cluster.ApplyAsync(Manifest("1"));
        var first = await Cluster.OrchAsync("rollout", "status", "deployment/changing", "--timeout", "60");
        Assert.Equal("deployment \"changing\" successfully rolled out", first.Lines[^1]);
        var before = await PodView.ReadyAsync(Cluster, "changing", 2);

        await Cluster.ApplyAsync(Manifest("2"));
        var second = await Cluster.OrchAsync("rollout", "status", "deployment/changing", "--timeout", "60");
        var after = await PodView.ReadyAsync(Cluster, "changing", 2);

        Assert.StartsWith("Waiting for deployment", second.Lines[0]);
        Assert.Equal("deployment \"changing\" successfully rolled out", second.Lines[^1]);
        Assert.Empty(before.Select(pod => pod.Uid).Intersect(after.Select(pod => pod.Uid)));
        Assert.Equal(2, (await Cluster.ListAsync("replicasets", "-l", "app=changing")).Count);
    }

    [Fact]
    public async Task An_image_that_is_not_there_holds_the_rollout_and_the_old_pods_serve_on()
    {
        await Cluster.ApplyAsync(Given.Site("held", replicas: 2));
        var before = await PodView.ReadyAsync(Cluster, "held", 2);

        await Cluster.ApplyAsync(Given.Site("held", replicas: 2, image: $"{Lan.OuterAddress}:{Registry.Port}/nothing:1"));
        var status = await Cluster.TryOrchAsync("rollout", "status", "deployment/held", "--timeout", "2");

        Assert.Equal(1, status.ExitCode);
        Assert.Contains("was not rolled out within 2s", status.Error, StringComparison.Ordinal);
        var after = await PodView.OfAppAsync(Cluster, "held");
        Assert.Equal(before.Select(pod => pod.Uid).Order(), after.Where(pod => pod.Ready).Select(pod => pod.Uid).Order());
        Assert.Equal("200", await Cluster.StatusOfPageAsync(Cluster.Hosts[1], "held.example"));
    }

    [Fact]
    public async Task A_canary_gets_its_share_of_the_requests_until_it_is_promoted()
    {
        string Manifest(string version) => Given.Site("tried", replicas: 2, version).Replace("metadata:\n  name: tried\nspec:\n  replicas", "metadata:\n  name: tried\n  annotations: {rollout.orchestrator/canary: \"20%:hold\"}\nspec:\n  replicas", StringComparison.Ordinal);
        await Cluster.ApplyAsync(Manifest("1"));
        await Cluster.OrchAsync("rollout", "status", "deployment/tried", "--timeout", "60s");
        var old = await PodView.ReadyAsync(Cluster, "tried", 2);
        await Cluster.ApplyAsync(Manifest("2"));
        await Cluster.HoldsAsync(async () => (await Cluster.TryOrchAsync("rollout", "status", "deployment/tried", "--watch=false")).Output.Contains("gets 20 % of the requests until it is promoted", StringComparison.Ordinal), "the canary");
        var canary = (await PodView.ReadyAsync(Cluster, "tried", 3)).Select(pod => pod.Name).Except(old.Select(pod => pod.Name)).Single();
        await Cluster.HoldsAsync(async () => (await Cluster.PageAsync(Cluster.Hosts[0], "tried.example")).Output.Contains(canary, StringComparison.Ordinal), "a page of the canary");

        var pages = (await Cluster.Lan.Outer.RunAsync("sh", "-c", $"for i in $(seq 300); do curl -s -m 5 -H 'Host: tried.example' http://{Cluster.Hosts[0].Address}/; done")).Lines;
        Assert.Equal(300, pages.Count);
        Assert.InRange(pages.Count(page => page.Contains(canary, StringComparison.Ordinal)), 300 * 8 / 100, 300 * 35 / 100); // 20 % give or take more than five standard deviations

        Assert.Equal(["deployment/tried promoted to all requests"], (await Cluster.OrchAsync("rollout", "promote", "deployment/tried")).Lines);
        await Cluster.OrchAsync("rollout", "status", "deployment/tried", "--timeout", "60s");
        Assert.Empty((await PodView.ReadyAsync(Cluster, "tried", 2)).Select(pod => pod.Name).Intersect(old.Select(pod => pod.Name)));
        Assert.Contains("no canary under way", (await Cluster.TryOrchAsync("rollout", "promote", "deployment/tried")).Error, StringComparison.Ordinal);
        await Cluster.OrchAsync("delete", "deployment/tried", "service/tried", "ingress/tried");
    }

    [Fact]
    public async Task The_same_manifest_again_changes_nothing()
    {
        await Cluster.ApplyAsync(Given.Site("same", replicas: 1));
        var before = Assert.Single(await PodView.ReadyAsync(Cluster, "same", 1));

        var again = (await Cluster.TryApplyAsync(Given.Site("same", replicas: 1))).Succeeded();

        Assert.Equal(["deployment/same unchanged", "service/same unchanged", "ingress/same unchanged"], again.Lines);
        Assert.Equal(before.Uid, Assert.Single(await PodView.ReadyAsync(Cluster, "same", 1)).Uid);
    }

    [Fact]
    public async Task A_rollout_that_makes_no_progress_in_time_is_rolled_back_and_says_so()
    {
        await Cluster.ApplyAsync(Given.Site("returning", replicas: 2));
        await Cluster.OrchAsync("rollout", "status", "deployment/returning", "--timeout", "60s");
        var before = await PodView.ReadyAsync(Cluster, "returning", 2);

        var hopeless = Given.Site("returning", replicas: 2, image: $"{Lan.OuterAddress}:{Registry.Port}/nothing:1").Replace("  replicas: 2", "  replicas: 2\n  progressDeadlineSeconds: 3", StringComparison.Ordinal);
        await Cluster.ApplyAsync(hopeless);
        var status = await Cluster.TryOrchAsync("rollout", "status", "deployment/returning", "--timeout", "60s");

        Assert.Equal(1, status.ExitCode);
        Assert.Contains("rolled back", status.Error, StringComparison.Ordinal);
        var after = await PodView.ReadyAsync(Cluster, "returning", 2);
        Assert.Equal(before.Select(pod => pod.Uid).Order(), after.Select(pod => pod.Uid).Order());

        await Cluster.OrchAsync("rollout", "undo", "deployment/returning");
        Assert.Equal("deployment \"returning\" successfully rolled out", (await Cluster.OrchAsync("rollout", "status", "deployment/returning", "--timeout", "60s")).Lines[^1]);
        await Cluster.OrchAsync("delete", "deployment/returning", "service/returning", "ingress/returning");
    }

    [Fact]
    public async Task Paused_changes_wait_and_a_restart_replaces_every_pod()
    {
        await Cluster.ApplyAsync(Given.Site("patient", replicas: 1));
        await Cluster.OrchAsync("rollout", "status", "deployment/patient", "--timeout", "60s");
        var before = await PodView.ReadyAsync(Cluster, "patient", 1);
        await Cluster.OrchAsync("rollout", "pause", "deployment/patient");
        await Cluster.ApplyAsync(Given.Site("patient", replicas: 1, version: "2"));
        await Cluster.HoldsAsync(async () => (await Cluster.OrchAsync("describe", "deployment/patient")).Output.Contains("DeploymentPaused", StringComparison.Ordinal), "the deployment to be seen as paused");
        Assert.Single(await Cluster.ListAsync("replicasets", "-l", "app=patient"));

        await Cluster.OrchAsync("rollout", "resume", "deployment/patient");
        await Cluster.OrchAsync("rollout", "status", "deployment/patient", "--timeout", "60s");
        var second = await PodView.ReadyAsync(Cluster, "patient", 1);
        Assert.NotEqual(before[0].Uid, second[0].Uid);

        await Cluster.OrchAsync("rollout", "restart", "deployment/patient");
        await Cluster.OrchAsync("rollout", "status", "deployment/patient", "--timeout", "60s");
        Assert.NotEqual(second[0].Uid, (await PodView.ReadyAsync(Cluster, "patient", 1))[0].Uid);
        Assert.Equal(3, (await Cluster.OrchAsync("rollout", "history", "deployment/patient")).Lines.Count(line => char.IsDigit(line[0])));
        await Cluster.OrchAsync("delete", "deployment/patient", "service/patient", "ingress/patient");
    }
}
