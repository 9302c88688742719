using System.Net;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Networking;

/// <summary>Nodes on different links, with a router between them that knows nothing of pods.</summary>
public sealed class TunnelTests : IDisposable
{
    static readonly AddressRange Cluster = AddressRange.Parse("10.244.0.0/16");
    static readonly NetworkPeer A = new("a", IPAddress.Parse("192.0.2.1"), AddressRange.Parse("10.244.1.0/24"));
    static readonly NetworkPeer B = new("b", IPAddress.Parse("198.51.100.1"), AddressRange.Parse("10.244.2.0/24"));
    static readonly NetworkPeer C = new("c", IPAddress.Parse("198.51.100.3"), AddressRange.Parse("10.244.3.0/24"));

    readonly TemporaryDirectory _directory = new();
    readonly List<IDisposable> _made = [];

    public void Dispose()
    {
        foreach (var made in Enumerable.Reverse(_made)) made.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Pods_and_machines_reach_pods_behind_a_router_and_are_seen_by_their_own_address()
    {
        var (one, two) = await MachinesAsync();
        var a = await NodeAsync(one, A, A, B);
        var b = await NodeAsync(two, B, A, B);
        var (near, nearAddress) = Attach(a, A, "p1");
        var (far, farAddress) = Attach(b, B, "p2");
        _made.Add(new PodServer("far", far, 8080));

        await PingAsync(near, farAddress);
        await PingAsync(far, nearAddress);
        await one.RunAsync("busybox", "ping", "-c", "1", "-W", "5", farAddress.ToString());
        Assert.Equal($"far sees {nearAddress}", PodServer.Ask(near.Network, farAddress.ToString(), 8080));
    }

    [Fact]
    public async Task What_fits_the_link_fits_the_tunnel()
    {
        var (one, two) = await MachinesAsync();
        var (near, _) = Attach(await NodeAsync(one, A, A, B), A, "p1");
        var (_, farAddress) = Attach(await NodeAsync(two, B, A, B), B, "p2");

        Assert.Contains("mtu 1450", await InAsync(near, "ip", "link", "show", "eth0"), StringComparison.Ordinal);
        const int Heads = 28; // IPv4 and ICMP
        await InAsync(near, "busybox", "ping", "-c", "1", "-W", "5", "-s", $"{1450 - Heads}", farAddress.ToString());
        await InAsync(near, "busybox", "ping", "-c", "1", "-W", "5", "-s", "4000", farAddress.ToString());
    }

    [Fact]
    public async Task A_small_link_makes_small_interfaces_and_no_tunnel_leaves_the_link_its_size()
    {
        var (one, _) = await MachinesAsync();
        await one.RunAsync("ip", "link", "set", "up0", "mtu", "1400");
        var (pod, _) = Attach(await NodeAsync(one, A, A), A, "p1");
        Assert.Contains("mtu 1400", await InAsync(pod, "ip", "link", "show", "eth0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tunnel_reaches_the_nodes_that_there_are_and_goes_with_the_last_one()
    {
        var (one, _) = await MachinesAsync();
        await NodeAsync(one, A, A, B, C);
        Assert.Equal(["198.51.100.1", "198.51.100.3"], await EndsAsync(one));

        await NodeAsync(one, A, A, C with { Address = IPAddress.Parse("198.51.100.4") });
        Assert.Equal(["198.51.100.4"], await EndsAsync(one));
        Assert.DoesNotContain("10.244.2.0", await one.RunAsync("ip", "neighbour"), StringComparison.Ordinal);

        // On the link itself: the plain route takes over.
        await NodeAsync(one, A, A, C with { Address = IPAddress.Parse("192.0.2.3") });
        Assert.Contains("10.244.3.0/24 via 192.0.2.3", await one.RunAsync("ip", "route"), StringComparison.Ordinal);
        Assert.DoesNotContain("orch0x", await one.RunAsync("ip", "link"), StringComparison.Ordinal);
    }

    static async Task<List<string>> EndsAsync(Host host) =>
        [.. (await host.RunAsync("bridge", "fdb", "show", "dev", "orch0x")).Split('\n').Where(line => line.Contains(" dst ", StringComparison.Ordinal)).Select(line => line.Split(" dst ")[1].Split(' ')[0]).Order(StringComparer.Ordinal)];

    static Task<string> InAsync(PodNamespaces pod, params string[] command) => Given.RunAsync(["nsenter", $"--net={pod.Network}", .. command]);

    static Task<string> PingAsync(PodNamespaces from, IPAddress to) => InAsync(from, "busybox", "ping", "-c", "1", "-W", "5", to.ToString());

    (PodNamespaces Pod, IPAddress Address) Attach(NodeNetwork network, NetworkPeer node, string uid)
    {
        PodNamespaces pod = new(_directory[uid]);
        pod.Make(uid, hostNetwork: false);
        _made.Add(new Gone(pod));
        return (pod, network.Attach(uid, pod, node.PodRange));
    }

    async Task<NodeNetwork> NodeAsync(Host host, NetworkPeer own, params NetworkPeer[] all)
    {
        NodeNetwork network = new(host.Namespace, new AddressPool(_directory[own.Name + "-addresses"]), "orch0");
        Assert.Empty(await network.ConfigureAsync(new ClusterNetwork(Cluster, own.PodRange, all), CancellationToken.None));
        return network;
    }

    async Task<(Host One, Host Two)> MachinesAsync()
    {
        Host one = new(_directory, "one"), two = new(_directory, "two"), router = new(_directory, "router");
        _made.AddRange([one, two, router]);
        await router.RunAsync("busybox", "sysctl", "-w", "net.ipv4.ip_forward=1");
        await PlugInAsync(router, one, "to-one", "192.0.2.254", "192.0.2.1");
        await PlugInAsync(router, two, "to-two", "198.51.100.254", "198.51.100.1");
        return (one, two);
    }

    static async Task PlugInAsync(Host router, Host machine, string port, string gateway, string address)
    {
        await router.RunAsync("ip", "link", "add", port, "type", "veth", "peer", "name", "up0", "netns", machine.Path);
        await router.RunAsync("ip", "addr", "add", gateway + "/24", "dev", port);
        await router.RunAsync("ip", "link", "set", port, "up");
        await machine.RunAsync("ip", "addr", "add", address + "/24", "dev", "up0");
        await machine.RunAsync("ip", "link", "set", "up0", "up");
        await machine.RunAsync("ip", "route", "add", "default", "via", gateway);
    }

    sealed class Gone(PodNamespaces pod) : IDisposable
    {
        public void Dispose() => pod.Remove();
    }
}
