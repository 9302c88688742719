using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Evictions;

/// <summary>
/// Lets the pods go that are asked to leave, as soon as nobody misses them: a ReplicaSet's pod when the set has all that it should without it, any other at once; always within the disruption
/// budgets. One decision for the whole cluster at a time, so that two never spend the same budget.
/// </summary>
public static class EvictionReconciler
{
    /// <summary>Budgets and readiness change in many ways; whoever waits is looked at again this soon.</summary>
    static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    public static Plan Reconcile(ClusterState state, DateTimeOffset now)
    {
        var budgets = Budgets.Of(state);
        var spare = new Dictionary<string, int>(StringComparer.Ordinal);
        var operations = new List<Operation>();
        var because = new List<string>();
        var waits = false;
        foreach (var pod in Eviction.Asked(state).OrderBy(pod => pod.IsReady()).ThenBy(pod => pod.Metadata.Annotations[Eviction.Annotation], StringComparer.Ordinal).ThenBy(pod => pod.Key))
        {
            if (!budgets.Allow([pod]) || !HasReplacement(state, pod, spare, now))
            {
                waits = true;
                continue;
            }

            budgets.Spend(pod);
            operations.Add(new Delete(pod.Key, pod.Metadata.Uid));
            because.Add($"{pod.Name} leaves {pod.Spec.NodeName}");
        }

        return operations.Count == 0 && !waits ? Plan.Nothing : new Plan(operations, string.Join("; ", because), waits ? now + Again : null);
    }

    /// <param name="spare">How many pods each set can still do without.</param>
    static bool HasReplacement(ClusterState state, Pod pod, Dictionary<string, int> spare, DateTimeOffset now)
    {
        if (pod.Metadata.Controller() is not { Kind: ReplicaSet.KindName } owner || state.Find<ReplicaSet>(ReplicaSet.KindName, pod.Namespace, owner.Name) is not { } set) return true;
        if (!pod.IsAvailable(set.Spec.MinReadySeconds, now)) return true; // it serves nobody
        var left = spare.TryGetValue(owner.Uid, out var known)
            ? known
            : state.In<Pod>(Pod.KindName, pod.Namespace).Count(each => each.IsControlledBy(set) && !each.IsTerminal() && each.IsAvailable(set.Spec.MinReadySeconds, now)) - (set.Spec.Replicas ?? 1);
        spare[owner.Uid] = left - 1;
        return left > 0;
    }
}
