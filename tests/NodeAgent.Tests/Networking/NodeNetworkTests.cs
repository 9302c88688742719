using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Networking;

/// <summary>
/// The pod network on machines made of namespaces: nothing here leaves them.
/// </summary>
public sealed class NodeNetworkTests : IDisposable
{
    static readonly AddressRange Cluster = AddressRange.Parse("10.244.0.0/16");
    readonly TemporaryDirectory _directory = new();
    readonly List<IDisposable> _made = [];

    public void Dispose()
    {
        foreach (var made in _made)
            made.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Pods_reach_each_other_on_one_node_and_across_two()
    {
        var (one, two) = await TwoMachinesAsync();
        var a = await NodeAsync(one, "a", "10.244.1.0/24", new NetworkPeer("b", IPAddress.Parse("192.0.2.2"), AddressRange.Parse("10.244.2.0/24")));
        var b = await NodeAsync(two, "b", "10.244.2.0/24", new NetworkPeer("a", IPAddress.Parse("192.0.2.1"), AddressRange.Parse("10.244.1.0/24")));
        var (first, firstAddress) = a.Attach("p1");
        var (second, secondAddress) = a.Attach("p2");
        var (third, thirdAddress) = b.Attach("p3");

        await PingAsync(first, secondAddress);
        await PingAsync(second, thirdAddress);
        await PingAsync(third, firstAddress);
        await one.RunAsync("busybox", "ping", "-c", "1", "-W", "5", thirdAddress.ToString());
    }

    [Fact]
    public async Task An_address_of_a_pod_that_is_gone_is_unreachable_and_never_leaves_by_another_route()
    {
        var machine = Machine("m");
        var node = await NodeAsync(machine, "a", "10.244.1.0/24");
        (var pod, _) = node.Attach("p1");

        using var socket = new NetworkNamespace(pod.Network).Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        var e = await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(IPAddress.Parse("10.244.9.9"), 80));

        Assert.Equal(SocketError.HostUnreachable, e.SocketErrorCode);
        Assert.Contains("unreachable 10.244.0.0/16", await machine.RunAsync("ip", "route"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_leaves_the_pods_range_carries_the_nodes_address_and_what_stays_in_it_does_not()
    {
        var (one, two) = await TwoMachinesAsync();
        var a = await NodeAsync(one, "a", "10.244.1.0/24", new NetworkPeer("b", IPAddress.Parse("192.0.2.2"), AddressRange.Parse("10.244.2.0/24")));
        var b = await NodeAsync(two, "b", "10.244.2.0/24", new NetworkPeer("a", IPAddress.Parse("192.0.2.1"), AddressRange.Parse("10.244.1.0/24")));
        var (first, firstAddress) = a.Attach("p1");
        (_, var other) = b.Attach("p2");
        await two.RunAsync("nft", "add table ip watch; add chain ip watch in { type filter hook prerouting priority -300; }; "
            + $"add rule ip watch in ip saddr 192.0.2.1 ip daddr 192.0.2.2 counter; add rule ip watch in ip saddr {firstAddress} ip daddr {other} counter");

        await PingAsync(first, IPAddress.Parse("192.0.2.2"));
        await PingAsync(first, other);

        var seen = await two.RunAsync("nft", "list", "table", "ip", "watch");
        Assert.Equal(2, seen.Split('\n').Count(line => line.Contains("counter packets", StringComparison.Ordinal) && !line.Contains("packets 0 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Everything_can_be_done_again_and_stays_as_it_is()
    {
        var machine = Machine("m");
        NetworkPeer peer = new("b", IPAddress.Parse("192.0.2.9"), AddressRange.Parse("10.244.2.0/24"));
        await PlugInAsync(machine);
        var node = await NodeAsync(machine, "a", "10.244.1.0/24", peer);
        var (pod, address) = node.Attach("p1");
        var before = await StateAsync(machine);

        var again = await NodeAsync(machine, "a", "10.244.1.0/24", peer);
        (_, var same) = again.Attach("p1");

        Assert.Equal(address, same);
        Assert.Equal(before, await StateAsync(machine));
        await PingAsync(pod, IPAddress.Parse("10.244.1.1"));
    }

    [Fact]
    public async Task Routes_follow_the_nodes_that_there_are()
    {
        var machine = Machine("m");
        await PlugInAsync(machine);
        await NodeAsync(machine, "a", "10.244.1.0/24",
            new NetworkPeer("b", IPAddress.Parse("192.0.2.2"), AddressRange.Parse("10.244.2.0/24")),
            new NetworkPeer("c", IPAddress.Parse("192.0.2.3"), AddressRange.Parse("10.244.3.0/24")));

        var node = await NodeAsync(machine, "a", "10.244.1.0/24",
            new NetworkPeer("c", IPAddress.Parse("192.0.2.4"), AddressRange.Parse("10.244.3.0/24")),
            new NetworkPeer("d", IPAddress.Parse("198.51.100.1"), AddressRange.Parse("10.244.4.0/24")));

        var routes = await machine.RunAsync("ip", "route");
        Assert.DoesNotContain("10.244.2.0/24", routes, StringComparison.Ordinal);
        Assert.Contains("10.244.3.0/24 via 192.0.2.4", routes, StringComparison.Ordinal);
        Assert.Contains("10.244.4.0/24 via 10.244.4.0 dev orch0x", routes, StringComparison.Ordinal);
        Assert.Empty(node.Problems);
    }

    [Fact]
    public async Task A_detached_pod_leaves_no_interface_and_no_address()
    {
        var machine = Machine("m");
        var node = await NodeAsync(machine, "a", "10.244.1.0/24");
        (var pod, _) = node.Attach("p1");

        node.Network.Detach("p1");
        pod.Remove();
        node.Network.Detach("p1");
        Assert.Equal(["p1"], node.Network.Resting());
        node.Network.Release("p1");

        Assert.DoesNotContain(NodeNetwork.InterfaceName("p1"), await machine.RunAsync("ip", "link"), StringComparison.Ordinal);
        Assert.Null(node.Addresses.Find("p1"));
        Assert.DoesNotContain(pod.Directory, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4_000_000L, null)]
    [InlineData(null, 4_000_000L)]
    public async Task A_pod_receives_and_sends_no_faster_than_it_may(long? receives, long? sends)
    {
        const int Bytes = 1_000_000, Burst = 64 << 10;
        var node = await NodeAsync(Machine("m"), "a", "10.244.1.0/24");
        var namespaces = node.Namespaces("p1");
        namespaces.Make("p1", hostNetwork: false);
        var address = node.Network.Attach("p1", namespaces, node.Range, new Bandwidth(receives, sends));
        var (other, _) = node.Attach("p2");
        using var listener = new NetworkNamespace(namespaces.Network).Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Any, 8080));
        listener.Listen();
        using var client = new NetworkNamespace(other.Network).Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await client.ConnectAsync(address, 8080);
        using var inside = await listener.AcceptAsync();
        var (from, to) = receives is null ? (inside, client) : (client, inside);

        var clock = Stopwatch.StartNew();
        var sending = from.SendAsync(new byte[Bytes]);
        var buffer = new byte[64 << 10];
        for (var got = 0; got < Bytes;) got += await to.ReceiveAsync(buffer);
        await sending;
        Assert.True(clock.Elapsed >= TimeSpan.FromSeconds((Bytes - Burst) * 8.0 / 4_000_000), $"{clock.Elapsed}"); // never sooner, however fast the machine
    }

    sealed record Node(NodeNetwork Network, AddressPool Addresses, AddressRange Range, IReadOnlyList<string> Problems, Func<string, PodNamespaces> Namespaces)
    {
        public (PodNamespaces Namespaces, IPAddress Address) Attach(string uid)
        {
            var namespaces = Namespaces(uid);
            namespaces.Make(uid, hostNetwork: false);
            return (namespaces, Network.Attach(uid, namespaces, Range));
        }
    }

    async Task<Node> NodeAsync(Host host, string name, string range, params NetworkPeer[] peers)
    {
        AddressPool addresses = new(_directory[name + "-addresses"]);
        NodeNetwork network = new(host.Namespace, addresses, "orch0");
        var own = AddressRange.Parse(range);
        var problems = await network.ConfigureAsync(new ClusterNetwork(Cluster, own, peers), CancellationToken.None);
        return new Node(network, addresses, own, problems, uid => new PodNamespaces(_directory[$"{name}-{uid}"]));
    }

    async Task<(Host, Host)> TwoMachinesAsync()
    {
        var one = Machine("one");
        var two = Machine("two");
        await Host.JoinAsync(one, "192.0.2.1/24", two, "192.0.2.2/24");
        return (one, two);
    }

    // A network card with the machine's address; nobody is at the other end.
    static async Task PlugInAsync(Host machine)
    {
        await machine.RunAsync("ip", "link", "add", "out", "type", "veth", "peer", "name", "wall");
        await machine.RunAsync("ip", "addr", "add", "192.0.2.1/24", "dev", "out");
        await machine.RunAsync("ip", "link", "set", "wall", "up");
        await machine.RunAsync("ip", "link", "set", "out", "up");
    }

    Host Machine(string name)
    {
        Host host = new(_directory, name);
        _made.Add(host);
        return host;
    }

    // Without what the kernel settles in its own time: carrier, and the checks of IPv6 addresses it gives itself.
    static async Task<string> StateAsync(Host host)
    {
        const int name = 0, mac = 2;
        var links = (await host.RunAsync("ip", "-br", "link")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(fields => $"{fields[name]} {fields[mac]}");
        string[] parts = [await host.RunAsync("ip", "-o", "-4", "addr"), await host.RunAsync("ip", "-4", "route"), await host.RunAsync("nft", "list", "ruleset"), .. links];
        return string.Join('\n', parts);
    }

    static Task<string> PingAsync(PodNamespaces from, IPAddress to) =>
        Given.RunAsync("nsenter", $"--net={from.Network}", "busybox", "ping", "-c", "1", "-W", "5", to.ToString());
}
