using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Garbage;

/// <summary>Removes what has lost its reason to be: objects whose owners or namespace are gone, pods of a node that is no longer part of the cluster.</summary>
public static class GarbageReconciler
{
    public static Plan Reconcile(ClusterState state)
    {
        var uids = state.Objects.Values.SelectMany(kind => kind.Values).Select(each => each.Metadata.Uid).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var operations = new List<Operation>();
        var because = new List<string>();
        foreach (var resource in state.Objects.Values.SelectMany(kind => kind.Values))
        {
            if (Reason(state, uids, resource) is not { } reason) continue;
            var lost = resource is Pod { Spec.NodeName: { } name } && state.Find<Node>(Node.KindName, "", name) is null;
            if (!lost && resource is Pod pod && pod.IsBeingDeleted()) continue;
            operations.Add(new Delete(resource.Key, resource.Metadata.Uid, lost ? 0 : null));
            because.Add($"{resource.Key}: {reason}");
        }

        return operations.Count == 0 ? Plan.Nothing : new Plan(operations, string.Join("; ", because));
    }

    static string? Reason(ClusterState state, HashSet<string> uids, Resource resource)
    {
        var owners = resource.Metadata.OwnerReferences;
        if (owners.Count > 0 && owners.All(owner => !uids.Contains(owner.Uid))) return $"its owner {owners[0].Name} is gone";
        if (resource.Namespace.Length > 0 && state.Find<Namespace>(Namespace.KindName, "", resource.Namespace) is null)
            return $"namespace {resource.Namespace} is gone";
        if (resource.Namespace.Length > 0 && state.Find<Namespace>(Namespace.KindName, "", resource.Namespace) is { } home && home.IsBeingDeleted()) return $"namespace {resource.Namespace} is being deleted";
        if (resource is Namespace ending && ending.IsBeingDeleted() && !state.IsInUse(ending.Name)) return "nothing is left in it";
        return resource is Pod { Spec.NodeName: { } node } && state.Find<Node>(Node.KindName, "", node) is null ? $"node {node} is gone" : null;
    }
}
