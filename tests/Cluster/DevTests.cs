using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>The first thing that anybody tries.</summary>
public sealed class DevTests
{
    [Fact]
    public async Task A_cluster_on_one_machine_needs_no_network_and_no_options_and_goes_away_without_a_trace()
    {
        await using var lan = await Lan.MakeAsync(hosts: 1);
        var host = lan.Hosts[0];
        await lan.ConnectAsync(host, connected: false);
        host.Start("dev", "--name", "laptop");
        string[] orch = ["env", "-u", "ORCH_SERVER", $"ORCH_CONFIG={host.DataDirectory}/admin.json", Programs.Orch];
        await Eventually.HoldsAsync(async () => (await host.Namespace.TryAsync([.. orch, "get", "nodes", "--no-headers"])).Output.Contains(" Ready ", StringComparison.Ordinal), "the node", host.LogTail);
        await host.Namespace.RunAsync([.. orch, "image", "import", await TestImage.Hello.ArchiveAsync()]);

        await host.Namespace.RunAsync([.. orch, "apply", "-f", RepoRoot.Below("manifests", "hello.yaml")]);
        await host.Namespace.RunAsync([.. orch, "rollout", "status", "deployment/hello", "--timeout", "60"]);
        await Eventually.HoldsAsync(async () => (await host.CurlAsync("-H", "Host: hello.example", "http://127.0.0.1:8080/")).Output.StartsWith("Hello from pod hello-", StringComparison.Ordinal), "the page", host.LogTail);

        Assert.Equal(0, await host.StopAsync(RunningProgram.Interrupt));
        Assert.NotEmpty(host.Containers());

        var reset = await host.ResetAsync();
        Assert.Equal((0, ""), (reset.ExitCode, reset.Error));
        Assert.Empty(host.Containers());
        Assert.Empty(await Leftovers.OnHostAsync(host));
    }
}
