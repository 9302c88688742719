using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Services;

/// <summary>Lists the addresses of the pods behind a service: ready ones take traffic, pods on their way out are not listed at all.</summary>
public static class EndpointsReconciler
{
    public static Plan Reconcile(ClusterState state, Service service, Ids ids)
    {
        if (service.Spec.Selector.Count == 0) return Plan.Nothing; // somebody else keeps the addresses of a service without a selector
        var stored = state.Find<Endpoints>(Endpoints.KindName, service.Namespace, service.Name);
        var wanted = new Endpoints
        {
            Metadata = new ObjectMeta
            {
                Name = service.Name,
                Namespace = service.Namespace,
                Labels = service.Metadata.Labels,
                Uid = stored?.Metadata.Uid ?? ids.Uid(),
                ResourceVersion = stored?.Metadata.ResourceVersion,
                OwnerReferences = [Owners.ReferenceTo(service)],
            },
            Subsets = Subsets(state, service),
        };
        if (stored is null) return new Plan([new Create(wanted)], $"{Count(wanted)} addresses");
        return stored.SameSpecAs(wanted) ? Plan.Nothing : new Plan([new Update(wanted)], $"{Count(stored)} -> {Count(wanted)} addresses");
    }

    static List<EndpointSubset> Subsets(ClusterState state, Service service) => state
        .In<Pod>(Pod.KindName, service.Namespace)
        .Where(pod => pod.Status.PodIp is not null && !pod.IsTerminal() && !pod.IsBeingDeleted() && IsChosen(service, pod))
        .Select(pod => (Pod: pod, Ports: PortsOf(service, pod)))
        .Where(each => each.Ports.Count > 0)
        .GroupBy(each => string.Join(',', each.Ports.Select(port => $"{port.Name}={port.Port}/{port.Protocol}")))
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => new EndpointSubset
        {
            Addresses = [.. group.Where(each => each.Pod.IsReady()).Select(each => Address(each.Pod))],
            NotReadyAddresses = [.. group.Where(each => !each.Pod.IsReady()).Select(each => Address(each.Pod))],
            Ports = group.First().Ports,
        })
        .ToList();

    static bool IsChosen(Service service, Pod pod) =>
        service.Spec.Selector.All(pair => pod.Metadata.Labels.TryGetValue(pair.Key, out var value) && value == pair.Value);

    static List<EndpointPort> PortsOf(Service service, Pod pod)
    {
        var ports = new List<EndpointPort>(service.Spec.Ports.Count);
        foreach (var port in service.Spec.Ports)
        {
            if (TargetOf(port, pod) is { } number) ports.Add(new EndpointPort { Name = port.Name, Port = number, Protocol = port.Protocol });
        }

        return ports;
    }

    /// <summary>The number of the pod's port; null when it has no port of the name that is asked for.</summary>
    static int? TargetOf(ServicePort port, Pod pod)
    {
        if (port.TargetPort is not { } target) return port.Port;
        if (target.Text is not { } name) return target.Number;
        return pod.Spec.Containers.SelectMany(container => container.Ports)
            .FirstOrDefault(each => each.Name == name && each.Protocol == port.Protocol)?.Port;
    }

    static EndpointAddress Address(Pod pod) => new()
    {
        Ip = pod.Status.PodIp!, // asked for above
        NodeName = pod.Spec.NodeName,
        TargetRef = new EndpointTarget { Kind = Pod.KindName, Name = pod.Name, Namespace = pod.Namespace, Uid = pod.Metadata.Uid },
    };

    static int Count(Endpoints endpoints) => endpoints.Subsets.Sum(subset => subset.Addresses.Count);
}
