using Orchestrator.Model.Meta;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Services;

namespace Orchestrator.Reconcile.Tests.Services;

public sealed class ServiceNumbersTests
{
    [Fact]
    public void Services_that_ask_for_nothing_get_addresses_of_the_range_and_no_two_the_same()
    {
        var state = ClusterState.Empty;
        for (var i = 0; i < 300; i++)
        {
            var (given, problems) = ServiceNumbers.Given(state, Service($"s{i}", new ServiceSpec()), stored: null);
            Assert.Empty(problems);
            Assert.True(ServiceNetwork.Range.Contains(System.Net.IPAddress.Parse(given.Spec.ClusterIp!)));
            Assert.Null(state.Claims.HolderOf(given.Spec.ClusterIp!));
            state = state.With(given);
        }
    }

    [Fact]
    public void An_address_stays_for_the_life_of_the_service()
    {
        var stored = Service("web", new ServiceSpec { ClusterIp = "10.96.0.7" });
        var state = ClusterState.Empty.With(stored);
        Assert.Equal("10.96.0.7", ServiceNumbers.Given(state, Service("web", new ServiceSpec()), stored).Service.Spec.ClusterIp);
        Assert.Equal(("spec.clusterIP", "is 10.96.0.7 for the life of the service; leave it out, or delete the service first"),
            Assert.Single(ServiceNumbers.Given(state, Service("web", new ServiceSpec { ClusterIp = "10.96.0.8" }), stored).Problems));
    }

    [Fact]
    public void An_address_and_a_port_that_another_service_has_are_refused_with_its_name()
    {
        var state = ClusterState.Empty.With(Service("db", OnNodes(30007) with { ClusterIp = "10.96.0.7" }));
        var (_, problems) = ServiceNumbers.Given(state, Service("web", OnNodes(30007) with { ClusterIp = "10.96.0.7" }), stored: null);
        Assert.Equal([("spec.clusterIP", "10.96.0.7 belongs to service default/db"), ("spec.ports[0].nodePort", "30007 belongs to service default/db")], problems);
    }

    [Fact]
    public void A_port_of_the_nodes_is_given_once_stays_and_may_be_asked_for()
    {
        var state = ClusterState.Empty.With(Service("db", OnNodes(ServiceNetwork.FirstNodePort)));
        var given = ServiceNumbers.Given(state, Service("web", OnNodes(null, ServiceNetwork.FirstNodePort + 2, null)), stored: null).Service;
        Assert.Equal([ServiceNetwork.FirstNodePort + 1, ServiceNetwork.FirstNodePort + 2, ServiceNetwork.FirstNodePort + 3], given.Spec.Ports.Select(port => port.NodePort!.Value));
        var again = ServiceNumbers.Given(state.With(given), Service("web", OnNodes(null, null, null)), given).Service;
        Assert.Equal(given.Spec.Ports, again.Spec.Ports);
    }

    static ServiceSpec OnNodes(params int?[] ports) => new() { Type = ServiceType.NodePort, Ports = [.. ports.Select((number, i) => new ServicePort { Name = $"p{i}", Port = 80 + i, NodePort = number })] };

    static Service Service(string name, ServiceSpec spec) => new() { Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = name }, Spec = spec };
}
