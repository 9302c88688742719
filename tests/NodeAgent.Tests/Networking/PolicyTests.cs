using Orchestrator.Model.Meta;
using Orchestrator.Model.Policies;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.NodeAgent.Networking.Policies;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Networking;

/// <summary>Who reaches whom under network policies: as text, and between namespaces that play machines and pods.</summary>
public sealed class PolicyTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();
    readonly List<IDisposable> _made = [];

    public void Dispose()
    {
        foreach (var made in Enumerable.Reverse(_made)) made.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void The_rules_of_the_kernel_are_those_of_the_policies()
    {
        var policies = new[]
        {
            Policy("all-closed", new NetworkPolicySpec { PolicyTypes = [PolicyType.Ingress, PolicyType.Egress] }),
            Policy("web", new NetworkPolicySpec
            {
                PodSelector = App("web"),
                Ingress =
                [
                    new NetworkPolicyIngressRule { From = [new NetworkPolicyPeer { PodSelector = App("api") }], Ports = [new NetworkPolicyPort { Port = "http" }, new NetworkPolicyPort { Port = 9000, EndPort = 9010 }] },
                    new NetworkPolicyIngressRule { From = [new NetworkPolicyPeer { IpBlock = new IpBlock { Cidr = "192.0.2.0/24", Except = ["192.0.2.7/32", "192.0.2.8/32"] } }] },
                ],
                Egress =
                [
                    new NetworkPolicyEgressRule { Ports = [new NetworkPolicyPort { Protocol = PortProtocol.UDP, Port = 53 }] },
                    new NetworkPolicyEgressRule { To = [new NetworkPolicyPeer { NamespaceSelector = new LabelSelector() }], Ports = [new NetworkPolicyPort { Port = "db" }] },
                ],
                PolicyTypes = [PolicyType.Ingress, PolicyType.Egress],
            }) with
            {
                Status = new NetworkPolicyStatus
                {
                    Ingress = [new PeerAddresses { Addresses = ["10.244.1.9", "10.244.2.9"] }, new PeerAddresses()],
                    Egress = [new PeerAddresses(), new PeerAddresses { Addresses = ["10.244.2.5"], Named = [new NamedPortAddresses { Name = "db", Port = 5432, Addresses = ["10.244.2.5"] }] }],
                },
            },
            Policy("elsewhere", new NetworkPolicySpec()) with { Metadata = new ObjectMeta { Name = "elsewhere", Namespace = "other" } },
        };
        LocalPod[] pods = [new(NodeUnderTest.Labelled("web"), "10.244.1.2"), new(NodeUnderTest.Labelled("other"), "10.244.1.3")];

        var rules = PolicyRules.Whole(policies, pods);

        Assert.Equal(rules, PolicyRules.Whole(policies.Reverse(), pods.Reverse()));
        Assert.Null(Golden.Difference(Path.Combine(RepoRoot.Path, "tests/NodeAgent.Tests/Networking/Cases/policies.nft"), rules));
    }

    [Fact]
    public async Task A_pod_that_no_policy_selects_is_open_and_one_that_is_selected_takes_only_what_is_allowed()
    {
        var node = await NodeUnderTest.MakeAsync(_directory, "n1", _made);
        var (web, friend, stranger) = (await node.AdmittedAsync("web"), await node.AdmittedAsync("friend"), await node.AdmittedAsync("stranger"));
        Assert.Equal($"web sees {stranger.Address}", Ask(stranger, web));

        await node.SetAsync(Takes("web", from: friend.Address));
        Assert.Equal($"web sees {friend.Address}", Ask(friend, web));
        Assert.Equal("silence", Ask(stranger, web));
        Assert.Equal($"stranger sees {web.Address}", Ask(web, stranger)); // answers come back, and what nobody limits is open
        Assert.Equal($"web sees {web.Address}", Ask(web, web));
        Assert.StartsWith("web sees 10.244.1.1", PodServer.Ask(node.Host.Namespace.Path!, web.Address, 8080), StringComparison.Ordinal); // the node's probes

        await node.SetAsync(ServiceMapsTests.Web(), ServiceMapsTests.Slice(web.Address)); // through a service it is no other
        Assert.Equal($"web sees {friend.Address}", PodServer.Ask(friend.Network, ServiceMapsTests.Vip, 80));
        Assert.Equal("silence", PodServer.Ask(stranger.Network, ServiceMapsTests.Vip, 80));

        await node.RemoveAsync(Takes("web", from: friend.Address));
        Assert.Equal($"web sees {stranger.Address}", Ask(stranger, web));
    }

    [Fact]
    public async Task A_pod_that_may_connect_nowhere_reaches_nobody_and_is_limited_from_its_start()
    {
        var node = await NodeUnderTest.MakeAsync(_directory, "n1", _made);
        await node.SetAsync(Policy("shut", new NetworkPolicySpec { PodSelector = App("shut"), PolicyTypes = [PolicyType.Egress] }));
        var (shut, other) = (await node.AdmittedAsync("shut"), await node.AdmittedAsync("other"));

        Assert.Equal("silence", Ask(shut, other));
        Assert.Equal($"shut sees {other.Address}", Ask(other, shut));
    }

    [Fact]
    public async Task A_pod_stays_limited_while_its_agent_starts_anew()
    {
        var node = await NodeUnderTest.MakeAsync(_directory, "n1", _made);
        var (web, stranger) = (await node.AdmittedAsync("web"), await node.AdmittedAsync("stranger"));
        var takes = Takes("web", from: "10.244.1.99");
        await node.SetAsync(takes);

        using PolicyFilter next = new(node.Host.Namespace, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await next.SetAsync([takes], default); // its pods are not known yet
        Assert.Equal("silence", Ask(stranger, web));
        await next.RestoreAsync([new LocalPod(NodeUnderTest.Labelled("web"), web.Address)], default);
        Assert.Equal("silence", Ask(stranger, web));
    }

    [Fact]
    public async Task Blocks_that_stand_in_one_another_and_the_whole_of_all_addresses_are_taken_by_the_kernel()
    {
        var node = await NodeUnderTest.MakeAsync(_directory, "n1", _made);
        var (web, stranger) = (await node.AdmittedAsync("web"), await node.AdmittedAsync("stranger"));
        NetworkPolicyPeer Block(string cidr, params string[] except) => new() { IpBlock = new IpBlock { Cidr = cidr, Except = except } };

        await node.SetAsync(Policy("takes", new NetworkPolicySpec { PodSelector = App("web"), Ingress = [new NetworkPolicyIngressRule { From = [Block("0.0.0.0/0")] }] }));
        Assert.Equal($"web sees {stranger.Address}", Ask(stranger, web));

        await node.SetAsync(Policy("takes", new NetworkPolicySpec
        {
            PodSelector = App("web"),
            Ingress = [new NetworkPolicyIngressRule { From = [Block("0.0.0.0/0", "10.0.0.0/8", "10.244.0.0/16", "192.0.2.7/32"), Block("10.1.2.3/16")] }],
        }));
        Assert.Equal("silence", Ask(stranger, web));
    }

    static string Ask(PodOnNode from, PodOnNode to) => PodServer.Ask(from.Network, to.Address, 8080);

    static LabelSelector App(string name) => new() { MatchLabels = new Dictionary<string, string> { ["app"] = name } };

    static NetworkPolicy Policy(string name, NetworkPolicySpec spec) => new() { Metadata = new ObjectMeta { Name = name, Namespace = "default" }, Spec = spec };

    static NetworkPolicy Takes(string app, string from) => Policy("takes", new NetworkPolicySpec
    {
        PodSelector = App(app),
        Ingress = [new NetworkPolicyIngressRule { From = [new NetworkPolicyPeer { PodSelector = App("friend") }], Ports = [new NetworkPolicyPort { Port = "http" }] }],
    }) with { Status = new NetworkPolicyStatus { Ingress = [new PeerAddresses { Addresses = [from] }] } };
}
