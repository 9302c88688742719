using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Services with an address of the hosts' own link, as a machine on that link sees them.</summary>
public sealed class LoadBalancerTests
{
    const string Address = "10.88.0.200";

    [Fact]
    public async Task A_service_is_reached_at_its_address_and_still_is_when_the_host_that_answers_for_it_dies_or_shall_not_any_more()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 3);
        await cluster.ApplyAsync(Given.Site("balanced", replicas: 3));
        await cluster.ApplyAsync($$"""
            apiVersion: metallb.io/v1beta1
            kind: IPAddressPool
            metadata: {name: link}
            spec: {addresses: ["{{Address}}-{{Address}}"]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: outside}
            spec:
              type: LoadBalancer
              selector: {app: balanced}
              ports: [{name: web, port: 8888, targetPort: 8080}]
            """);
        await PodView.ReadyAsync(cluster, "balanced", 3);
        await cluster.HoldsAsync(AnswersAsync, "an answer at the address");
        Assert.Contains($" {Address} ", (await cluster.OrchAsync("get", "svc", "outside")).Lines[1], StringComparison.Ordinal);
        var first = await AnnouncerAsync() ?? throw new InvalidOperationException("somebody answered");

        await cluster.OrchAsync("label", $"node/{first.Name}", "node.kubernetes.io/exclude-from-external-load-balancers=");
        await cluster.HoldsAsync(async () => await AnnouncerAsync() is { } other && other != first && await AnswersAsync(), "another host answers");
        await cluster.HoldsAsync(async () => !await HasAsync(first), "the one before has it no more");
        var second = await AnnouncerAsync() ?? throw new InvalidOperationException("somebody answered");

        await second.KillAsync();
        await cluster.HoldsAsync(async () => await AnnouncerAsync() is { } third && third != first && third != second && await AnswersAsync(), "a third host answers");
        // Nobody is there to take it from the dead one: it was only lent.
        await cluster.HoldsAsync(async () => !await HasAsync(second), "the dead host has it no more");

        async Task<bool> AnswersAsync() => (await Shell.TryAsync(cluster.Lan.Outer.Enter(["curl", "-s", "-m", "2", $"http://{Address}:8888/"]))).Output.StartsWith("Hello from pod balanced-", StringComparison.Ordinal);

        async Task<LanHost?> AnnouncerAsync()
        {
            var name = (await cluster.ListAsync("svc")).Where(service => (string)service["metadata"]!["name"]! == "outside").Select(service => (string?)service["status"]?["announcedBy"]).FirstOrDefault();
            return cluster.Hosts.FirstOrDefault(host => host.Name == name);
        }

        async Task<bool> HasAsync(LanHost host) => (await host.Namespace.TryAsync("ip", "-4", "address", "show", "to", Address)).Output.Contains(Address, StringComparison.Ordinal);
    }
}
