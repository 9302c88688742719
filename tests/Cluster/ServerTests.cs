using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>It does not matter which server is asked.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class ServerTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task Every_server_takes_a_change_and_every_other_one_shows_it_at_once()
    {
        foreach (var taker in Cluster.Hosts)
        {
            var name = $"through-{taker.Name}";
            (await Cluster.TryApplyAsync(Given.Service(name), taker)).Succeeded();
            foreach (var shower in Cluster.Hosts)
                Assert.Equal([$"service/{name}"], (await Cluster.TryOrchAtAsync(shower, "get", "service", name, "-o", "name")).Succeeded().Lines);
            (await Cluster.TryOrchAtAsync(taker, "delete", "service", name)).Succeeded();
            foreach (var shower in Cluster.Hosts)
                Assert.Equal(1, (await Cluster.TryOrchAtAsync(shower, "get", "service", name)).ExitCode);
        }
    }

    [Fact]
    public async Task The_nodes_show_the_roles_of_their_daemons() =>
        Assert.All(await NodeRolesAsync(), roles => Assert.Equal("control-plane,ingress", roles));

    async Task<IEnumerable<string>> NodeRolesAsync() =>
        (await Cluster.OrchAsync("get", "nodes", "--no-headers")).Lines.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]);

    [Fact]
    public async Task All_servers_name_the_same_leader()
    {
        var leader = await Cluster.SomeLeaderAsync();

        foreach (var host in Cluster.Hosts)
            Assert.Contains($"(answered by {host.Name}; {leader.Name} leads;", (await Cluster.TryOrchAtAsync(host, "version")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_server_says_that_it_lives_that_it_is_ready_and_what_it_has_counted()
    {
        foreach (var host in Cluster.Hosts)
        {
            Assert.Equal("ok", (await GetAsync(host, "healthz")).Output.Trim());
            Assert.Equal("ok", (await GetAsync(host, "readyz")).Output.Trim());
            var metrics = await GetAsync(host, "metrics");
            Assert.Contains(metrics.Lines, line => line.StartsWith("# TYPE ", StringComparison.Ordinal));
            Assert.All(metrics.Lines.Where(line => line[0] != '#'), line => Assert.Matches(@"^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? \S+( \d+)?$", line));
            Assert.Contains(metrics.Lines, line => line.StartsWith("orchestrator_", StringComparison.Ordinal) || line.StartsWith("store_", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Get_with_watch_shows_a_change_made_through_another_server()
    {
        await using var watch = RunningProgram.Start(Cluster.OrchCommand(["get", "services", "-w", "-o", "name"], Cluster.Hosts[0]));
        await SeenAsync(watch, "service/watched-before", () => Cluster.TryApplyAsync(Given.Service("watched-before"), Cluster.Hosts[1]));

        (await Cluster.TryApplyAsync(Given.Service("watched"), Cluster.Hosts[2])).Succeeded();
        await Cluster.HoldsAsync(() => Task.FromResult(Lines(watch).Contains("service/watched")), "the new service in the watch");

        Assert.False(watch.HasEnded);
    }

    static async Task<ShellResult> GetAsync(LanHost host, string path) => (await host.CurlAsync("-f", $"http://127.0.0.1:6443/{path}")).Succeeded();

    async Task SeenAsync(RunningProgram watch, string line, Func<Task<ShellResult>> cause)
    {
        (await cause()).Succeeded();
        await Cluster.HoldsAsync(() => Task.FromResult(Lines(watch).Contains(line)), $"{line} in the watch");
    }

    static string[] Lines(RunningProgram program) => program.Output.Split('\n');
}
