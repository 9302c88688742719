using System.Globalization;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Bench;

/// <summary>Three orchd, each server, agent and ingress.</summary>
sealed class Ours(TestCluster cluster) : Candidate
{
    public TestCluster Cluster => cluster;

    public override string Name => "orchestrator";

    public override Lan Lan => cluster.Lan;

    public static async Task<Ours> StartAsync() => new(await TestCluster.StartAsync());

    public override Task DeployAsync(string service, int replicas, LanHost? on = null) => cluster.ApplyAsync(Manifest(service, replicas, on));

    public override Task ScaleAsync(string service, int replicas) => cluster.OrchAsync("scale", $"deployment/{service}", "--replicas", replicas.ToString(CultureInfo.InvariantCulture));

    public override Task DeleteAsync(string service) => cluster.OrchAsync("delete", $"deployment/{service}");

    public override async Task<LanHost> ReadyAsync()
    {
        while (await cluster.ReadyNodesAsync() < cluster.Hosts.Count) await Task.Delay(100);
        return await cluster.SomeLeaderAsync();
    }

    public override IReadOnlyList<int> Shims() => [.. cluster.Hosts.SelectMany(host => Leftovers.ProcessesNaming($"{host.RunDirectory}/pods/"))];

    public override IReadOnlyList<int> Daemons(LanHost host) => Leftovers.ProcessesNaming(host.DataDirectory);

    public override ValueTask DisposeAsync() => cluster.DisposeAsync();

    static string Manifest(string service, int replicas, LanHost? on) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{service}}
        spec:
          replicas: {{replicas}}
          selector:
            matchLabels:
              app: {{service}}
          template:
            metadata:
              labels:
                app: {{service}}
            spec:
              terminationGracePeriodSeconds: 0
              {{(on is null ? "" : $"nodeSelector: {{kubernetes.io/hostname: {on.Name}}}")}}
              containers:
                - name: main
                  image: {{TestImage.Hello.Name}}
                  command: [{{string.Join(", ", Command(service).Select(word => $"\"{word}\""))}}]
        """;
}
