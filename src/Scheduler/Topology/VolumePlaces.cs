using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Storage;

namespace Orchestrator.Scheduler.Topology;

/// <summary>
/// Where pods reach their volumes. A claim that has no volume yet gets one where its first pod goes, so that the others that use it go there, too, though nobody has written it down.
/// </summary>
sealed class VolumePlaces(Func<ResourceKey, PersistentVolumeClaim?> find)
{
    readonly Dictionary<ResourceKey, List<string>> _users = []; // the nodes of the pods that use it, the first one's first

    /// <summary>The nodes from which a pod can reach its volumes: none when a claim is not there or is about to go, null for all.</summary>
    public IReadOnlyCollection<string>? NodesFor(Pod pod)
    {
        IReadOnlyCollection<string>? nodes = null;
        foreach (var key in ClaimsOf(pod))
        {
            if (find(key) is not { } claim || claim.IsBeingDeleted()) return [];
            var place = claim.Spec.VolumeName is null ? _users.GetValueOrDefault(key)?.FirstOrDefault() : claim.NodeName();
            if (place is not null) nodes = nodes is null || nodes.Contains(place) ? [place] : [];
        }

        return nodes;
    }

    public void Take(Pod pod, string node)
    {
        foreach (var key in ClaimsOf(pod))
        {
            if (!_users.TryGetValue(key, out var users)) _users[key] = users = [];
            users.Add(node);
        }
    }

    public void Release(Pod pod, string node)
    {
        foreach (var key in ClaimsOf(pod)) _users.GetValueOrDefault(key)?.Remove(node);
    }

    /// <summary>Most pods have no volumes, and nothing should be made for them.</summary>
    static IEnumerable<ResourceKey> ClaimsOf(Pod pod) => pod.Spec.Volumes.Count == 0 ? [] : pod.Spec.Claims(pod.Namespace);
}
