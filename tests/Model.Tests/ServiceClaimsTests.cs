using CsCheck;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;

namespace Orchestrator.Model.Tests;

public sealed class ServiceClaimsTests
{
    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    static readonly Gen<Service> AnyService =
        from name in Gen.Int[0, 5]
        from address in Gen.OneOf("10.96.0.1", "10.96.0.2", "10.96.0.3", "None")
        from type in Gen.OneOf(ServiceType.ClusterIP, ServiceType.NodePort, ServiceType.LoadBalancer, ServiceType.ExternalName)
        from ports in Gen.Int[29999, 30003].Array[0, 3]
        select new Service
        {
            Metadata = new ObjectMeta { Name = $"s{name}", Namespace = "default", Uid = $"u{name}" },
            Spec = new ServiceSpec { Type = type, ClusterIp = address, Ports = [.. ports.Select((port, i) => new ServicePort { Port = 80 + i, NodePort = port < 30000 ? null : port })] },
        };

    static readonly Gen<Operation[]> Operations = Gen.OneOf(
        AnyService.Select(service => (Operation)new Create(service)),
        AnyService.Select(service => (Operation)new Update(service)),
        AnyService.Select(service => (Operation)new Delete(service.Key))).Array[0, 30];

    [Fact]
    public void After_any_commands_no_two_services_have_the_same_and_the_claims_are_those_of_all_services() => Operations.Sample(operations =>
    {
        var state = ClusterState.Empty;
        foreach (var (operation, number) in operations.Select((operation, number) => (operation, number)))
        {
            state = StateMachine.Apply(state, new Command($"r{number}", Now, "test") { Operations = [operation] }).Next;
            var services = state.All<Service>(Service.KindName).ToList();
            foreach (var (service, other) in services.SelectMany(service => services.Where(other => other != service).Select(other => (service, other))))
            {
                if (service.Spec.HasAddress && other.Spec.HasAddress) Assert.NotEqual(service.Spec.ClusterIp, other.Spec.ClusterIp);
                if (service.Spec.IsOnNodes) Assert.DoesNotContain(service.Spec.Ports, port => port.NodePort is { } held && other.Spec.IsOnNodes && other.Spec.Ports.Any(theirs => theirs.NodePort == held));
            }

            foreach (var address in (string[])["10.96.0.1", "10.96.0.2", "10.96.0.3"])
                Assert.Equal(services.FirstOrDefault(each => each.Spec.HasAddress && each.Spec.ClusterIp == address)?.Key, state.Claims.HolderOf(address));
            for (var port = 30000; port <= 30003; port++)
                Assert.Equal(services.Exists(each => each.Spec.IsOnNodes && each.Spec.Ports.Any(own => own.NodePort == port)), state.Claims.HolderOf(port) is not null);
        }

        var rebuilt = ClusterState.Of(state.Objects.Values.SelectMany(kind => kind.Values)).Claims;
        Assert.Equal(rebuilt.HolderOf("10.96.0.1"), state.Claims.HolderOf("10.96.0.1"));
    });
}
