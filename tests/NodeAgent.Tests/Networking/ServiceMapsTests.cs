using System.Net;
using System.Net.Sockets;
using System.Text;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Networking;

/// <summary>Connections through services, between namespaces that play machines and pods.</summary>
public sealed class ServiceMapsTests : IDisposable
{
    internal const string Vip = "10.96.0.7";
    readonly TemporaryDirectory _directory = new();
    readonly List<IDisposable> _made = [];

    public void Dispose()
    {
        foreach (var made in Enumerable.Reverse(_made)) made.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_service_is_reached_from_its_own_pods_their_neighbours_and_the_node_and_the_pod_sees_its_client()
    {
        var node = await NodeAsync("n1");
        var (a, b) = (node.Pod("a"), node.Pod("b"));
        await node.SetAsync(Web(), Slice(a.Address));

        Assert.Equal($"a sees {b.Address}", PodServer.Ask(b.Network, Vip, 80));
        Assert.StartsWith("a sees 10.244.1.1", PodServer.Ask(node.Host.Namespace.Path!, Vip, 80), StringComparison.Ordinal);
        Assert.StartsWith("a sees ", PodServer.Ask(a.Network, Vip, 80), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_go_to_all_pods_and_never_to_one_that_was_withdrawn()
    {
        var node = await NodeAsync("n1");
        var pods = new[] { node.Pod("a"), node.Pod("b"), node.Pod("c") };
        var client = node.Pod("client");
        await node.SetAsync(Web(), Slice([.. pods.Select(pod => pod.Address)]));
        Assert.Equal(["a", "b", "c"], Answers(client, 60));

        await node.SetAsync(Web(), Slice(pods[0].Address, pods[2].Address));
        Assert.Equal(["a", "c"], Answers(client, 40));

        await node.SetAsync(Web(), Slice());
        Assert.Equal(["ConnectionRefused"], Answers(client, 3));
        await node.SetAsync(Web(), Slice(pods[1].Address));
        Assert.Equal(["b"], Answers(client, 5));
    }

    [Fact]
    public async Task An_address_or_a_port_that_no_service_has_is_refused_at_once()
    {
        var node = await NodeAsync("n1");
        var pod = node.Pod("a");
        await node.SetAsync(Web(), Slice(pod.Address));

        Assert.Equal("ConnectionRefused", PodServer.Ask(pod.Network, Vip, 81));
        Assert.Equal("ConnectionRefused", PodServer.Ask(pod.Network, "10.96.9.9", 80));
        Assert.Equal("ConnectionRefused", PodServer.Ask(node.Host.Namespace.Path!, "10.96.9.9", 80));
    }

    [Fact]
    public async Task A_client_stays_with_its_pod_while_that_is_there_and_gets_another_one_then()
    {
        var node = await NodeAsync("n1");
        var pods = new[] { node.Pod("a"), node.Pod("b"), node.Pod("c") };
        var client = node.Pod("client");
        var sticky = Web() with { Spec = Web().Spec with { SessionAffinity = SessionAffinity.ClientIP } };
        await node.SetAsync(sticky, Slice([.. pods.Select(pod => pod.Address)]));

        var chosen = Assert.Single(Answers(client, 20));
        await node.SetAsync(sticky, Slice([.. pods.Where(pod => pod.Name != chosen).Select(pod => pod.Address)]));

        var next = Assert.Single(Answers(client, 20));
        Assert.NotEqual(chosen, next);
    }

    [Fact]
    public async Task A_node_port_leads_to_pods_of_other_nodes_too_and_with_a_local_policy_the_client_is_seen()
    {
        var node = await NodeAsync("n1");
        var client = new Host(_directory, "client");
        _made.Add(client);
        await Host.JoinAsync(node.Host, "192.0.2.1/24", client, "192.0.2.9/24");
        var pod = node.Pod("a");
        var onNodes = Web() with { Spec = Web().Spec with { Type = ServiceType.NodePort, Ports = [new ServicePort { Port = 80, TargetPort = 8080, NodePort = 30080 }] } };
        await node.SetAsync(onNodes, Slice(pod.Address));
        Assert.Equal("a sees 10.244.1.1", PodServer.Ask(client.Namespace.Path!, "192.0.2.1", 30080));

        var local = onNodes with { Spec = onNodes.Spec with { ExternalTrafficPolicy = TrafficPolicy.Local } };
        await node.SetAsync(local, Slice(pod.Address));
        Assert.Equal("a sees 192.0.2.9", PodServer.Ask(client.Namespace.Path!, "192.0.2.1", 30080));

        await node.SetAsync(local, OnNode("elsewhere", Slice(pod.Address)));
        Assert.Equal("ConnectionRefused", PodServer.Ask(client.Namespace.Path!, "192.0.2.1", 30080));
        Assert.Equal("a", PodServer.Ask(pod.Network, Vip, 80).Split(' ')[0]);
    }

    [Fact]
    public async Task A_udp_client_that_goes_on_sending_is_led_on_when_its_pod_is_withdrawn()
    {
        var node = await NodeAsync("n1");
        var (a, b, client) = (node.Pod("a"), node.Pod("b"), node.Pod("client"));
        var udp = Web() with { Spec = Web().Spec with { Ports = [new ServicePort { Port = 80, TargetPort = 8080, Protocol = PortProtocol.UDP }] } };
        await node.SetAsync(udp, Udp(Slice(a.Address)));
        using var socket = new NetworkNamespace(client.Network).Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.ReceiveTimeout = 5000;
        socket.Connect(IPAddress.Parse(Vip), 80);
        Assert.Equal("a", Exchange(socket));

        await node.SetAsync(udp, Udp(Slice(b.Address)));

        Assert.Equal("b", Exchange(socket));
    }

    [Fact]
    public async Task Ten_thousand_services_stand_and_a_change_of_one_leaves_the_others()
    {
        var node = await NodeAsync("n1");
        var pod = node.Pod("a");
        List<Resource> all = [];
        for (var i = 0; i < 10_000; i++)
        {
            var service = Web() with { Metadata = new ObjectMeta { Name = $"s{i}", Namespace = "default" }, Spec = Web().Spec with { ClusterIp = $"10.96.{100 + (i / 250)}.{1 + (i % 250)}" } };
            var targets = Enumerable.Range(0, 4).Select(each => $"10.244.{9 + each}.{1 + (i % 250)}").Append(pod.Address).ToArray();
            all.Add(service);
            all.Add(Slice(targets) with { Metadata = new ObjectMeta { Name = $"s{i}-0", Namespace = "default", Labels = new Dictionary<string, string> { [EndpointSlice.ServiceLabel] = $"s{i}" } } });
        }

        await node.SetAsync([.. all]);
        await node.SetAsync(((EndpointSlice)all[1]) with { Endpoints = Slice(pod.Address).Endpoints });

        Assert.Equal("a", PodServer.Ask(pod.Network, "10.96.100.1", 80).Split(' ')[0]);
        var elements = await node.Host.RunAsync("sh", "-c", "nft list map ip orch_services backends | tr ',' '\\n' | grep -c ' : 10[.]'");
        Assert.Equal(50_000 - 4, int.Parse(elements.Trim(), System.Globalization.CultureInfo.InvariantCulture));
    }

    static string Exchange(Socket socket)
    {
        socket.Send("hello"u8);
        var buffer = new byte[100];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }

    static List<string> Answers(PodOnNode client, int tries) =>
        [.. Enumerable.Range(0, tries).Select(_ => PodServer.Ask(client.Network, Vip, 80).Split(' ')[0]).Distinct().Order(StringComparer.Ordinal)];

    internal static Service Web() => new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
        Spec = new ServiceSpec { ClusterIp = Vip, Ports = [new ServicePort { Port = 80, TargetPort = 8080 }] },
    };

    internal static EndpointSlice Slice(params string[] addresses) => new()
    {
        Metadata = new ObjectMeta { Name = "web-0", Namespace = "default", Labels = new Dictionary<string, string> { [EndpointSlice.ServiceLabel] = "web" } },
        Ports = [new EndpointPort { Port = 8080 }],
        Endpoints = [.. addresses.Select(address => new Endpoint { Addresses = [address], NodeName = "n1" })],
    };

    static EndpointSlice OnNode(string node, EndpointSlice slice) => slice with { Endpoints = [.. slice.Endpoints.Select(each => each with { NodeName = node })] };

    static EndpointSlice Udp(EndpointSlice slice) => slice with { Ports = [new EndpointPort { Port = 8080, Protocol = PortProtocol.UDP }] };

    Task<NodeUnderTest> NodeAsync(string name) => NodeUnderTest.MakeAsync(_directory, name, _made);
}
