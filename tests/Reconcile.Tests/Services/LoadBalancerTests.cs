using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Services;

namespace Orchestrator.Reconcile.Tests.Services;

/// <summary>Addresses of pools for services, and the nodes that answer for them.</summary>
public sealed class LoadBalancerTests
{
    static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);
    static readonly Node[] Nodes = [Machine("n1"), Machine("n2"), Machine("n3")];

    [Fact]
    public void The_oldest_are_served_first_and_the_rest_wait()
    {
        var state = Settled([Pool("192.0.2.10-192.0.2.11"), Balanced("young", 1), Balanced("old", 3), Balanced("older", 4), .. Nodes]);
        Assert.Equal([("old", "192.0.2.11"), ("older", "192.0.2.10"), ("young", null)], Addresses(state));

        state = Settled([.. All(state).Where(each => each.Name != "older")]);
        Assert.Equal([("old", "192.0.2.11"), ("young", "192.0.2.10")], Addresses(state));
    }

    [Fact]
    public void One_that_asks_for_an_address_has_it_if_it_is_there_and_free_also_of_a_pool_that_is_for_those_who_ask()
    {
        var asking = Balanced("asking", 1, asks: "192.0.2.5");
        var state = Settled([Pool("192.0.2.10/31"), Pool("192.0.2.5/32", autoAssign: false), Balanced("old", 3), Balanced("greedy", 2), Balanced("none", 2, asks: "10.0.0.1"), asking, .. Nodes]);
        Assert.Equal([("asking", "192.0.2.5"), ("greedy", "192.0.2.11"), ("none", null), ("old", "192.0.2.10")], Addresses(state));
    }

    [Fact]
    public void An_address_that_a_node_or_its_pods_have_is_given_to_nobody()
    {
        var node = Machine("n1");
        node = node with
        {
            Spec = node.Spec with { PodCidr = "192.0.2.12/30" },
            Status = node.Status with { Addresses = [new NodeAddress { Type = NodeAddress.InternalIp, Address = "192.0.2.10" }] },
        };
        var state = Settled([Pool("192.0.2.10-192.0.2.15"), Balanced("first", 2), Balanced("second", 1), Balanced("asking", 3, asks: "192.0.2.10"), node]);
        Assert.Equal([("asking", null), ("first", "192.0.2.11"), ("second", null)], Addresses(state));
    }

    [Fact]
    public void An_address_that_no_pool_has_any_more_is_taken_back_and_a_service_that_is_no_load_balancer_has_none()
    {
        var state = Settled([Pool("192.0.2.10/32"), Balanced("web", 1), .. Nodes]);
        Assert.Equal([("web", (string?)null)], Addresses(Settled([.. All(state).Where(each => each is not IpAddressPool)])));
        var service = (Service)All(state).Single(each => each is Service);
        state = Settled([.. All(state).Where(each => each is not Service), service with { Spec = service.Spec with { Type = ServiceType.ClusterIP } }]);
        Assert.Equal(new ServiceStatus(), All(state).OfType<Service>().Single().Status with { LoadBalancer = new() });
    }

    [Fact]
    public void When_a_node_is_lost_its_addresses_move_and_no_others()
    {
        var services = Enumerable.Range(0, 40).Select(number => Balanced($"s{number:00}", number)).ToArray<Resource>();
        var before = Settled([Pool("192.0.2.0/24"), .. services, .. Nodes]);
        Assert.Equal(3, All(before).OfType<Service>().Select(each => each.Status.AnnouncedBy).Distinct().Count());

        var after = Settled([.. All(before).Where(each => each.Name != "n2"), Machine("n2", ready: false)]);
        foreach (var (was, now) in All(before).OfType<Service>().Zip(All(after).OfType<Service>()))
        {
            Assert.Equal(was.Status.Address, now.Status.Address);
            if (was.Status.AnnouncedBy == "n2") Assert.NotEqual("n2", now.Status.AnnouncedBy);
            else Assert.Equal(was.Status.AnnouncedBy, now.Status.AnnouncedBy);
        }

        Assert.All(All(Settled([.. All(after).Where(each => each is not Node)])).OfType<Service>(), service => Assert.Null(service.Status.AnnouncedBy));
    }

    [Fact]
    public void A_service_that_keeps_clients_addresses_is_answered_for_where_its_pods_are()
    {
        var local = Balanced("web", 1);
        local = local with { Spec = local.Spec with { ExternalTrafficPolicy = TrafficPolicy.Local } };
        var slice = new EndpointSlice
        {
            Metadata = new ObjectMeta { Name = "web-0", Namespace = "default", Labels = new Dictionary<string, string> { [EndpointSlice.ServiceLabel] = "web" } },
            Endpoints = [new Endpoint { Addresses = ["10.244.0.5"], NodeName = "n3", Conditions = new EndpointConditions { Ready = true } }],
        };
        Assert.Equal("n3", All(Settled([Pool("192.0.2.10/32"), local, slice, .. Nodes])).OfType<Service>().Single().Status.AnnouncedBy);
        Assert.Null(All(Settled([Pool("192.0.2.10/32"), local, .. Nodes])).OfType<Service>().Single().Status.AnnouncedBy);
    }

    [Theory]
    [InlineData("192.0.2.0/30", 0xC0000200u, 0xC0000203u)]
    [InlineData("0.0.0.0/0", 0u, 0xFFFFFFFFu)]
    [InlineData("192.0.2.1 - 192.0.2.9", 0xC0000201u, 0xC0000209u)]
    public void Ranges_are_read(string text, uint first, uint last) => Assert.Equal(new AddressSpan(first, last), AddressSpan.Parse(text));

    [Theory]
    [InlineData("192.0.2.9-192.0.2.1")]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::/64")]
    [InlineData("1-2")]
    public void What_is_no_range_is_none(string text) => Assert.Null(AddressSpan.Parse(text));

    static ClusterState Settled(params Resource[] all)
    {
        var state = all.Aggregate(ClusterState.Empty, (known, each) => known.With(each));
        state = LoadBalancerReconciler.Reconcile(state).Operations.OfType<UpdateStatus>().Aggregate(state, (known, each) => known.With(each.Resource));
        Assert.Empty(LoadBalancerReconciler.Reconcile(state).Operations);
        return state;
    }

    static IEnumerable<Resource> All(ClusterState state) => state.Objects.Values.SelectMany(each => each.Values);

    static IEnumerable<(string, string?)> Addresses(ClusterState state) => All(state).OfType<Service>().OrderBy(each => each.Name, StringComparer.Ordinal).Select(each => (each.Name, each.Status.Address));

    static IpAddressPool Pool(string range, bool autoAssign = true) => new() { Metadata = new ObjectMeta { Name = range.Replace('/', '-'), Namespace = "default" }, Spec = new IpAddressPoolSpec { Addresses = [range], AutoAssign = autoAssign } };

    static Service Balanced(string name, int age, string? asks = null) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", CreationTimestamp = Now.AddHours(-age) },
        Spec = new ServiceSpec { Type = ServiceType.LoadBalancer, LoadBalancerIp = asks, Ports = [new ServicePort { Port = 80 }] },
    };

    static Node Machine(string name, bool ready = true) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Status = new NodeStatus { Conditions = [new Condition { Type = "Ready", Status = ready ? ConditionStatus.True : ConditionStatus.Unknown }] },
    };
}
