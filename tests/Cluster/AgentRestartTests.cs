using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Containers don't depend on the daemon that started them.</summary>
public sealed class AgentRestartTests
{
    [Fact]
    public async Task Containers_outlive_a_killed_orchd_are_taken_up_again_and_an_end_meanwhile_is_noticed()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var host = cluster.Hosts[0];
        await cluster.ApplyAsync(Given.Site("staying", replicas: 2));
        await cluster.ApplyAsync(Given.Pod("ending", "echo again; exec sleep 1000", restart: "Always"));
        var pods = await PodView.ReadyAsync(cluster, "staying", 2);
        var ending = await cluster.GetAsync(async () => await PodView.FindAsync(cluster, "ending") is { Ready: true } pod ? pod : null, "the pod that will end");
        await cluster.HoldsAsync(async () => await cluster.StatusOfPageAsync(host, "staying.example") == "200", "the page");
        var before = Processes();
        Assert.True(before.Length >= 2);

        await host.KillAsync();
        Assert.Equal(before, Processes());
        foreach (var pod in pods) Assert.Equal(0, (await host.CurlAsync("-f", $"http://{pod.Ip}:8080/")).ExitCode);
        foreach (var process in host.Containers(ending.Uid)) Signals.Send(process, RunningProgram.Kill);
        await cluster.HoldsAsync(() => Task.FromResult(host.Containers(ending.Uid).Count == 0), "the end of a container while orchd is away");

        cluster.Start(host);
        var restarted = await cluster.GetAsync(async () => await PodView.FindAsync(cluster, "ending") is { Ready: true, Restarts: 1 } pod ? pod : null, "the restart of the ended container");
        Assert.Equal(ending.Uid, restarted.Uid);
        Assert.NotEmpty(host.Containers(ending.Uid));
        Assert.Contains("exit code 137", (await cluster.OrchAsync("describe", "pod", "ending")).Output, StringComparison.Ordinal);
        Assert.Equal(["again"], (await cluster.OrchAsync("logs", "ending")).Lines);
        Assert.Equal(["again"], (await cluster.OrchAsync("logs", "-p", "ending")).Lines);

        Assert.Equal(before, Processes());
        Assert.Equal(pods.Select(pod => (pod.Uid, 0)).Order(), (await PodView.ReadyAsync(cluster, "staying", 2)).Select(pod => (pod.Uid, pod.Restarts)).Order());
        await cluster.HoldsAsync(async () => await cluster.StatusOfPageAsync(host, "staying.example") == "200", "the page after the restart");

        // Number and start time: a process of the same number that began later would be another one.
        (int Process, string Started)[] Processes() => [.. pods.SelectMany(pod => host.Containers(pod.Uid)).Order().Select(process => (process, StartOf(process)))];
    }

    // proc_pid_stat(5): the start is field 22; the name in field 2 may hold blanks, and ends with the last parenthesis.
    static string StartOf(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[22 - 3];
    }
}
