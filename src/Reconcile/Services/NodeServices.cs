using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;

namespace Orchestrator.Reconcile.Services;

/// <summary>Where connections to a service come in: at its address, or at any address of the node.</summary>
/// <param name="Address">Null for the node's own addresses.</param>
public readonly record struct Frontend(string? Address, PortProtocol Protocol, int Port);

/// <param name="Address">A pod's address.</param>
public readonly record struct Target(string Address, int Port);

/// <summary>The pods behind a frontend.</summary>
/// <param name="Targets">In an order that stays as it is where it can (<see cref="NodeServices.Arranged"/>).</param>
/// <param name="StickySeconds">How long a client that says nothing stays with its pod; 0 when it does not.</param>
/// <param name="HidesClient">The node puts its own address in the client's place, so that answers from pods of other nodes come back through it.</param>
public sealed record TargetPool(IReadOnlyList<Target> Targets, int StickySeconds, bool HidesClient);

/// <summary>What a service comes to on one node: which addresses and ports lead to which pods.</summary>
public static class NodeServices
{
    /// <summary>
    /// The frontends of a service with at least one ready pod; what is not listed is refused. Source: Kubernetes "Virtual IPs and Service Proxies", traffic
    /// policies.
    /// </summary>
    public static IEnumerable<(Frontend Frontend, TargetPool Pool)> Of(Service service, IEnumerable<EndpointSlice> slices, string node)
    {
        var spec = service.Spec;
        if (!spec.HasAddress) yield break;
        var all = slices.ToList();
        var sticky = spec.SessionAffinity == SessionAffinity.ClientIP ? spec.SessionAffinityConfig?.ClientIp.TimeoutSeconds ?? ClientIpConfig.DefaultTimeoutSeconds : 0;
        foreach (var port in spec.Ports)
        {
            var inside = TargetsOf(port, all, spec.InternalTrafficPolicy, node);
            if (inside.Count > 0) yield return (new Frontend(spec.ClusterIp, port.Protocol, port.Port), new TargetPool(inside, sticky, HidesClient: false));
            if (!spec.IsOnNodes || TargetsOf(port, all, spec.ExternalTrafficPolicy, node) is not { Count: > 0 } targets) continue;
            TargetPool outside = new(targets, sticky, HidesClient: spec.ExternalTrafficPolicy == TrafficPolicy.Cluster);
            if (port.NodePort is { } number) yield return (new Frontend(null, port.Protocol, number), outside);
            if (service.Status.Address is { } balanced) yield return (new Frontend(balanced, port.Protocol, port.Port), outside);
        }
    }

    /// <summary>The wanted targets in an order near the one before: those that stay keep their places, new ones fill the gaps, the last ones the rest.</summary>
    public static IReadOnlyList<Target> Arranged(IReadOnlyList<Target> before, IReadOnlyList<Target> wanted)
    {
        var stay = wanted.ToHashSet();
        var places = before.Select(target => stay.Remove(target) ? target : (Target?)null).ToList();
        Queue<Target> added = new(wanted.Where(stay.Remove)); // without those that are there, and each once
        for (var i = 0; i < places.Count; i++)
        {
            if (places[i] is not null) continue;
            if (added.TryDequeue(out var next))
            {
                places[i] = next;
                continue;
            }

            while (places.Count > i && places[^1] is null) places.RemoveAt(places.Count - 1);
            if (places.Count <= i) break;
            places[i] = places[^1];
            places.RemoveAt(places.Count - 1);
        }

        return [.. places.OfType<Target>(), .. added];
    }

    static List<Target> TargetsOf(ServicePort port, List<EndpointSlice> slices, TrafficPolicy policy, string node) =>
    [
        .. (from slice in slices
            from target in slice.Ports
            where target.Name == port.Name && target.Protocol == port.Protocol
            from endpoint in slice.Endpoints
            where EndpointSliceReconciler.IsReady(endpoint) && (policy == TrafficPolicy.Cluster || endpoint.NodeName == node)
            select new Target(endpoint.Addresses[0], target.Port)).Distinct(),
    ];
}
