using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Services;

/// <summary>
/// Gives services of type LoadBalancer addresses of the pools, and each address a node that answers for it on the link. Both stay as long as they can: an address while its pool has it,
/// a node while it is ready and, where the service wants to keep clients' addresses, has a pod of it. Source: MetalLB, "Layer 2 mode".
/// </summary>
public static class LoadBalancerReconciler
{
    public static Plan Reconcile(ClusterState state)
    {
        var pools = state.All<IpAddressPool>(IpAddressPool.KindName).OrderBy(pool => pool.Namespace, StringComparer.Ordinal).ThenBy(pool => pool.Name, StringComparer.Ordinal)
            .SelectMany(pool => pool.Spec.Addresses.Select(AddressSpan.Parse).OfType<AddressSpan>().Select(span => (Span: span, pool.Spec.AutoAssign))).ToList();
        var all = state.All<Service>(Service.KindName).Where(service => service.Spec.Type == ServiceType.LoadBalancer || service.Status.LoadBalancer.Ingress.Count > 0)
            .OrderBy(service => service.Metadata.CreationTimestamp).ThenBy(service => service.Namespace, StringComparer.Ordinal).ThenBy(service => service.Name, StringComparer.Ordinal).ToList();
        var nodes = state.All<Node>(Node.KindName).ToList();
        // Of an address that a node or a pod has, nobody else may say that it is his.
        var own = nodes.SelectMany(node => node.Status.Addresses).Select(each => AddressSpan.NumberOf(each.Address)).OfType<uint>().ToHashSet();
        var pods = nodes.Select(node => node.Spec.PodCidr is { } range ? AddressSpan.Parse(range) : null).OfType<AddressSpan>().ToList();
        var given = Given(all.Where(service => service.Spec.Type == ServiceType.LoadBalancer).ToList(), pools, address => !own.Contains(address) && !pods.Exists(range => range.Contains(address)));
        var ready = nodes.Where(node => node.IsReady() && !node.Metadata.Labels.ContainsKey(Node.ExcludedFromLoadBalancers)).Select(node => node.Name).ToList();
        List<Operation> operations = [];
        foreach (var service in all)
        {
            var status = given.TryGetValue(service.Key, out var address) ? Status(state, service, AddressSpan.TextOf(address), ready) : new ServiceStatus();
            if (!ModelJson.Same(status, service.Status)) operations.Add(new UpdateStatus(service with { Status = status }));
        }

        return operations.Count == 0 ? Plan.Nothing : new Plan(operations);
    }

    // Who has one keeps it; then those that ask for one, then the others, the oldest first.
    static Dictionary<ResourceKey, uint> Given(List<Service> services, List<(AddressSpan Span, bool AutoAssign)> pools, Func<uint, bool> isFree)
    {
        var (given, taken) = (new Dictionary<ResourceKey, uint>(), new HashSet<uint>());
        foreach (var service in services)
        {
            if (service.Status.Address is { } text && AddressSpan.NumberOf(text) is { } kept && (service.Spec.LoadBalancerIp ?? text) == text) Give(service, kept);
        }

        foreach (var service in services.Where(service => !given.ContainsKey(service.Key) && service.Spec.LoadBalancerIp is not null))
        {
            if (AddressSpan.NumberOf(service.Spec.LoadBalancerIp!) is { } asked) Give(service, asked); // asked for just before
        }

        foreach (var service in services.Where(service => !given.ContainsKey(service.Key) && service.Spec.LoadBalancerIp is null))
        {
            foreach (var (span, _) in pools.Where(pool => pool.AutoAssign))
            {
                var free = (long)span.First;
                while (free <= span.Last && (taken.Contains((uint)free) || !isFree((uint)free))) free++;
                if (free > span.Last) continue;
                Give(service, (uint)free);
                break;
            }
        }

        return given;

        void Give(Service service, uint address)
        {
            if (pools.Any(pool => pool.Span.Contains(address)) && isFree(address) && taken.Add(address)) given[service.Key] = address;
        }
    }

    static ServiceStatus Status(ClusterState state, Service service, string address, IReadOnlyList<string> ready)
    {
        var able = service.Spec.ExternalTrafficPolicy == TrafficPolicy.Local ? ready.Where(WithPods(state, service).Contains).ToList() : ready;
        var before = service.Status.AnnouncedBy;
        return new ServiceStatus
        {
            LoadBalancer = new LoadBalancerStatus { Ingress = [new LoadBalancerIngress { Ip = address }] },
            AnnouncedBy = before is not null && able.Contains(before) ? before : able.OrderByDescending(node => Weight(address, node)).ThenBy(node => node, StringComparer.Ordinal).FirstOrDefault(),
        };
    }

    static HashSet<string> WithPods(ClusterState state, Service service) =>
    [
        .. from slice in state.In<EndpointSlice>(EndpointSlice.KindName, service.Namespace)
           where slice.Service == service.Name
           from endpoint in slice.Endpoints
           where EndpointSliceReconciler.IsReady(endpoint)
           select endpoint.NodeName into node
           where node is not null
           select node,
    ];

    // Rendezvous hashing: when a node goes, only its own addresses move. FNV-1a, 32 bits: the same on every server.
    static uint Weight(string address, string node) => $"{address}/{node}".Aggregate(2166136261u, static (hash, letter) => (hash ^ letter) * 16777619u);
}
