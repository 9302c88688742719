using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Policies;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Reconcile.Policies;

namespace Orchestrator.Reconcile.Tests.Policies;

/// <summary>Whose addresses a policy's rules come to.</summary>
public sealed class NetworkPolicyTests
{
    [Fact]
    public void Selectors_choose_pods_of_the_policy_s_own_namespace_unless_they_name_others()
    {
        var state = State(Namespace("shop", "prod"), Namespace("bank", "prod"), Namespace("lab", "test"),
            Pod("shop", "api", "10.244.1.1"), Pod("shop", "web", "10.244.1.2"), Pod("bank", "api", "10.244.2.1"), Pod("lab", "api", "10.244.3.1"));

        Assert.Equal(["10.244.1.1"], Inward(state, new NetworkPolicyPeer { PodSelector = App("api") }));
        Assert.Equal(["10.244.1.1", "10.244.1.2", "10.244.2.1"], Inward(state, new NetworkPolicyPeer { NamespaceSelector = Label("stage", "prod") }));
        Assert.Equal(["10.244.1.1", "10.244.2.1"], Inward(state, new NetworkPolicyPeer { NamespaceSelector = Label("stage", "prod"), PodSelector = App("api") }));
        Assert.Equal(["10.244.3.1"], Inward(state, new NetworkPolicyPeer { NamespaceSelector = Label(Model.Meta.Namespace.NameLabel, "lab") }));
        Assert.Equal(["10.244.1.1", "10.244.1.2"], Inward(state, new NetworkPolicyPeer { PodSelector = App("api") }, new NetworkPolicyPeer { PodSelector = App("web") }));
        Assert.Empty(Inward(state, new NetworkPolicyPeer { IpBlock = new IpBlock { Cidr = "10.0.0.0/8" } }));
    }

    [Fact]
    public void Pods_that_have_ended_or_stand_in_their_node_s_network_are_nobody_s_peers()
    {
        var ended = Pod("shop", "api", "10.244.1.1");
        var hosted = Pod("shop", "api2", "192.0.2.1");
        var state = State(ended with { Status = ended.Status with { Phase = PodPhase.Succeeded } }, hosted with { Spec = hosted.Spec with { HostNetwork = true } }, Pod("shop", "web", "10.244.1.2"));

        Assert.Equal(["10.244.1.2"], Inward(state, new NetworkPolicyPeer { PodSelector = new LabelSelector() }));
    }

    [Fact]
    public void A_named_port_of_a_pod_connected_to_is_the_number_that_pod_has()
    {
        var policy = Policy(new NetworkPolicySpec { Egress = [new NetworkPolicyEgressRule { Ports = [new NetworkPolicyPort { Port = "http" }] }] });
        var state = State(Pod("shop", "old", "10.244.1.1", port: 80), Pod("bank", "new", "10.244.1.2", port: 8080), Pod("bank", "none", "10.244.1.3"));

        var egress = Assert.Single(Resolved(state, policy).Egress);

        Assert.Empty(egress.Addresses);
        Assert.Equal([("http", 80, "10.244.1.1"), ("http", 8080, "10.244.1.2")], egress.Named.Select(named => (named.Name, named.Port, Assert.Single(named.Addresses))));
    }

    [Fact]
    public void A_change_of_a_pod_has_only_those_policies_looked_at_that_may_name_it_and_what_is_said_already_is_not_said_again()
    {
        var policy = Policy(new NetworkPolicySpec { Ingress = [new NetworkPolicyIngressRule { From = [new NetworkPolicyPeer { PodSelector = App("api") }] }] });
        var (api, web) = (Pod("shop", "api", "10.244.1.1"), Pod("shop", "web", "10.244.1.2"));
        var state = State(policy, api, web);
        var resolved = state.With(policy with { Status = Resolved(state, policy) });

        Assert.Contains(Work.Concerned(Changed(null, api), state), work => work.Controller == Controller.NetworkPolicies);
        Assert.DoesNotContain(Work.Concerned(Changed(null, web), state), work => work.Controller == Controller.NetworkPolicies);
        Assert.DoesNotContain(Work.Concerned(Changed(api, api with { Spec = api.Spec with { Priority = 7 } }), state), work => work.Controller == Controller.NetworkPolicies);
        Assert.Empty(NetworkPolicyReconciler.Reconcile(resolved, resolved.Find<NetworkPolicy>(NetworkPolicy.KindName, "shop", "limits")!).Operations);
    }

    static IReadOnlyList<string> Inward(ClusterState state, params NetworkPolicyPeer[] from) =>
        Assert.Single(Resolved(state, Policy(new NetworkPolicySpec { Ingress = [new NetworkPolicyIngressRule { From = from }] })).Ingress).Addresses;

    static NetworkPolicyStatus Resolved(ClusterState state, NetworkPolicy policy) =>
        NetworkPolicyReconciler.Reconcile(state, policy).Operations.OfType<UpdateStatus>().Select(each => ((NetworkPolicy)each.Resource).Status).SingleOrDefault() ?? policy.Status;

    static Change Changed(Pod? before, Pod after) => new(1, after.Key, before, after, "");

    static NetworkPolicy Policy(NetworkPolicySpec spec) => new() { Metadata = new ObjectMeta { Name = "limits", Namespace = "shop" }, Spec = spec };

    static LabelSelector App(string name) => Label("app", name);

    static LabelSelector Label(string name, string value) => new() { MatchLabels = new Dictionary<string, string> { [name] = value } };

    static Namespace Namespace(string name, string stage) => new() { Metadata = new ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["stage"] = stage } } };

    static Pod Pod(string @namespace, string app, string address, int? port = null) => new()
    {
        Metadata = new ObjectMeta { Name = app, Namespace = @namespace, Uid = $"{@namespace}-{app}", Labels = new Dictionary<string, string> { ["app"] = app } },
        Spec = new PodSpec { Containers = [new Container { Name = "main", Image = "main", Ports = port is { } number ? [new ContainerPort { Name = "http", Port = number }] : [] }] },
        Status = new PodStatus { PodIp = address },
    };

    static ClusterState State(params Resource[] resources) => resources.Aggregate(ClusterState.Empty, (state, each) => state.With(each));
}
