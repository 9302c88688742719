using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Pods as users see them, wherever they run.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class PodTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task Pods_reach_each_other_by_their_addresses_from_every_host_to_every_host()
    {
        await Cluster.ApplyAsync(Given.Site("neighbours", replicas: 3));
        var pods = await PodView.ReadyAsync(Cluster, "neighbours", 3);
        Assert.Equal(3, pods.Select(pod => pod.Node).Distinct().Count());
        var asks = string.Join("; ", pods.Select(pod => $"wget -q -O - http://{pod.Ip}:8080/ || exit 1"));

        foreach (var host in Cluster.Hosts)
        {
            foreach (var pod in pods)
                Assert.Equal($"Hello from pod {pod.Name}", (await host.CurlAsync($"http://{pod.Ip}:8080/")).Succeeded().Output.Trim());
            await Cluster.ApplyAsync(Given.Pod($"asks-{host.Name}", asks, host.Name));
        }

        foreach (var host in Cluster.Hosts)
        {
            var asker = await EndedAsync($"asks-{host.Name}");
            Assert.Equal((host.Name, "Succeeded"), (asker.Node, asker.Phase));
            Assert.Equal(pods.Select(pod => $"Hello from pod {pod.Name}"), (await Cluster.OrchAsync("logs", asker.Name)).Lines);
        }
    }

    [Fact]
    public async Task A_port_of_the_host_leads_to_the_pod_that_asks_for_it_from_other_hosts_and_only_while_it_is_there()
    {
        await Cluster.ApplyAsync("""
            apiVersion: v1
            kind: Pod
            metadata:
              name: on-the-host
              annotations: {kubernetes.io/egress-bandwidth: 100M}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: web
                  image: hello:1
                  ports: [{containerPort: 8080, hostPort: 18080}]
            """);
        var pod = await Cluster.GetAsync(async () => await PodView.FindAsync(Cluster, "on-the-host") is { Ready: true } ready ? ready : null, "the pod");
        var (host, other) = (Cluster.Hosts.Single(each => each.Name == pod.Node), Cluster.Hosts.First(each => each.Name != pod.Node));
        await Cluster.HoldsAsync(async () => (await other.CurlAsync($"http://{host.Address}:18080/")).Output.Trim() == "Hello from pod on-the-host", "the page at the host's port");
        Assert.NotEqual(0, (await host.CurlAsync($"http://{other.Address}:18080/")).ExitCode);
        Assert.Contains("qdisc tbf", (await host.Namespace.TryAsync("nsenter", $"--net=/proc/{host.FirstProcesses(pod.Uid)[0].Process}/ns/net", "tc", "qdisc")).Output, StringComparison.Ordinal);

        await Cluster.OrchAsync("delete", "pod", "on-the-host");
        Assert.NotEqual(0, (await other.CurlAsync($"http://{host.Address}:18080/")).ExitCode);
    }

    [Fact]
    public async Task A_pod_waits_for_what_it_depends_on_and_for_a_node_with_its_label_and_says_so()
    {
        await Cluster.ApplyAsync("""
            apiVersion: v1
            kind: Pod
            metadata:
              name: dependent
              annotations: {orchestrator/depends-on: pod/depended}
            spec:
              terminationGracePeriodSeconds: 0
              nodeSelector: {disk: fast}
              containers: [{name: main, image: "hello:1", command: [sleep, "1000"]}]
            """);
        await Cluster.HoldsAsync(async () => (await Cluster.OrchAsync("why", "pod/dependent")).Output.Contains("it waits: pod/depended is not there", StringComparison.Ordinal), "it says for what it waits");
        Assert.Contains(" SchedulingGated ", (await Cluster.OrchAsync("get", "pod", "dependent")).Lines[1], StringComparison.Ordinal);

        await Cluster.ApplyAsync(Given.Pod("depended", "exec sleep 1000"));
        await Cluster.HoldsAsync(async () => (await Cluster.OrchAsync("why", "pod/dependent")).Output.Contains("node selector", StringComparison.Ordinal), "it waits for a node");

        var node = Cluster.Hosts[1].Name;
        Assert.Equal([$"node/{node} labeled"], (await Cluster.OrchAsync("label", "node", node, "disk=fast")).Lines);
        await Cluster.HoldsAsync(async () => await PodView.FindAsync(Cluster, "dependent") is { Ready: true } pod && pod.Node == node, "it runs where the label is");
        await Cluster.OrchAsync("label", "pod/dependent", "seen=yes");
        await Cluster.OrchAsync("annotate", "pod/dependent", "example.com/note=a b c");
        Assert.Equal(["dependent"], (await Cluster.ListAsync("pods", "-l", "seen=yes")).Select(pod => (string)pod["metadata"]!["name"]!)); // every object has one
        await Cluster.OrchAsync("label", $"node/{node}", "disk-");
        await Cluster.OrchAsync("delete", "pod/dependent", "pod/depended");
    }

    [Fact]
    public async Task Pods_reach_services_by_their_names_from_every_host()
    {
        await Cluster.ApplyAsync(Given.Site("named", replicas: 2));
        await PodView.ReadyAsync(Cluster, "named", 2);
        foreach (var host in Cluster.Hosts)
        {
            const string Ask = "for name in named named.default named.default.svc.cluster.local; do for try in 1 2 3 4 5 6 7 8; do wget -q -O - http://$name/ && break; sleep 1; done; done";
            await Cluster.ApplyAsync(Given.Pod($"names-{host.Name}", Ask, host.Name));
        }

        foreach (var host in Cluster.Hosts)
        {
            Assert.Equal("Succeeded", (await EndedAsync($"names-{host.Name}")).Phase);
            var answers = (await Cluster.OrchAsync("logs", $"names-{host.Name}")).Lines;
            Assert.Equal(3, answers.Count(line => line.StartsWith("Hello from pod named-", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_network_policy_lets_those_in_that_it_names_and_nobody_else_on_every_host()
    {
        await Cluster.ApplyAsync(Given.Site("guarded", replicas: 3));
        var pods = await PodView.ReadyAsync(Cluster, "guarded", 3);
        await Cluster.ApplyAsync("""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: guarded}
            spec:
              podSelector: {matchLabels: {app: guarded}}
              ingress:
                - from: [{podSelector: {matchLabels: {may: enter}}}]
                  ports: [{port: 8080}]
            """);
        // Each says of every pod whether it was let in; one that is not yet known as a friend tries again.
        var asks = string.Join("; ", pods.Select(pod => $"for try in 1 2 3 4 5; do timeout 1 wget -q -O - http://{pod.Ip}:8080/ && break; sleep 0.2; done"));
        foreach (var host in Cluster.Hosts)
        {
            await Cluster.ApplyAsync(Given.Pod($"stranger-{host.Name}", asks, host.Name));
            await Cluster.ApplyAsync(Given.Pod($"friend-{host.Name}", asks, host.Name, labels: "{may: enter}"));
        }

        foreach (var host in Cluster.Hosts)
        {
            await EndedAsync($"friend-{host.Name}");
            await EndedAsync($"stranger-{host.Name}");
            Assert.Equal(pods.Select(pod => $"Hello from pod {pod.Name}"), (await Cluster.OrchAsync("logs", $"friend-{host.Name}")).Lines.Where(line => line != "Terminated"));
            Assert.DoesNotContain("Hello", (await Cluster.OrchAsync("logs", $"stranger-{host.Name}")).Output, StringComparison.Ordinal);
        }

        await Cluster.OrchAsync("delete", "networkpolicy", "guarded");
        await Cluster.ApplyAsync(Given.Pod("later", $"for try in 1 2 3 4 5; do timeout 1 wget -q -O - http://{pods[0].Ip}:8080/ && break; sleep 0.2; done", Cluster.Hosts[0].Name));
        await EndedAsync("later");
        Assert.Contains($"Hello from pod {pods[0].Name}", (await Cluster.OrchAsync("logs", "later")).Lines);
    }

    [Fact]
    public async Task Logs_come_through_every_server_from_every_node()
    {
        foreach (var host in Cluster.Hosts) await Cluster.ApplyAsync(Given.Pod($"talks-{host.Name}", "echo one; echo two; exec sleep 1000", host.Name));
        foreach (var host in Cluster.Hosts)
        {
            await RunningAsync($"talks-{host.Name}");
            foreach (var server in Cluster.Hosts)
                await Cluster.HoldsAsync(async () => (await Cluster.TryOrchAtAsync(server, "logs", $"talks-{host.Name}")).Output == "one\ntwo\n", $"the log of {host.Name} through {server.Name}");
        }
    }

    [Fact]
    public async Task Followed_logs_go_on_through_every_server_until_the_container_ends()
    {
        await Cluster.ApplyAsync(Given.Pod("goes-on", "echo first; while true; do echo more; sleep 0.2; done", Cluster.Hosts[0].Name));
        await RunningAsync("goes-on");
        var follows = Cluster.Hosts.Select(server => RunningProgram.Start(Cluster.OrchCommand(["logs", "-f", "goes-on"], server))).ToList();
        foreach (var follow in follows)
            await Cluster.HoldsAsync(() => Task.FromResult(follow.Output.Split("more").Length > 3), "what the pod writes while its log is followed");

        await Cluster.OrchAsync("delete", "pod", "goes-on");
        foreach (var follow in follows)
        {
            Assert.StartsWith("first\n", follow.Output);
            await follow.EndedAsync(TimeSpan.FromSeconds(60));
            await follow.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_pod_that_fits_nowhere_stays_pending_and_describe_says_why()
    {
        await Cluster.ApplyAsync(Given.Pod("giant", "exec sleep 1000", cpu: "1000"));
        await Cluster.HoldsAsync(async () => (await Cluster.OrchAsync("describe", "pod", "giant")).Output.Contains("Insufficient cpu", StringComparison.Ordinal), "the reason");

        var pod = await PodView.FindAsync(Cluster, "giant");
        Assert.Equal(("Pending", null), (pod?.Phase, pod?.Node));
        Assert.Contains("3 Insufficient cpu", (await Cluster.OrchAsync("describe", "pod", "giant")).Output, StringComparison.Ordinal);
        await Cluster.OrchAsync("delete", "pod", "giant");
    }

    [Fact]
    public async Task A_pod_runs_from_a_registry_by_its_tag()
    {
        await using var registry = await Registry.StartAsync(Cluster.Lan);
        await registry.PushAsync(await TestImage.Hello.ArchiveAsync(), "shop/hello:2");
        await Cluster.ApplyAsync(Given.Site("pulled", replicas: 1, image: $"{registry.Host}/shop/hello:2"));

        var pod = Assert.Single(await PodView.ReadyAsync(Cluster, "pulled", 1));

        var described = await Cluster.OrchAsync("describe", "pod", pod.Name);
        Assert.Contains($"{registry.Host}/shop/hello@sha256:", described.Output, StringComparison.Ordinal);
        await Cluster.HoldsAsync(async () => await Cluster.StatusOfPageAsync(Cluster.Hosts[2], "pulled.example") == "200", "the page");
    }

    [Fact]
    public async Task An_image_that_is_not_there_is_named_with_the_node_that_looked_for_it()
    {
        await using var registry = await Registry.StartAsync(Cluster.Lan);
        var image = $"{registry.Host}/shop/nothing:9";
        await Cluster.ApplyAsync(Given.Pod("imageless", "exec sleep 1000", Cluster.Hosts[1].Name, image));

        await Cluster.HoldsAsync(async () => (await Cluster.OrchAsync("get", "pod", "imageless", "--no-headers")).Output.Contains("ErrImagePull", StringComparison.Ordinal)
            || (await Cluster.OrchAsync("get", "pod", "imageless", "--no-headers")).Output.Contains("ImagePullBackOff", StringComparison.Ordinal), "the failed pull");

        var described = (await Cluster.OrchAsync("describe", "pod", "imageless")).Output;
        var line = described.Split('\n').Single(each => each.StartsWith("  State:", StringComparison.Ordinal));
        Assert.Contains(Cluster.Hosts[1].Name, line, StringComparison.Ordinal);
        Assert.Contains(image, line, StringComparison.Ordinal);
        await Cluster.OrchAsync("delete", "pod", "imageless");
    }

    Task<PodView> RunningAsync(string name) => Cluster.GetAsync(async () => await PodView.FindAsync(Cluster, name) is { Phase: "Running" } pod ? pod : null, $"{name} running");

    Task<PodView> EndedAsync(string name) =>
        Cluster.GetAsync(async () => await PodView.FindAsync(Cluster, name) is { Phase: "Succeeded" or "Failed" } pod ? pod : null, $"the end of {name}");
}
