using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>One cluster for all the tests that leave its hosts alone. Each of them has objects of its own.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    TestCluster? _cluster;

    public TestCluster Cluster => _cluster ?? throw new InvalidOperationException("the cluster is started before the first test");

    public async Task InitializeAsync() => _cluster = await TestCluster.StartAsync(hosts: 3, "--insecure-registry", $"{Lan.OuterAddress}:{Registry.Port}");

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class OnTheSharedCluster : ICollectionFixture<SharedCluster>
{
    public const string Name = "shared cluster";
}
