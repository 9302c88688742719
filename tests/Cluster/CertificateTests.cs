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

        // A new connection of the agent shows the new one; the first would have expired.
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
}
