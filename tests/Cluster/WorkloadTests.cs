using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>The kinds beside deployments, on real nodes.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class WorkloadTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task The_pods_of_a_statefulset_keep_their_names_and_are_renewed_from_the_last_to_the_first()
    {
        await Cluster.ApplyAsync(Given.StatefulSet("numbered", replicas: 2, version: "1"));
        var first = await Cluster.OrchAsync("rollout", "status", "statefulset/numbered", "--timeout", "60s");
        Assert.StartsWith("statefulset rolling update complete 2 pods", first.Lines[^1], StringComparison.Ordinal);
        var before = await PodView.ReadyAsync(Cluster, "numbered", 2);
        Assert.Equal(["numbered-0", "numbered-1"], before.Select(pod => pod.Name).Order());

        await Cluster.ApplyAsync(Given.StatefulSet("numbered", replicas: 2, version: "2"));
        await Cluster.OrchAsync("rollout", "status", "statefulset/numbered", "--timeout", "60s");
        var after = await PodView.ReadyAsync(Cluster, "numbered", 2);
        Assert.Equal(["numbered-0", "numbered-1"], after.Select(pod => pod.Name).Order());
        Assert.Empty(before.Select(pod => pod.Uid).Intersect(after.Select(pod => pod.Uid)));

        await Cluster.OrchAsync("rollout", "undo", "statefulset/numbered");
        await Cluster.HoldsAsync(async () => (await Cluster.OrchAsync("rollout", "history", "statefulset/numbered")).Output.Contains('3'), "the first revision to be the third as well");
        await Cluster.OrchAsync("delete", "statefulset/numbered");
    }

    [Fact]
    public async Task A_daemonset_has_a_pod_on_each_node()
    {
        await Cluster.ApplyAsync(Given.DaemonSet("everywhere"));
        await Cluster.OrchAsync("rollout", "status", "daemonset/everywhere", "--timeout", "60s");
        var pods = await PodView.ReadyAsync(Cluster, "everywhere", 3);
        Assert.Equal(Cluster.Hosts.Select(host => host.Name).Order(), pods.Select(pod => pod.Node!).Order());
        await Cluster.OrchAsync("delete", "daemonset/everywhere");
    }

    [Fact]
    public async Task Each_index_of_a_job_is_worked_on_until_it_ends_well()
    {
        await Cluster.ApplyAsync(Given.Job("counting", completions: 3, script: "echo index $JOB_COMPLETION_INDEX; exit 0"));
        await Cluster.HoldsAsync(async () => (await Cluster.OrchAsync("get", "job", "counting")).Output.Contains("Complete", StringComparison.Ordinal), "the job to be complete");
        var job = (await Cluster.ListAsync("jobs")).Single(each => (string?)each["metadata"]?["name"] == "counting");
        Assert.Equal("0-2", (string?)job["status"]?["completedIndexes"]);
        var names = (await Cluster.ListAsync("pods", "-l", "batch.kubernetes.io/job-name=counting")).Select(pod => (string)pod["metadata"]!["name"]!).Order().ToList(); // every object has one
        Assert.Equal(3, names.Count);
        Assert.Equal("index 1", (await Cluster.OrchAsync("logs", names[1])).Lines[0]);

        await Cluster.OrchAsync("delete", "job/counting");
        await Cluster.HoldsAsync(async () => (await Cluster.ListAsync("pods", "-l", "batch.kubernetes.io/job-name=counting")).Count == 0, "the job's pods to go with it");
    }

    [Fact]
    public async Task A_job_whose_pods_fail_says_so_and_tries_no_more()
    {
        await Cluster.ApplyAsync(Given.Job("failing", completions: 1, script: "exit 3", backoffLimit: 0));
        await Cluster.HoldsAsync(async () => (await Cluster.OrchAsync("get", "job", "failing")).Output.Contains("Failed", StringComparison.Ordinal), "the job to have failed");
        Assert.Contains("BackoffLimitExceeded", (await Cluster.OrchAsync("describe", "job/failing")).Output, StringComparison.Ordinal);
        await Cluster.OrchAsync("delete", "job/failing");
    }

    [Fact]
    public async Task A_namespace_goes_with_all_that_is_in_it_and_takes_nothing_new_meanwhile()
    {
        await Cluster.OrchAsync("create", "namespace", "shortlived");
        await Cluster.OrchAsync("create", "configmap", "settings", "--from-literal=a=b", "-n", "shortlived");
        (await Shell.TryAsync(Given.Site("inside", replicas: 2), Cluster.OrchCommand(["apply", "-n", "shortlived", "-f", "-"]))).Succeeded();
        await Cluster.HoldsAsync(async () => (await Cluster.TryOrchAsync("get", "pods", "-n", "shortlived", "--no-headers")).Lines.Count(line => line.Contains("1/1", StringComparison.Ordinal)) == 2, "two ready pods inside");

        await Cluster.OrchAsync("delete", "namespace", "shortlived");
        await Cluster.HoldsAsync(async () => (await Cluster.TryOrchAsync("get", "namespace", "shortlived")).ExitCode != 0, "the end of the namespace");
        foreach (var kind in new[] { "pods", "deployments", "replicasets", "services", "configmaps", "ingresses" })
            Assert.Empty((await Cluster.OrchAsync("get", kind, "-n", "shortlived", "--no-headers")).Lines);
    }
}
