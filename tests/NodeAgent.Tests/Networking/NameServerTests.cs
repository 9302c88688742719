using System.Net;
using System.Net.Sockets;
using System.Text;
using ARSoft.Tools.Net.Dns;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Services;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Networking.Names;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Networking;

/// <summary>A node's name server, asked over sockets from a pod's network.</summary>
public sealed class NameServerTests : IAsyncLifetime, IDisposable
{
    static readonly AddressRange Range = AddressRange.Parse("10.244.1.0/24"), AllPods = AddressRange.Parse("10.244.0.0/16");
    static readonly IPEndPoint Server = new(Range.At(1), 53), Outside = new(IPAddress.Parse("127.0.0.77"), 53);

    readonly TemporaryDirectory _directory = new();
    readonly CancellationTokenSource _end = new();
    Host _host = null!; // made before each test
    PodNamespaces _pod = null!; // as above
    NetworkObjects? _services;
    Task _serving = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _host = new Host(_directory, "n1");
        NodeNetwork network = new(_host.Namespace, new AddressPool(_directory["addresses"]), "orch0");
        Assert.Empty(await network.ConfigureAsync(new ClusterNetwork(AllPods, Range, []), CancellationToken.None));
        _pod = new PodNamespaces(_directory["pod"]);
        _pod.Make("pod", hostNetwork: false);
        network.Attach("pod", _pod, Range);
        File.WriteAllText(_directory["resolv.conf"], $"nameserver {Outside.Address}\n");
        Upstream upstream = new(_directory["resolv.conf"], TimeProvider.System);
        _serving = new NameServer(_host.Namespace, () => _services, upstream, TimeProvider.System, NullLogger.Instance).RunAsync(Range, AllPods, _end.Token);
        await Eventually.HoldsAsync(() => Ask("up.example", RecordType.A) is not null, "it answers");
    }

    public async Task DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
    }

    public void Dispose()
    {
        _pod.Remove();
        _host.Dispose();
        _directory.Dispose();
        _end.Dispose();
    }

    [Fact]
    public void Before_the_first_word_of_a_server_nothing_is_denied()
    {
        Assert.Equal(ReturnCode.ServerFailure, Ask("web.shop.svc.cluster.local", RecordType.A)!.ReturnCode);
        _services = Services(0);
        Assert.Equal(ReturnCode.NxDomain, Ask("web.shop.svc.cluster.local", RecordType.A)!.ReturnCode);
    }

    [Fact]
    public void What_a_service_has_is_followed_and_what_there_is_not_says_for_how_long()
    {
        _services = Services(2);
        var found = Ask("db.shop.svc.cluster.local", RecordType.A)!;
        Assert.True(found.IsAuthoritiveAnswer);
        Assert.Equal(["10.244.7.0", "10.244.7.1"], found.AnswerRecords.OfType<ARecord>().Select(record => record.Address.ToString()).Order());
        _services = Services(1);
        Assert.Single(Ask("db.shop.svc.cluster.local", RecordType.A)!.AnswerRecords);

        var none = Ask("dc.shop.svc.cluster.local", RecordType.A)!;
        Assert.Equal(ReturnCode.NxDomain, none.ReturnCode);
        Assert.IsType<SoaRecord>(Assert.Single(none.AuthorityRecords));
    }

    [Fact]
    public void More_than_a_datagram_holds_is_cut_off_and_said_whole_over_TCP()
    {
        _services = Services(200);
        Assert.True(Ask("db.shop.svc.cluster.local", RecordType.A)!.IsTruncated);
        var whole = AskOverTcp("db.shop.svc.cluster.local", RecordType.A);
        Assert.False(whole.IsTruncated);
        Assert.Equal(200, whole.AnswerRecords.Count);
    }

    [Fact]
    public void Other_names_are_asked_of_the_machine_s_name_servers_once()
    {
        _services = Services(0);
        var asked = 0;
        using DnsServer outside = new(new UdpServerTransport(Outside, 1000));
        outside.QueryReceived += (_, query) =>
        {
            Interlocked.Increment(ref asked);
            var response = ((DnsMessage)query.Query).CreateResponseInstance();
            if (response.Questions[0].Name.Labels[0] == "gone") response.ReturnCode = ReturnCode.NxDomain;
            else response.AnswerRecords.Add(new ARecord(response.Questions[0].Name, 60, IPAddress.Parse("192.0.2.1")));
            query.Response = response;
            return Task.CompletedTask;
        };
        outside.Start();

        for (var i = 0; i < 3; i++)
        {
            var answer = Ask("www.example.com", RecordType.A)!;
            Assert.Equal("192.0.2.1", Assert.IsType<ARecord>(Assert.Single(answer.AnswerRecords)).Address.ToString());
            Assert.False(answer.IsAuthoritiveAnswer);
        }

        Assert.Equal(1, asked);
        Assert.Equal(ReturnCode.NxDomain, Ask("gone.example.com", RecordType.A)!.ReturnCode);
        outside.Stop();
    }

    [Fact]
    public void Where_nobody_answers_the_pod_is_told_so_and_the_cluster_s_names_go_on()
    {
        _services = Services(1);
        Assert.Equal(ReturnCode.ServerFailure, Ask("www.example.com", RecordType.A)!.ReturnCode);
        Assert.Single(Ask("db.shop.svc.cluster.local", RecordType.A)!.AnswerRecords);
    }

    [Fact]
    public void What_is_no_question_harms_nobody()
    {
        _services = Services(1);
        foreach (var junk in (byte[][])[[], [1, 2, 3], [.. Enumerable.Repeat((byte)0xC0, 40)], [.. Query("db.shop.svc.cluster.local", RecordType.A)[..20]]]) _ = Exchange(junk, patience: 50);
        Assert.Single(Ask("db.shop.svc.cluster.local", RecordType.A)!.AnswerRecords);
    }

    DnsMessage? Ask(string name, RecordType type) => Exchange(Query(name, type), patience: 6000) is { } answer ? DnsMessage.Parse(answer) : null;

    byte[]? Exchange(byte[] query, int patience) => new NetworkNamespace(_pod.Network).Run(() =>
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = patience };
        socket.Connect(Server);
        socket.Send(query);
        var buffer = new byte[65536];
        try
        {
            return buffer[..socket.Receive(buffer)];
        }
        catch (SocketException)
        {
            return null;
        }
    });

    DnsMessage AskOverTcp(string name, RecordType type) => new NetworkNamespace(_pod.Network).Run(() =>
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 6000 };
        socket.Connect(Server);
        using NetworkStream stream = new(socket);
        var query = Query(name, type);
        stream.Write([(byte)(query.Length >> 8), (byte)query.Length, .. query]);
        var length = new byte[2];
        stream.ReadExactly(length);
        var answer = new byte[(length[0] << 8) | length[1]];
        stream.ReadExactly(answer);
        return DnsMessage.Parse(answer);
    });

    // RFC 1035 4.1: an identifier, recursion desired, one question of class IN.
    static byte[] Query(string name, RecordType type) =>
    [
        0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        .. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0,
        (byte)((int)type >> 8), (byte)type, 0, 1,
    ];

    static NetworkObjects Services(int pods)
    {
        HashSet<ServiceName> touched = [];
        var known = NetworkObjects.Empty.With(new Service { Metadata = new ObjectMeta { Name = "db", Namespace = "shop" }, Spec = new ServiceSpec { ClusterIp = "None" } }, touched);
        return known.With(new EndpointSlice
        {
            Metadata = new ObjectMeta { Name = "db-0", Namespace = "shop", Labels = new Dictionary<string, string> { [EndpointSlice.ServiceLabel] = "db" } },
            Endpoints = [.. Enumerable.Range(0, pods).Select(i => new Endpoint { Addresses = [$"10.244.7.{i}"] })],
        }, touched);
    }
}
