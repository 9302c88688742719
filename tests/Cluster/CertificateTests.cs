using System.Net;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Machines keep their certificates alive, and lose them with their place in the cluster.</summary>
public sealed class CertificateTests
{
    [Fact]
    public async Task A_machines_certificate_is_renewed_while_it_runs_and_the_cluster_outlives_its_first_ones()
    {
        const string lifeInHours = "0.004"; // 14 seconds
        await using var lan = await Lan.MakeAsync(1);
        var host = lan.Hosts[0];
        host.Start("server", "--name", host.Name, "--advertise", host.Address, "--agent", "--certificate-hours", lifeInHours);
        var joined = new Joined(lan);
        await joined.FollowAsync(host);
        var certificate = Path.Combine(host.DataDirectory, "pki", "node.pem");
        var first = await File.ReadAllTextAsync(certificate);
        await Eventually.HoldsAsync(async () => await File.ReadAllTextAsync(certificate) != first, "a second certificate", host.LogTail);
        var second = await File.ReadAllTextAsync(certificate);
        await Eventually.HoldsAsync(async () => await File.ReadAllTextAsync(certificate) != second, "a third certificate", host.LogTail);
        await Eventually.HoldsAsync(async () => (await AskAsync("get", "nodes", "--no-headers")).Output.Contains(" Ready ", StringComparison.Ordinal), "the node goes on", host.LogTail);

        // A new connection of the agent shows the new one; the first has expired, and opens nothing.
        var stale = new Intruder(lan.Outer, "an expired server", X509Certificate2.CreateFromPem(first, first));
        await Eventually.HoldsAsync(async () => await stale.RefusalAsync(new IPEndPoint(IPAddress.Parse(host.Address), 6440), "orchestrator.v1.Maintenance/Status") is not null, "the end of the first one", host.LogTail);
        Assert.Null(await Intruder.WithFile(lan.Outer, "a server", certificate).RefusalAsync(new IPEndPoint(IPAddress.Parse(host.Address), 6440), "orchestrator.v1.Maintenance/Status"));
        await host.KillAsync();
        host.Start("server", "--name", host.Name, "--advertise", host.Address, "--agent", "--certificate-hours", lifeInHours);
        await Eventually.HoldsAsync(async () => (await AskAsync("get", "nodes", "--no-headers")).Output.Contains(" Ready ", StringComparison.Ordinal), "the node is back", host.LogTail);

        async Task<ShellResult> AskAsync(params string[] arguments)
        {
            await joined.UseAsync(host); // what users have lives as short
            return await Shell.TryAsync(joined.OrchCommand(lan.Hosts, arguments));
        }
    }

    [Fact]
    public async Task A_node_that_is_deleted_is_out_at_once_and_does_not_come_back_by_itself()
    {
        await using var lan = await Lan.MakeAsync(2);
        var (server, node) = (lan.Hosts[0], lan.Hosts[1]);
        server.Start("server", "--name", server.Name, "--advertise", server.Address);
        var joined = new Joined(lan);
        await joined.FollowAsync(server);
        var token = (await OrchAsync("token", "create", "--role", "agent", "-q")).Succeeded().Output.Trim();
        string[] agent = ["agent", "--name", node.Name, "--advertise", node.Address, "--join", $"{server.Address}:6440", "--token", token];
        node.Start(agent);
        await Eventually.HoldsAsync(async () => (await OrchAsync("get", "nodes", "--no-headers")).Output.Contains(" Ready ", StringComparison.Ordinal), "the node", lan.LogTails);

        (await OrchAsync("delete", "node", node.Name)).Succeeded();
        await Eventually.HoldsAsync(() => node.LogTail().Contains("was removed from the cluster", StringComparison.Ordinal), "the agent hears that it is out", lan.LogTails);
        Assert.DoesNotContain(node.Name, (await OrchAsync("get", "nodes", "--no-headers")).Output, StringComparison.Ordinal);

        Task<ShellResult> OrchAsync(params string[] arguments) => Shell.TryAsync(joined.OrchCommand([server], arguments));
    }

    [Fact]
    public async Task Another_CA_takes_over_under_load_without_a_failed_request_or_a_broken_watch_and_the_old_one_opens_nothing_any_more()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await cluster.ApplyAsync(Given.Site("rotated", replicas: 2));
        await PodView.ReadyAsync(cluster, "rotated", 2);
        await cluster.HoldsAsync(async () => await cluster.StatusOfPageAsync(cluster.Hosts[0], "rotated.example") == "200", "the first page");
        var (oldConfig, oldToken) = (Path.Combine(cluster.Lan.Directory, "old"), await cluster.TokenAsync("agent"));
        var copied = cluster.OrchCommand(["version"]).Single(word => word.StartsWith("ORCH_CONFIG=", StringComparison.Ordinal))["ORCH_CONFIG=".Length..];
        File.Copy(copied, oldConfig);
        await using var watch = RunningProgram.Start(cluster.OrchCommand(["get", "pods", "-w", "--no-headers"]));
        await using var load = RunningProgram.Start(cluster.Lan.Outer.Enter("sh", "-c",
            $"while :; do for host in {cluster.Hosts[0].Address} {cluster.Hosts[1].Address}; do curl -s -m 5 -o /dev/null -w '%{{http_code}}\n' -H 'Host: rotated.example' http://$host/; done; done"));
        await cluster.HoldsAsync(() => Task.FromResult(Answers() >= 20), "some load");

        var rotated = await cluster.OrchAsync("ca", "rotate");
        Assert.Contains("the one before is trusted no more", rotated.Output, StringComparison.Ordinal);
        await cluster.HoldsAsync(() => Task.FromResult(cluster.Hosts.All(host => Count(File.ReadAllText(Path.Combine(host.DataDirectory, "pki", "ca.pem")), "BEGIN CERTIFICATE") == 1)), "one root everywhere");
        var before = Answers();
        await cluster.HoldsAsync(() => Task.FromResult(Answers() >= before + 20), "the load goes on");
        Assert.All(load.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), status => Assert.Equal("200", status));
        load.Signal(RunningProgram.Kill);
        Assert.False(watch.HasEnded);
        await cluster.OrchAsync("scale", "deployment/rotated", "--replicas", "3");
        await PodView.ReadyAsync(cluster, "rotated", 3);
        await cluster.HoldsAsync(() => Task.FromResult(Count(watch.Output, "Running") >= 3), "the watch goes on");

        // Whoever comes anew is judged by the new CA alone, and finds its way.
        var stolen = await Shell.TryAsync([.. cluster.Lan.Outer.Enter("env", $"ORCH_CONFIG={oldConfig}", Programs.Orch, "get", "pods")]);
        Assert.NotEqual(0, stolen.ExitCode);
        Assert.Contains("another CA", stolen.Error, StringComparison.Ordinal);
        await cluster.Hosts[1].KillAsync();
        cluster.Start(cluster.Hosts[1]);
        await cluster.HoldsAsync(async () => (await cluster.TryOrchAsync("cluster", "status")).Output.Contains("2 of 2 servers", StringComparison.Ordinal) && await cluster.ReadyNodesAsync() == 2, "the second server is back");
        Assert.DoesNotContain(oldToken.Split('.')[2], (await cluster.OrchAsync("token", "ls")).Output, StringComparison.Ordinal);
        Assert.Contains("no rotation is under way", (await cluster.OrchAsync("ca", "status")).Output, StringComparison.Ordinal);

        int Answers() => Count(load.Output, "\n");

        static int Count(string text, string word) => text.Split(word).Length - 1;
    }
}
