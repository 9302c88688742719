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
        Assert.Equal(2, before.Count);

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

        List<(int Process, string Started)> Processes() => [.. pods.SelectMany(pod => host.FirstProcesses(pod.Uid)).Order()];
    }

    [Fact]
    public async Task Fifty_containers_lose_no_line_and_no_end_when_orchd_is_killed_and_are_known_again_within_seconds()
    {
        const int Count = 50;
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var host = cluster.Hosts[0];
        // Each counts until it is asked to stop, and ends with the last digit of its number.
        await cluster.ApplyAsync(string.Join("\n---\n", Enumerable.Range(0, Count).Select(i => Given.Pod($"counter-{i}", $"trap 'exit {i % 10}' TERM; n=0; while :; do n=$((n + 1)); echo line $n; sleep 0.2; done", labels: "{app: counter}", cpu: "1m"))));
        var pods = await PodView.ReadyAsync(cluster, "counter", Count);
        var before = host.FirstProcesses();

        await host.KillAsync();
        Assert.Equal(before, host.FirstProcesses());
        // Five end while nobody looks.
        var ending = pods.Where(pod => pod.Name.EndsWith('7')).ToList();
        foreach (var (process, _) in ending.SelectMany(pod => host.FirstProcesses(pod.Uid))) Signals.Send(process, RunningProgram.Terminate);
        await cluster.HoldsAsync(() => Task.FromResult(ending.TrueForAll(pod => host.Containers(pod.Uid).Count == 0)), "the end of five");

        cluster.Start(host);
        await cluster.HoldsAsync(async () => (await cluster.ListAsync("pods", "-l", "app=counter")).Count(pod => (string?)pod["status"]?["phase"] == "Failed") == ending.Count, "their ends to be known");
        var after = (await cluster.ListAsync("pods", "-l", "app=counter")).ToDictionary(pod => (string)pod["metadata"]!["name"]!); // every object has one
        Assert.All(ending, pod => Assert.Equal(7, (int)after[pod.Name]["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!["exitCode"]!)); // it has ended
        Assert.All(after.Values, pod => Assert.Equal(0, (int?)pod["status"]!["containerStatuses"]![0]!["restartCount"] ?? 0)); // it ran
        var staying = pods.Except(ending).ToList();
        Assert.Equal(staying.Select(pod => pod.Uid).Order(), after.Values.Where(pod => (string?)pod["status"]!["phase"] == "Running").Select(pod => (string)pod["metadata"]!["uid"]!).Order()); // every object has both

        // Every line is there once and in order.
        foreach (var pod in pods.Where((_, i) => i % 10 == 0).Concat(ending))
        {
            var lines = (await cluster.OrchAsync("logs", pod.Name)).Lines;
            Assert.Equal(Enumerable.Range(1, lines.Count).Select(n => $"line {n}"), lines);
            Assert.NotEmpty(lines);
        }
    }
}
