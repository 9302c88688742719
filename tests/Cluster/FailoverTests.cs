using System.Collections.Concurrent;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>What is left of a cluster goes on when a part of it dies. Each test has a cluster of its own.</summary>
public sealed class FailoverTests
{
    /// <summary>On a machine that is starved a living node, too, may give no sign for three seconds.</summary>
    static readonly string[] Patient = ["--node-lease", "6"];

    [Fact]
    public async Task No_acknowledged_change_is_lost_when_the_leader_is_killed_amid_changes()
    {
        const int Writers = 3;
        const int Before = 20; // acknowledged changes until the leader dies, and as many after its successor has taken over
        await using var cluster = await TestCluster.StartAsync();
        var leader = await cluster.SomeLeaderAsync();
        var acknowledged = new ConcurrentDictionary<string, bool>();
        using var over = new CancellationTokenSource();
        var writing = Enumerable.Range(1, Writers).Select(writer => WriteAsync(writer)).ToList();

        await cluster.HoldsAsync(() => Task.FromResult(acknowledged.Count >= Before), "changes before the leader's end");
        await leader.KillAsync();
        var atDeath = acknowledged.Count;
        await cluster.HoldsAsync(() => Task.FromResult(acknowledged.Count >= atDeath + Before), "changes after the leader's end");
        await over.CancelAsync();
        await Task.WhenAll(writing);

        Assert.NotEqual(leader, await cluster.SomeLeaderAsync());
        foreach (var survivor in cluster.Hosts.Where(host => host != leader)) Assert.Empty(await MissingAsync(survivor));

        cluster.Start(leader);
        await cluster.HoldsAsync(async () => (await cluster.TryOrchAtAsync(leader, "version")).ExitCode == 0, "the killed server's return");
        Assert.Empty(await MissingAsync(leader));

        async Task WriteAsync(int writer)
        {
            for (var number = 1; !over.IsCancellationRequested; number++)
            {
                var name = $"written-{writer}-{number}";
                if ((await cluster.TryApplyAsync(Given.Service(name))).ExitCode == 0) acknowledged[$"service/{name}"] = true;
            }
        }

        async Task<IReadOnlyList<string>> MissingAsync(LanHost server)
        {
            var there = (await cluster.TryOrchAtAsync(server, "get", "services", "-o", "name")).Succeeded().Lines;
            return [.. acknowledged.Keys.Except(there)];
        }
    }

    [Fact]
    public async Task The_pods_of_a_host_without_power_run_elsewhere_and_its_return_leaves_no_double()
    {
        await using var cluster = await TestCluster.StartAsync(options: Patient);
        await cluster.ApplyAsync(Given.Site("moving", replicas: 3));
        var before = await PodView.ReadyAsync(cluster, "moving", 3);
        Assert.Equal(3, before.Select(pod => pod.Node).Distinct().Count());
        var dead = cluster.Hosts[1];

        await dead.CutPowerAsync();
        await cluster.HoldsAsync(async () => await cluster.ReadyNodesAsync() == 2, "the loss of the node to be noticed");
        var after = await ElsewhereAsync(cluster, "moving", dead);

        Assert.Superset(before.Where(pod => pod.Node != dead.Name).Select(pod => pod.Uid).ToHashSet(), after.Select(pod => pod.Uid).ToHashSet());
        foreach (var host in cluster.Hosts.Where(host => host != dead))
            await cluster.HoldsAsync(async () => await cluster.StatusOfPageAsync(host, "moving.example") == "200", $"the page through {host.Name}");

        await cluster.Lan.ConnectAsync(dead, connected: true);
        cluster.Start(dead);
        await cluster.HoldsAsync(async () => await cluster.ReadyNodesAsync() == 3, "the node's return");
        var settled = await PodView.ReadyAsync(cluster, "moving", 3);
        Assert.Equal(after.Select(pod => pod.Uid).Order(), settled.Select(pod => pod.Uid).Order());
        var lost = before.Single(pod => pod.Node == dead.Name);
        await cluster.HoldsAsync(() => Task.FromResult(dead.Containers(lost.Uid).Count == 0), "the end of the old pod on the returned host");
    }

    [Fact]
    public async Task At_no_revision_of_a_rollout_whose_leader_is_killed_are_there_more_pods_than_allowed_or_fewer_ready_than_needed()
    {
        const int Replicas = 6, Most = Replicas + 2, Least = Replicas - 1; // maxSurge and maxUnavailable are 25 %, the one rounded up, the other down
        await using var cluster = await TestCluster.StartAsync(options: ["--node-lease", "60"]); // the agent dies with the leader, and is back before anybody takes its pods for lost
        await cluster.ApplyAsync(Given.Site("bounded", Replicas));
        var before = await PodView.ReadyAsync(cluster, "bounded", Replicas);
        await cluster.OrchAsync("rollout", "status", "deployment/bounded", "--timeout", "60");
        var first = await RevisionAsync();

        await cluster.ApplyAsync(Given.Site("bounded", Replicas, version: "2"));
        await cluster.HoldsAsync(async () => (await PodView.OfAppAsync(cluster, "bounded")).Any(pod => pod.Ready && before.All(old => old.Uid != pod.Uid)), "the first new pod");
        var leader = await cluster.SomeLeaderAsync();
        await leader.KillAsync();
        cluster.Start(leader);
        await cluster.HoldsAsync(async () => (await cluster.TryOrchAsync("rollout", "status", "deployment/bounded", "--timeout", "60")).ExitCode == 0, "the end of the rollout");
        var after = await PodView.ReadyAsync(cluster, "bounded", Replicas);
        Assert.Empty(before.Select(pod => pod.Uid).Intersect(after.Select(pod => pod.Uid)));

        var last = await RevisionAsync();
        Assert.True(last > first);
        for (var revision = first; revision <= last; revision++)
        {
            var there = (await PodView.OfAppAsync(cluster, "bounded", revision)).Where(pod => !pod.GoesAway).ToList();
            Assert.True(there.Count <= Most, $"at {revision}: {string.Join(", ", there)}");
            Assert.True(there.Count(pod => pod.Ready) >= Least, $"at {revision}: {string.Join(", ", there)}");
        }

        async Task<long> RevisionAsync() => long.Parse((string)(await cluster.ListAsync("deployments")).Single(each => (string)each["metadata"]!["name"]! == "bounded")["metadata"]!["resourceVersion"]!, System.Globalization.CultureInfo.InvariantCulture); // every object has both
    }

    [Fact]
    public async Task Every_orchd_killed_at_once_comes_back_with_what_was_acknowledged_and_no_container_has_noticed()
    {
        await using var cluster = await TestCluster.StartAsync(options: Patient);
        await cluster.ApplyAsync(Given.Site("staying", replicas: 3));
        var before = await PodView.ReadyAsync(cluster, "staying", 3);
        await cluster.HoldsAsync(async () => await cluster.StatusOfPageAsync(cluster.Hosts[0], "staying.example") == "200", "the page");
        var processes = cluster.Hosts.SelectMany(host => host.FirstProcesses()).ToList();
        Assert.Equal(3, processes.Count);
        await cluster.OrchAsync("create", "configmap", "acknowledged", "--from-literal=a=b");

        await Task.WhenAll(cluster.Hosts.Select(host => host.KillAsync()));
        foreach (var host in cluster.Hosts) cluster.Start(host);

        foreach (var host in cluster.Hosts) await cluster.HoldsAsync(async () => await cluster.StatusOfPageAsync(host, "staying.example") == "200", $"the page through {host.Name}");
        await cluster.HoldsAsync(async () => (await cluster.TryOrchAsync("create", "configmap", "after", "--from-literal=a=b")).ExitCode == 0, "a change");
        await cluster.OrchAsync("get", "configmap", "acknowledged");
        await cluster.HoldsAsync(async () => await cluster.ReadyNodesAsync() == 3, "the nodes");
        var after = await PodView.ReadyAsync(cluster, "staying", 3);
        Assert.Equal(before.Select(pod => (pod.Uid, pod.Restarts)).Order(), after.Select(pod => (pod.Uid, pod.Restarts)).Order());
        Assert.Equal(processes, cluster.Hosts.SelectMany(host => host.FirstProcesses()));
    }

    [Fact]
    public async Task After_a_power_cut_that_one_server_does_not_survive_the_others_miss_it_and_go_on()
    {
        await using var cluster = await TestCluster.StartAsync();
        var lost = cluster.Hosts[2];

        await Task.WhenAll(cluster.Hosts.Select(host => host.CutPowerAsync()));
        foreach (var host in cluster.Hosts.Where(host => host != lost))
        {
            await cluster.Lan.ConnectAsync(host, connected: true);
            cluster.Start(host);
        }

        // Their sessions have to begin anew, though all that is known of silos is one that nobody can reach.
        await cluster.HoldsAsync(
            async () => (await cluster.TryOrchAtAsync(cluster.Hosts[0], "get", "nodes", "--no-headers")).Lines is { Count: 3 } lines && lines.All(line => line.Contains(" NotReady", StringComparison.Ordinal) == line.StartsWith($"{lost.Name} ", StringComparison.Ordinal)),
            "only the lost node to be missed");
        await cluster.ApplyAsync(Given.Site("after-the-cut", replicas: 2));
        await PodView.ReadyAsync(cluster, "after-the-cut", 2);
    }

    [Fact]
    public async Task A_host_that_is_only_cut_off_loses_its_pods_to_the_others_and_ends_its_own_when_it_is_back()
    {
        await using var cluster = await TestCluster.StartAsync(options: Patient);
        await cluster.ApplyAsync(Given.Site("parted", replicas: 3));
        var before = await PodView.ReadyAsync(cluster, "parted", 3);
        var alone = cluster.Hosts[2];
        var its = before.Single(pod => pod.Node == alone.Name);

        await cluster.Lan.ConnectAsync(alone, connected: false);
        await ElsewhereAsync(cluster, "parted", alone);
        Assert.NotEmpty(alone.Containers(its.Uid)); // nobody can tell it yet

        await cluster.Lan.ConnectAsync(alone, connected: true);
        await cluster.HoldsAsync(async () => await cluster.ReadyNodesAsync() == 3, "the node's return");
        await cluster.HoldsAsync(() => Task.FromResult(alone.Containers(its.Uid).Count == 0), "the end of the pod that was replaced");
        await PodView.ReadyAsync(cluster, "parted", 3);
        await cluster.HoldsAsync(async () => await cluster.StatusOfPageAsync(alone, "parted.example") == "200", "the page through the returned host");
    }

    /// <summary>Waits until three pods are ready on other hosts than this one.</summary>
    static Task<List<PodView>> ElsewhereAsync(TestCluster cluster, string app, LanHost lost) => cluster.GetAsync(async () =>
    {
        var pods = (await PodView.OfAppAsync(cluster, app)).Where(pod => pod is { Ready: true, GoesAway: false } && pod.Node != lost.Name).ToList();
        return pods.Count == 3 ? pods : null;
    }, $"three pods of {app} on other hosts than {lost.Name}");
}
