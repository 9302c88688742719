using System.Text;
using ARSoft.Tools.Net;
using ARSoft.Tools.Net.Dns;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Networking.Names;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Networking;

/// <summary>What the cluster's names come to: questions and answers as text.</summary>
public sealed class NamesTests
{
    static readonly string Cases = Path.Combine(RepoRoot.Path, "tests/NodeAgent.Tests/Networking/Cases");

    [Fact]
    public void The_cluster_s_names_are_answered_as_the_specification_says()
    {
        ClusterNames names = new(Services(), AddressRange.Parse("10.244.0.0/16"));
        StringBuilder said = new();
        foreach (var line in File.ReadLines(Path.Combine(Cases, "names.questions")))
        {
            if (line.Length == 0 || line.StartsWith('#'))
            {
                said.AppendLine(line);
                continue;
            }

            var words = line.Split(' ');
            said.Append(line).AppendLine(" ->");
            foreach (var told in Tell(names.Answer(DomainName.Parse(words[1]), Enum.Parse<RecordType>(words[0], ignoreCase: true)))) said.Append("  ").AppendLine(told);
        }

        Assert.Null(Golden.Difference(Path.Combine(Cases, "names.answers"), said.ToString()));
    }

    [Fact]
    public void A_pod_s_resolver_is_told_what_its_policy_asks_for()
    {
        var machine = ResolvConf.Parse("# of the machine\nnameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch corp.example\noptions timeout:1 rotate\n");
        var stub = ResolvConf.Parse("nameserver 127.0.0.53\noptions edns0\n");
        StringBuilder said = new();
        foreach (var (what, spec, host) in (ReadOnlySpan<(string, PodSpec, ResolvConf)>)
        [
            ("nothing said", Spec(), machine),
            ("on the machine's network", Spec() with { HostNetwork = true }, machine),
            ("on the machine's network, the cluster first", Spec() with { HostNetwork = true, DnsPolicy = DnsPolicy.ClusterFirstWithHostNet }, machine),
            ("as the machine", Spec() with { DnsPolicy = DnsPolicy.Default }, machine),
            ("as a machine that asks itself", Spec() with { DnsPolicy = DnsPolicy.Default }, stub),
            ("nothing but its own", Spec() with { DnsPolicy = DnsPolicy.None, DnsConfig = new PodDnsConfig { Nameservers = ["198.51.100.1"], Searches = ["a.example"], Options = [new DnsOption { Name = "ndots", Value = "2" }] } }, machine),
            ("with more", Spec() with { DnsConfig = new PodDnsConfig { Nameservers = ["198.51.100.1"], Searches = ["a.example"], Options = [new DnsOption { Name = "ndots", Value = "1" }, new DnsOption { Name = "edns0" }] } }, machine),
        ])
        {
            said.Append("# ").AppendLine(what).AppendLine(ResolvConf.For(new Pod { Metadata = new ObjectMeta { Name = "web", Namespace = "shop" }, Spec = spec }, "10.244.3.1", host).ToString());
        }

        Assert.Null(Golden.Difference(Path.Combine(Cases, "resolvers"), said.ToString()));
    }

    [Fact]
    public void What_others_answered_is_kept_for_as_long_as_they_allow_and_ages_meanwhile()
    {
        NameCache cache = new(most: 2);
        var now = DateTimeOffset.UnixEpoch;
        cache.Keep(Question("a.example"), Answer("a.example", 20), now);
        Assert.Equal(20, cache.Find(Question("A.example"), now)!.AnswerRecords[0].TimeToLive);
        Assert.Equal(13, cache.Find(Question("a.example"), now.AddSeconds(7))!.AnswerRecords[0].TimeToLive);
        Assert.Null(cache.Find(Question("a.example"), now.AddSeconds(20)));

        cache.Keep(Question("b.example"), Answer("b.example", 3600), now);
        Assert.Null(cache.Find(Question("b.example"), now.AddSeconds(30)));

        DnsMessage none = new() { ReturnCode = ReturnCode.NxDomain };
        cache.Keep(Question("c.example"), none, now);
        Assert.Null(cache.Find(Question("c.example"), now));
        none.AuthorityRecords.Add(new SoaRecord(DomainName.Parse("example"), 300, DomainName.Parse("ns.example"), DomainName.Parse("root.example"), 1, 1, 1, 1, 10));
        cache.Keep(Question("c.example"), none, now);
        Assert.Equal(ReturnCode.NxDomain, cache.Find(Question("c.example"), now.AddSeconds(9))!.ReturnCode);
        Assert.Null(cache.Find(Question("c.example"), now.AddSeconds(10)));

        for (var i = 0; i < 5; i++) cache.Keep(Question($"n{i}.example"), Answer($"n{i}.example", 20), now);
        Assert.NotNull(cache.Find(Question("n4.example"), now));
        Assert.Null(cache.Find(Question("n0.example"), now));
    }

    static IEnumerable<string> Tell(NameAnswer? answer) => answer switch
    {
        null => ["(not the cluster's)"],
        { Records: [], Code: ReturnCode.NoError } => ["(nothing of this type)"],
        { Records: [] } => [answer.Code.ToString()],
        _ => [.. answer.Records.Select(record => record.ToString()!), .. answer.Additional.Select(record => "+ " + record)],
    };

    static DnsQuestion Question(string name) => new(DomainName.Parse(name), RecordType.A, RecordClass.INet);

    static DnsMessage Answer(string name, int life)
    {
        DnsMessage answer = new();
        answer.AnswerRecords.Add(new ARecord(DomainName.Parse(name), life, System.Net.IPAddress.Loopback));
        return answer;
    }

    static PodSpec Spec() => new() { Containers = [] };

    static NetworkObjects Services()
    {
        HashSet<ServiceName> touched = [];
        Resource[] all =
        [
            Service("web", new ServiceSpec { ClusterIp = "10.96.0.7", Ports = [new ServicePort { Name = "http", Port = 80 }, new ServicePort { Name = "dns", Port = 53, Protocol = PortProtocol.UDP }] }),
            Service("db", new ServiceSpec { ClusterIp = "None", Ports = [new ServicePort { Name = "sql", Port = 5432 }] }),
            Service("empty", new ServiceSpec { ClusterIp = "None", Ports = [new ServicePort { Name = "sql", Port = 5432 }] }),
            Service("mail", new ServiceSpec { Type = ServiceType.ExternalName, ExternalName = "mx.example.com" }),
            Slice("web", Endpoint("10.244.1.9")),
            Slice("db", Endpoint("10.244.1.5", "db-0"), Endpoint("10.244.2.5", "db-1"), Endpoint("10.244.2.6"), Endpoint("10.244.2.7", "db-2") with { Conditions = new EndpointConditions { Ready = false } }),
        ];
        return all.Aggregate(NetworkObjects.Empty, (known, each) => known.With(each, touched));
    }

    static Service Service(string name, ServiceSpec spec) => new() { Metadata = new ObjectMeta { Name = name, Namespace = "shop" }, Spec = spec };

    static Endpoint Endpoint(string address, string? hostname = null) => new() { Addresses = [address], Hostname = hostname };

    static EndpointSlice Slice(string service, params Endpoint[] endpoints) => new()
    {
        Metadata = new ObjectMeta { Name = service + "-0", Namespace = "shop", Labels = new Dictionary<string, string> { [EndpointSlice.ServiceLabel] = service } },
        Endpoints = endpoints,
        Ports = [new EndpointPort { Name = "sql", Port = 5432 }],
    };
}
