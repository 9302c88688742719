using System.Globalization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Services;

/// <summary>
/// Keeps the slices of a service: the addresses of the pods that its selector chooses, in parts of at most a hundred. A pod stays in its slice, so
/// that a change of one pod writes one slice. A pod on its way out is listed as terminating and takes no connections, whatever its probes say.
/// Slices are named by the service and a number, and those of others are left alone.
/// </summary>
public static class EndpointSliceReconciler
{
    public static Plan Reconcile(ClusterState state, Service service, Ids ids)
    {
        if (service.Spec.Selector.Count == 0 || service.Spec.Type == ServiceType.ExternalName) return Plan.Nothing; // somebody else keeps the slices, if there are any
        var stored = Stored(state, service);
        var wanted = Wanted(state, service);
        List<Operation> operations = [];
        for (var i = 0; i < Math.Max(wanted.Count, stored.Count); i++)
        {
            var old = i < stored.Count ? stored[i] : null;
            if (i >= wanted.Count)
            {
                operations.Add(new Delete(old!.Key, old.Metadata.Uid)); // there are more stored than wanted
                continue;
            }

            var slice = Slice(service, i, wanted[i], old, ids);
            if (old is null) operations.Add(new Create(slice));
            else if (!old.SameSpecAs(slice)) operations.Add(new Update(slice));
        }

        return operations.Count == 0 ? Plan.Nothing : new Plan(operations, $"{Ready(stored)} -> {wanted.Sum(part => part.Endpoints.Count(IsReady))} ready addresses");
    }

    /// <summary>The slices of services, whoever keeps them.</summary>
    public static ILookup<(string Namespace, string Service), EndpointSlice> ByService(ClusterState state, HashSet<(string Namespace, string Name)> services) => state
        .All<EndpointSlice>(EndpointSlice.KindName).Where(slice => services.Contains((slice.Namespace, slice.Service ?? ""))).ToLookup(slice => (slice.Namespace, slice.Service ?? ""));

    /// <summary>True when the address takes new connections.</summary>
    public static bool IsReady(Endpoint endpoint) => endpoint.Conditions.Ready != false && endpoint.Addresses.Count > 0;

    sealed record Part(IReadOnlyList<EndpointPort> Ports, IReadOnlyList<Endpoint> Endpoints);

    static List<EndpointSlice> Stored(ClusterState state, Service service)
    {
        List<EndpointSlice> slices = [];
        while (state.Find<EndpointSlice>(EndpointSlice.KindName, service.Namespace, NameOf(service, slices.Count)) is { } slice && slice.Metadata.Labels.GetValueOrDefault(EndpointSlice.ManagedByLabel) == EndpointSlice.ManagedByUs)
            slices.Add(slice);
        return slices;
    }

    // Pods in the order of their creation: a new one goes to the end, so that those before stay where they are until one of them goes.
    static List<Part> Wanted(ClusterState state, Service service)
    {
        var parts = state.In<Pod>(Pod.KindName, service.Namespace)
            .Where(pod => pod.Status.PodIp is not null && !pod.IsTerminal() && service.Chooses(pod))
            .Select(pod => (Pod: pod, Ports: PortsOf(service, pod)))
            .Where(each => each.Ports.Count > 0 || service.Spec.Ports.Count == 0)
            .OrderBy(each => each.Pod.Metadata.CreationTimestamp).ThenBy(each => each.Pod.Name, StringComparer.Ordinal)
            .GroupBy(each => string.Join(',', each.Ports.Select(port => $"{port.Name}={port.Port}/{port.Protocol}")))
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .SelectMany(group => group.Select(each => Listed(service, each.Pod)).Chunk(EndpointSlice.MaxEndpoints).Select(chunk => new Part(group.First().Ports, chunk)))
            .ToList();
        return parts.Count > 0 ? parts : [new Part([], [])];
    }

    static EndpointSlice Slice(Service service, int number, Part part, EndpointSlice? old, Ids ids) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = NameOf(service, number),
            Namespace = service.Namespace,
            Labels = new Dictionary<string, string>(service.Metadata.Labels) { [EndpointSlice.ServiceLabel] = service.Name, [EndpointSlice.ManagedByLabel] = EndpointSlice.ManagedByUs },
            Uid = old?.Metadata.Uid ?? ids.Uid(),
            ResourceVersion = old?.Metadata.ResourceVersion,
            OwnerReferences = [Owners.ReferenceTo(service)],
        },
        Ports = part.Ports,
        Endpoints = part.Endpoints,
    };

    static string NameOf(Service service, int number) => string.Create(CultureInfo.InvariantCulture, $"{service.Name}-{number}");

    static List<EndpointPort> PortsOf(Service service, Pod pod)
    {
        var ports = new List<EndpointPort>(service.Spec.Ports.Count);
        foreach (var port in service.Spec.Ports)
        {
            if (port.TargetOn(pod) is { } number) ports.Add(new EndpointPort { Name = port.Name, Port = number, Protocol = port.Protocol });
        }

        return ports;
    }

    static Endpoint Listed(Service service, Pod pod)
    {
        var leaves = pod.IsBeingDeleted();
        return new Endpoint
        {
            Addresses = [pod.Status.PodIp!], // asked for above
            Conditions = new EndpointConditions
            {
                Ready = !leaves && (pod.IsReady() || service.Spec.PublishNotReadyAddresses),
                Serving = pod.IsReady(),
                Terminating = leaves,
            },
            Hostname = pod.Spec.Subdomain == service.Name ? pod.Spec.Hostname : null,
            NodeName = pod.Spec.NodeName,
            TargetRef = new EndpointTarget { Kind = Pod.KindName, Name = pod.Name, Namespace = pod.Namespace, Uid = pod.Metadata.Uid },
        };
    }

    static int Ready(IEnumerable<EndpointSlice> slices) => slices.Sum(slice => slice.Endpoints.Count(IsReady));
}
