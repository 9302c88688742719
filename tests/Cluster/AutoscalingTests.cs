using System.Globalization;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>What pods use is measured, and the number of pods follows it.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class AutoscalingTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task What_a_pod_uses_is_shown_beside_its_node_and_asks_for_more_pods()
    {
        // Each works for a while and rests for a while: far above a tenth of the ten millicores it requests.
        await Cluster.ApplyAsync(Busy("busy") + "\n---\n" + Autoscaler("busy", least: 1, """{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 10}}}"""));
        await PodView.ReadyAsync(Cluster, "busy", 3); // the most

        await Cluster.HoldsAsync(async () => (await Cluster.OrchAsync("top", "pods", "-l", "app=busy", "--no-headers")).Lines.Select(Millicores).Count(used => used > 1) == 3, "top shows three pods at work");
        var containers = (await Cluster.OrchAsync("top", "pods", "-l", "app=busy", "--containers")).Lines;
        Assert.Matches(@"^POD +NAME +CPU\(cores\) +MEMORY\(bytes\)$", containers[0]);
        Assert.Matches(@"^busy-\S+ +web +\d+m +\d+Mi$", containers[1]);
        var nodes = (await Cluster.OrchAsync("top", "nodes")).Lines;
        Assert.Equal(1 + Cluster.Hosts.Count, nodes.Count);
        Assert.All(nodes.Skip(1), node => Assert.Matches(@"^\S+ +\d+m +\d+% +\d+Mi +\d+%$", node));
        Assert.Matches(@"busy +Deployment/busy +cpu: \d+%/10% +1 +3 +3 ", (await Cluster.OrchAsync("get", "hpa", "busy")).Output);
        await Cluster.OrchAsync("delete", "hpa/busy", "deploy/busy");
    }

    [Fact]
    public async Task A_site_without_requests_sleeps_and_the_next_request_waits_until_it_is_awake()
    {
        await Cluster.ApplyAsync(Given.Site("sleepy", replicas: 1) + "\n---\n" + Autoscaler("sleepy", least: 0,
            """{type: Object, object: {describedObject: {kind: Ingress, name: sleepy}, metric: {name: requests-per-second}, target: {type: AverageValue, averageValue: 100}}}"""));
        foreach (var host in Cluster.Hosts) await Cluster.HoldsAsync(async () => await Cluster.StatusOfPageAsync(host, "sleepy.example") == "200", $"the route to be known to {host.Name}");
        await PodView.ReadyAsync(Cluster, "sleepy", 0);
        foreach (var host in Cluster.Hosts)
        {
            Assert.Equal("200", await Cluster.StatusOfPageAsync(host, "sleepy.example"));
            await PodView.ReadyAsync(Cluster, "sleepy", 0);
        }

        await Cluster.OrchAsync("delete", "hpa/sleepy", "deploy/sleepy", "svc/sleepy", "ing/sleepy");
    }

    static int Millicores(string row) => int.Parse(row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].TrimEnd('m'), CultureInfo.InvariantCulture);

    static string Autoscaler(string name, int least, string metric) => $$$"""
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: {{{name}}} }
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{{name}}} }
          minReplicas: {{{least}}}
          maxReplicas: 3
          metrics: [{{{metric}}}]
          behavior: {scaleDown: {stabilizationWindowSeconds: 0}}
        """;

    static string Busy(string name) => $$$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{{name}}} }
        spec:
          selector: {matchLabels: {app: {{{name}}} } }
          template:
            metadata: {labels: {app: {{{name}}} } }
            spec:
              terminationGracePeriodSeconds: 0
              containers:
                - name: web
                  image: "hello:1"
                  command: [/bin/sh, -c, "while :; do i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done; sleep 0.1; done"]
                  resources: {requests: {cpu: 10m, memory: 8Mi}}
        """;
}
