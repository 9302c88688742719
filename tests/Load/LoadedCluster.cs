using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.Load.Running;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Load;

/// <summary>A cluster of three real hosts in a network of its own, and the clients that load it from beside them.</summary>
public sealed class LoadedCluster : IAsyncDisposable
{
    const int ApiPort = 6440, Hosts = 3;

    static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    readonly List<GrpcChannel> _channels = [];
    readonly HttpClient _web;

    LoadedCluster(TestCluster cluster)
    {
        Cluster = cluster;
        var context = Contexts.Parse(File.ReadAllText(Path.Combine(cluster.Hosts[0].DataDirectory, "admin.json"))).ByName.Values.First();
        var credential = Credential.FromPem(context.Certificate!, context.Key!, context.Roots!); // a server has written them
        foreach (var host in cluster.Hosts)
        {
            var handler = cluster.Lan.Outer.Handler();
            handler.SslOptions = credential.ForAsking(credential.IsServer);
            handler.EnableMultipleHttp2Connections = true;
            _channels.Add(GrpcChannel.ForAddress($"https://{host.Address}:{ApiPort}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }));
        }

        _web = new HttpClient(cluster.Lan.Outer.Handler()) { Timeout = RequestTimeout };
    }

    public TestCluster Cluster { get; }

    public static async Task<LoadedCluster> StartAsync() => new(await TestCluster.StartAsync(Hosts));

    /// <summary>The API of one server or another, each in turn.</summary>
    public Contracts.Cluster.ClusterClient Api(long number) => new(_channels[(int)(number % _channels.Count)]);

    public static CallOptions Options(CancellationToken token) => new(deadline: DateTime.UtcNow + RequestTimeout, cancellationToken: token);

    /// <summary>A page of a site through the ingress of a host.</summary>
    public async Task<Outcome> PageAsync(LanHost host, string site, CancellationToken token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{host.Address}/") { Headers = { Host = site } };
        using var answer = await _web.SendAsync(request, token);
        var text = await answer.Content.ReadAsStringAsync(token);
        return answer.StatusCode == HttpStatusCode.OK && text.Length > 0 ? Outcome.Good : Outcome.Failed($"status {(int)answer.StatusCode}");
    }

    /// <summary>A site of so many pods that is served by all hosts.</summary>
    public async Task ServeAsync(string name, int replicas)
    {
        await Cluster.ApplyAsync(Manifests.Site(name, replicas));
        await Cluster.OrchAsync("rollout", "status", $"deployment/{name}", "--timeout", "60s");
        foreach (var host in Cluster.Hosts) await Cluster.HoldsAsync(async () => await Cluster.StatusOfPageAsync(host, $"{name}.example") == "200", $"the page through {host.Name}");
    }

    public async ValueTask DisposeAsync()
    {
        _web.Dispose();
        foreach (var channel in _channels) channel.Dispose();
        await Cluster.DisposeAsync();
    }
}
