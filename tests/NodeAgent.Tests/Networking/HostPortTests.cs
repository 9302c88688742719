using System.Net;
using System.Net.Sockets;
using System.Text;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Networking.Policies;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Networking;

/// <summary>Connections to ports of the node that lead to pods.</summary>
public sealed class HostPortTests : IDisposable
{
    const string NodeAddress = "192.0.2.1";

    readonly TemporaryDirectory _directory = new();
    readonly List<IDisposable> _made = [];

    public void Dispose()
    {
        foreach (var made in Enumerable.Reverse(_made)) made.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_port_of_the_node_leads_to_its_pod_from_everywhere_and_the_pod_sees_its_client()
    {
        var (node, outside, ports) = await MakeAsync();
        var (web, other) = (node.Pod("web"), node.Pod("other"));
        Assert.Equal("ConnectionRefused", PodServer.Ask(outside.Path, NodeAddress, 8081));

        await ports.OpenAsync(new LocalPod(Asking("web", new ContainerPort { Port = 8080, HostPort = 8081 }), web.Address), CancellationToken.None);
        Assert.Equal("web sees 192.0.2.2", PodServer.Ask(outside.Path, NodeAddress, 8081));
        Assert.StartsWith("web sees ", PodServer.Ask(node.Host.Path, NodeAddress, 8081), StringComparison.Ordinal);
        Assert.Equal($"web sees {other.Address}", PodServer.Ask(other.Network, NodeAddress, 8081));
        Assert.StartsWith("web sees ", PodServer.Ask(web.Network, NodeAddress, 8081), StringComparison.Ordinal);
        Assert.Equal("ConnectionRefused", PodServer.Ask(outside.Path, NodeAddress, 8082));

        await ports.CloseAsync("web", CancellationToken.None);
        Assert.Equal("ConnectionRefused", PodServer.Ask(outside.Path, NodeAddress, 8081));
        Assert.DoesNotContain("orch_hostports", await node.Host.RunAsync("nft", "list", "tables"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_of_one_address_is_open_there_only_and_one_of_UDP_for_UDP_only()
    {
        var (node, outside, ports) = await MakeAsync();
        await node.Host.RunAsync("ip", "addr", "add", "192.0.2.3/24", "dev", "cable");
        var (one, two) = (node.Pod("one"), node.Pod("two"));
        await ports.OpenAsync(new LocalPod(Asking("one", new ContainerPort { Port = 8080, HostPort = 53, HostIP = "192.0.2.3" }), one.Address), CancellationToken.None);
        await ports.OpenAsync(new LocalPod(Asking("two", new ContainerPort { Port = 8080, HostPort = 53, Protocol = PortProtocol.UDP }), two.Address), CancellationToken.None);

        Assert.Equal("one sees 192.0.2.2", PodServer.Ask(outside.Path, "192.0.2.3", 53));
        Assert.Equal("ConnectionRefused", PodServer.Ask(outside.Path, NodeAddress, 53));
        Assert.Equal("two", AskUdp(outside, NodeAddress, 53));
        Assert.Equal("two", AskUdp(outside, "192.0.2.3", 53));
    }

    [Fact]
    public async Task After_a_restart_the_ports_of_the_pods_that_stand_are_open_and_no_others()
    {
        var (node, outside, ports) = await MakeAsync();
        var (stays, went) = (node.Pod("stays"), node.Pod("went"));
        LocalPod standing = new(Asking("stays", new ContainerPort { Port = 8080, HostPort = 8081 }), stays.Address);
        await ports.OpenAsync(standing, CancellationToken.None);
        await ports.OpenAsync(new LocalPod(Asking("went", new ContainerPort { Port = 8080, HostPort = 8082 }), went.Address), CancellationToken.None);

        using HostPorts again = new(node.Host.Namespace);
        await again.RestoreAsync([standing], CancellationToken.None);
        Assert.Equal("stays sees 192.0.2.2", PodServer.Ask(outside.Path, NodeAddress, 8081));
        Assert.Equal("ConnectionRefused", PodServer.Ask(outside.Path, NodeAddress, 8082));
    }

    async Task<(NodeUnderTest Node, Host Outside, HostPorts Ports)> MakeAsync()
    {
        var node = await NodeUnderTest.MakeAsync(_directory, "n1", _made);
        Host outside = new(_directory, "outside");
        _made.Add(outside);
        await Host.JoinAsync(node.Host, $"{NodeAddress}/24", outside, "192.0.2.2/24");
        HostPorts ports = new(node.Host.Namespace);
        _made.Add(ports);
        return (node, outside, ports);
    }

    static Pod Asking(string name, params ContainerPort[] ports) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = name },
        Spec = new PodSpec { Containers = [new Container { Name = "main", Image = "main", Ports = ports }] },
    };

    static string AskUdp(Host from, string address, int port)
    {
        using var socket = from.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 });
        socket.SendTo([0], new IPEndPoint(IPAddress.Parse(address), port));
        var buffer = new byte[100];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }
}
