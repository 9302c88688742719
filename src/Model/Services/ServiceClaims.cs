using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.Model.Services;

/// <summary>What only one service may have: its address and its ports of the nodes.</summary>
static class ServiceClaims
{
    /// <summary>The service that has already what another one is about to be stored with; null for none.</summary>
    public static ResourceKey? HeldByAnother(ClusterState state, Resource resource)
    {
        if (resource is not Service { Spec: var spec } service || (!spec.HasAddress && !spec.IsOnNodes)) return null;
        foreach (var other in state.All<Service>(Service.KindName))
        {
            if (other.Key == service.Key) continue;
            if (spec.HasAddress && other.Spec.ClusterIp == spec.ClusterIp) return other.Key;
            if (spec.IsOnNodes && other.Spec.Ports.Any(theirs => theirs.NodePort is { } number && spec.Ports.Any(ours => ours.NodePort == number))) return other.Key;
        }

        return null;
    }
}
