using System.Globalization;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>
/// Hosts, servers, containers and cables fail one after the other, as a seed says. Each time the cluster comes back to exactly what it should run; and a witness outside of it sees that no
/// numbered pod of a StatefulSet ever runs twice. ORCH_CASES says how many failures; ORCH_SEED repeats a run.
/// </summary>
public sealed class ChaosTests
{
    const int Replicas = 4, Numbered = 3;

    static readonly TimeSpan Settling = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Whatever_fails_the_cluster_comes_back_to_what_it_should_run_and_nothing_ever_runs_twice_that_must_not()
    {
        var failures = int.Parse(Environment.GetEnvironmentVariable("ORCH_CASES") ?? "8", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("ORCH_SEED") ?? Random.Shared.Next(1_000_000).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var random = new Random(seed);
        await using var cluster = await TestCluster.StartAsync(options: ["--node-lease", "6"]);
        await cluster.OrchAsync("image", "import", await TestImage.Backend.ArchiveAsync());
        var witness = Directory.CreateDirectory(Path.Combine(cluster.Lan.Directory, "witness")).FullName;
        await cluster.ApplyAsync(Given.Site("many", Replicas));
        await cluster.ApplyAsync(Witnessed(witness));
        List<string> told = [];
        await SettledAsync("the beginning");
        for (var number = 0; number < failures; number++)
        {
            var host = cluster.Hosts[random.Next(cluster.Hosts.Count)];
            var what = $"seed {seed}, failure {number + 1}: {await FailAsync(random.Next(6), host)}";
            told.Add(what);
            await SettledAsync(what);
        }

        // It has seen every start, and would have seen a double.
        Assert.All(Enumerable.Range(0, Numbered), pod => Assert.NotEmpty(File.ReadAllLines(Path.Combine(witness, $"single-{pod}.runs"))));

        async Task<string> FailAsync(int kind, LanHost host)
        {
            switch (kind)
            {
                case 0:
                    await host.KillAsync();
                    cluster.Start(host);
                    return $"orchd of {host.Name} killed";
                case 1:
                    var leader = await cluster.SomeLeaderAsync();
                    await leader.KillAsync();
                    await cluster.HoldsAsync(async () => await cluster.LeaderAsync() is { } other && other != leader, "another leader");
                    cluster.Start(leader);
                    return $"{leader.Name}, which led, killed until another one did";
                case 2:
                    await host.CutPowerAsync();
                    await LostAsync(host);
                    await cluster.Lan.ConnectAsync(host, connected: true);
                    cluster.Start(host);
                    return $"{host.Name} without power until it was missed";
                case 3:
                    await cluster.Lan.ConnectAsync(host, connected: false);
                    await LostAsync(host);
                    await cluster.Lan.ConnectAsync(host, connected: true);
                    return $"{host.Name} cut off until it was missed";
                case 4:
                    for (var turn = 0; turn < 5; turn++)
                    {
                        await cluster.Lan.ConnectAsync(host, connected: false);
                        await cluster.Lan.ConnectAsync(host, connected: true);
                    }

                    return $"{host.Name} cut off five times for a moment";
                default:
                    var containers = host.Containers();
                    if (containers.Count > 0) Signals.Send(containers[random.Next(containers.Count)], RunningProgram.Kill);
                    return $"a container of {host.Name} killed";
            }
        }

        Task LostAsync(LanHost host) => cluster.HoldsAsync(async () =>
            (await cluster.TryOrchAtAsync(cluster.Hosts.First(other => other != host), "get", "nodes", "--no-headers")).Lines.Any(line => line.StartsWith($"{host.Name} ", StringComparison.Ordinal) && line.Contains("NotReady", StringComparison.Ordinal)),
            $"{host.Name} to be missed");

        async Task SettledAsync(string after)
        {
            var began = DateTime.UtcNow;
            while (await TroubleAsync() is { } trouble)
            {
                if (DateTime.UtcNow - began > Settling) Assert.Fail($"after {after}: {trouble}\nbefore: {string.Join("\n", told)}\n{cluster.Lan.LogTails()}");
                await Task.Yield();
            }

            var doubles = Path.Combine(witness, "doubles");
            Assert.False(File.Exists(doubles), File.Exists(doubles) ? $"after {after}: {File.ReadAllText(doubles)}" : "");
        }

        // Exactly what there should be, seen by orch and by the cgroups of the hosts.
        async Task<string?> TroubleAsync()
        {
            if (await cluster.ReadyNodesAsync() != cluster.Hosts.Count) return "not all nodes are ready";
            var pods = (await PodView.OfAppAsync(cluster, "many")).Concat(await PodView.OfAppAsync(cluster, "single")).ToList();
            if (pods.Count != Replicas + Numbered || !pods.All(pod => pod.Ready && !pod.GoesAway)) return $"pods: {string.Join(", ", pods)}";
            foreach (var pod in pods)
            {
                var hosts = cluster.Hosts.Where(host => host.Containers(pod.Uid).Count > 0).ToList();
                if (hosts.Count != 1 || hosts[0].Name != pod.Node) return $"{pod.Name} of {pod.Node} runs on {string.Join(", ", hosts.Select(host => host.Name))}";
            }

            var processes = cluster.Hosts.Sum(host => host.Containers().Count);
            var theirs = pods.Sum(pod => cluster.Hosts.Sum(host => host.Containers(pod.Uid).Count));
            return processes == theirs ? null : $"{processes - theirs} processes of no pod";
        }
    }

    static string Witnessed(string directory) => $"""
        apiVersion: apps/v1
        kind: StatefulSet
        metadata:
          name: single
        spec:
          replicas: {Numbered}
          serviceName: single
          podManagementPolicy: Parallel
          selector:
            matchLabels:
              app: single
          template:
            metadata:
              labels:
                app: single
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: witness
                  image: {TestImage.Backend.Name}
                  command: [/bin/backend, witness, /witness]
                  resources:
                    requests:
                      cpu: 10m
                      memory: 8Mi
                  volumeMounts:
                    - name: witness
                      mountPath: /witness
              volumes:
                - name: witness
                  hostPath:
                    path: {directory}
        """;
}
