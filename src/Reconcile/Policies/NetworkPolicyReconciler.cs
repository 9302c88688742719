using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Policies;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Policies;

/// <summary>Finds the addresses of the pods that a policy's rules choose, wherever they run, so that nodes need not know all pods.</summary>
public static class NetworkPolicyReconciler
{
    public static Plan Reconcile(ClusterState state, NetworkPolicy policy)
    {
        var status = new NetworkPolicyStatus
        {
            Ingress = [.. policy.Spec.Ingress.Select(rule => new PeerAddresses { Addresses = AddressesOf(Chosen(state, policy, rule.From)) })],
            Egress = [.. policy.Spec.Egress.Select(rule => Outward(state, policy, rule))],
        };
        return ModelJson.Same(status, policy.Status) ? Plan.Nothing : new Plan([new UpdateStatus(policy with { Status = status })]);
    }

    /// <summary>Whether a pod, as it was or is, may be among those whose addresses a policy names.</summary>
    public static bool Concerns(ClusterState state, NetworkPolicy policy, Pod pod) =>
        policy.Spec.Ingress.SelectMany(rule => rule.From).Concat(policy.Spec.Egress.SelectMany(rule => rule.To)).Any(peer => Chooses(state, policy, peer, pod))
        || policy.Spec.Egress.Any(rule => rule.To.Count == 0 && HasNames(rule));

    static PeerAddresses Outward(ClusterState state, NetworkPolicy policy, NetworkPolicyEgressRule rule)
    {
        var pods = rule.To.Count > 0 ? Chosen(state, policy, rule.To) : HasNames(rule) ? [.. state.All<Pod>(Pod.KindName).Where(HasAddress)] : [];
        return new PeerAddresses
        {
            Addresses = rule.To.Count > 0 ? AddressesOf(pods) : [],
            Named =
            [
                .. from port in rule.Ports
                   where port.Port?.Text is not null
                   from pod in pods
                   from container in pod.Spec.Containers
                   from open in container.Ports
                   where open.Name == port.Port?.Text && open.Protocol == port.Protocol
                   group pod by (open.Name, open.Protocol, open.Port) into same
                   orderby same.Key.Name, same.Key.Protocol, same.Key.Port
                   select new NamedPortAddresses { Name = same.Key.Name, Protocol = same.Key.Protocol, Port = same.Key.Port, Addresses = AddressesOf(same.Distinct()) },
            ],
        };
    }

    static bool HasNames(NetworkPolicyEgressRule rule) => rule.Ports.Any(port => port.Port?.Text is not null);

    static List<Pod> Chosen(ClusterState state, NetworkPolicy policy, IReadOnlyList<NetworkPolicyPeer> peers) =>
        [.. state.All<Pod>(Pod.KindName).Where(pod => HasAddress(pod) && peers.Any(peer => Chooses(state, policy, peer, pod)))];

    static bool Chooses(ClusterState state, NetworkPolicy policy, NetworkPolicyPeer peer, Pod pod)
    {
        if (peer.IpBlock is not null) return false;
        var inside = peer.NamespaceSelector is { } namespaces ? namespaces.Matches(Namespace.LabelsOf(pod.Namespace, state.Find<Namespace>(Namespace.KindName, "", pod.Namespace))) : pod.Namespace == policy.Namespace;
        return inside && peer.PodSelector?.Matches(pod.Metadata.Labels) != false;
    }

    /// <summary>Pods in their node's network are no peers of their own: their address is the node's.</summary>
    static bool HasAddress(Pod pod) => pod.Status.PodIp is not null && !pod.IsTerminal() && !pod.Spec.HostNetwork;

    static IReadOnlyList<string> AddressesOf(IEnumerable<Pod> pods) => [.. pods.Select(pod => pod.Status.PodIp).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
}
