using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Requests from outside, and how they follow the pods.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class IngressTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task Every_host_shows_the_page_of_a_site_whichever_hosts_its_pods_are_on()
    {
        await Cluster.ApplyAsync(Given.Site("everywhere", replicas: 1));
        var pod = Assert.Single(await PodView.ReadyAsync(Cluster, "everywhere", 1));

        foreach (var host in Cluster.Hosts)
        {
            await Cluster.HoldsAsync(async () => await Cluster.StatusOfPageAsync(host, "everywhere.example") == "200", $"the page through {host.Name}");
            Assert.Equal($"Hello from pod {pod.Name}", (await Cluster.PageAsync(host, "everywhere.example")).Lines[0]);
        }
    }

    [Fact]
    public async Task An_HTTPRoute_leads_to_the_services_that_it_names_by_their_weights_and_says_so()
    {
        await Cluster.ApplyAsync(Given.Site("weighed-a", replicas: 1));
        await Cluster.ApplyAsync(Given.Site("weighed-b", replicas: 1));
        await Cluster.ApplyAsync("""
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: outer}
            spec:
              gatewayClassName: orch
              listeners: [{name: http, port: 80, protocol: HTTP, hostname: "*.weighed.example"}]
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: weighed}
            spec:
              parentRefs: [{name: outer}]
              hostnames: [www.weighed.example]
              rules:
                - backendRefs: [{name: weighed-a, port: 80}, {name: weighed-b, port: 80}]
                - matches: [{path: {value: /old}}]
                  filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}, statusCode: 301}}]
            """);
        await PodView.ReadyAsync(Cluster, "weighed-a", 1);
        await PodView.ReadyAsync(Cluster, "weighed-b", 1);
        foreach (var host in Cluster.Hosts)
        {
            HashSet<string> seen = [];
            await Cluster.HoldsAsync(async () => await Cluster.PageAsync(host, "www.weighed.example") is { Lines: [var text, "200"] } && seen.Add(text[..24]) && seen.Count == 2, $"both services through {host.Name}");
        }

        Assert.Contains(" True ", (await Cluster.OrchAsync("get", "gateway", "outer")).Lines[1], StringComparison.Ordinal);
        var parent = (await Cluster.ListAsync("httproutes")).Single()["status"]!["parents"]![0]!; // it is served
        Assert.All(parent["conditions"]!.AsArray(), condition => Assert.Equal("True", (string)condition!["status"]!));
        Assert.Equal("301", (await Shell.TryAsync(Cluster.Lan.Outer.Enter(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: www.weighed.example", $"http://{Cluster.Hosts[0].Address}/old/page"]))).Output);
    }

    [Fact]
    public async Task A_site_that_nobody_has_declared_is_not_found()
    {
        Assert.Equal("404", await Cluster.StatusOfPageAsync(Cluster.Hosts[0], "nobody.example"));
    }

    [Fact]
    public async Task A_site_without_pods_answers_503_and_its_pods_and_their_processes_are_gone()
    {
        await Cluster.ApplyAsync(Given.Site("closing", replicas: 2));
        var pods = await PodView.ReadyAsync(Cluster, "closing", 2);
        await Cluster.HoldsAsync(async () => await Cluster.StatusOfPageAsync(Cluster.Hosts[0], "closing.example") == "200", "the page");

        await Cluster.ApplyAsync(Given.Site("closing", replicas: 0));
        await PodView.ReadyAsync(Cluster, "closing", 0);

        foreach (var host in Cluster.Hosts)
        {
            await Cluster.HoldsAsync(async () => await Cluster.StatusOfPageAsync(host, "closing.example") == "503", $"503 through {host.Name}");
            Assert.DoesNotContain(pods, pod => host.Containers(pod.Uid).Count > 0);
        }

        Assert.DoesNotContain(pods, pod => Leftovers.ProcessesNaming(pod.Uid).Count > 0);
    }

    [Fact]
    public async Task A_rollout_fails_no_request()
    {
        await Cluster.ApplyAsync(Given.Site("rolling", replicas: 2));
        await PodView.ReadyAsync(Cluster, "rolling", 2);
        await Cluster.HoldsAsync(async () => await Cluster.StatusOfPageAsync(Cluster.Hosts[0], "rolling.example") == "200", "the page");

        await Cluster.ApplyAsync(Given.Site("rolling", replicas: 2, version: "2"));
        var rollout = Cluster.OrchAsync("rollout", "status", "deployment/rolling", "--timeout", "60");
        var statuses = new List<string>();
        while (!rollout.IsCompleted) statuses.Add(await Cluster.StatusOfPageAsync(Cluster.Hosts[statuses.Count % Cluster.Hosts.Count], "rolling.example"));
        await rollout;

        Assert.NotEmpty(statuses);
        Assert.All(statuses, status => Assert.Equal("200", status));
    }
}
