using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.ReplicaSets;

/// <summary>Keeps a ReplicaSet's number of living pods: creates what is missing, deletes what is too much, forgets what has failed.</summary>
public static class ReplicaSetReconciler
{
    /// <summary>Pods created in one step, so that one command stays small.</summary>
    const int BatchSize = 250;

    public static Plan Reconcile(ClusterState state, ReplicaSet set, DateTimeOffset now, Ids ids)
    {
        var pods = state.In<Pod>(Pod.KindName, set.Namespace).Where(pod => pod.IsControlledBy(set)).ToList();
        var living = pods.Where(pod => !pod.IsTerminal() && !pod.IsBeingDeleted()).ToList();
        var wanted = set.Spec.Replicas ?? 1;
        var operations = new List<Operation>();
        var because = new List<string>();

        // Pods that are asked to leave are replaced before they go, by Evictions.
        var staying = living.Where(pod => !Eviction.IsAsked(pod)).ToList();
        var missing = Math.Min(BatchSize, wanted - staying.Count);
        var limits = missing > 0 ? Limits.Of(state, set.Namespace) : [];
        var refusal = missing > 0 ? NewPods.Refusal(set.Spec.Template, limits) : null;
        for (var i = 0; i < missing && refusal is null; i++) operations.Add(new Create(NewPods.Of(set.Spec.Template, set, $"{set.Name}-{ids.Ending()}", limits, ids)));
        if (missing > 0) because.Add($"{staying.Count} of {wanted} pods: {(refusal is null ? $"creates {missing}" : refusal)}");

        var surplus = staying.Count - wanted;
        if (surplus > 0)
        {
            foreach (var pod in LeastUsefulFirst(staying).Take(Math.Min(BatchSize, surplus))) operations.Add(new Delete(pod.Key, pod.Metadata.Uid));
            because.Add($"{staying.Count} of {wanted} pods: deletes {surplus}");
        }

        foreach (var pod in pods.Where(pod => pod.IsTerminal() && !pod.IsBeingDeleted()))
        {
            operations.Add(new Delete(pod.Key, pod.Metadata.Uid));
            because.Add($"{pod.Name} has ended: {pod.Status.Reason ?? pod.Status.Phase.ToString()}");
        }

        var status = Observed(set, living, now, out var nextCheck) with { Conditions = Conditions(set, refusal, now) };
        if (!ModelJson.Same(status, set.Status)) operations.Add(new UpdateStatus(set with { Status = status }));
        return operations.Count == 0 && nextCheck is null ? Plan.Nothing : new Plan(operations, string.Join("; ", because), nextCheck);
    }

    static IReadOnlyList<Condition> Conditions(ReplicaSet set, string? refusal, DateTimeOffset now) => refusal is null
        ? [.. set.Status.Conditions.Where(each => each.Type != ReplicaSetConditions.ReplicaFailure)]
        : set.Status.Conditions.With(new Condition
        {
            Type = ReplicaSetConditions.ReplicaFailure,
            Status = ConditionStatus.True,
            Reason = "FailedCreate",
            Message = refusal,
            LastTransitionTime = now,
        });

    // Not placed, then not running, then not ready, then on the fullest node, then the youngest; the name decides last.
    static IEnumerable<Pod> LeastUsefulFirst(List<Pod> living)
    {
        var perNode = living.GroupBy(pod => pod.Spec.NodeName ?? "").ToDictionary(group => group.Key, group => group.Count());
        return living
            .OrderBy(pod => pod.Spec.NodeName is not null)
            .ThenBy(pod => pod.Status.Phase == PodPhase.Running)
            .ThenBy(pod => pod.IsReady())
            .ThenByDescending(pod => perNode[pod.Spec.NodeName ?? ""])
            .ThenByDescending(pod => pod.Metadata.CreationTimestamp)
            .ThenBy(pod => pod.Name, StringComparer.Ordinal);
    }

    static ReplicaSetStatus Observed(ReplicaSet set, List<Pod> living, DateTimeOffset now, out DateTimeOffset? nextCheck)
    {
        var ready = living.Where(pod => pod.IsReady()).ToList();
        nextCheck = ready.NextAvailable(set.Spec.MinReadySeconds, now);
        return new ReplicaSetStatus
        {
            Replicas = living.Count,
            ReadyReplicas = ready.Count,
            AvailableReplicas = ready.Count(pod => pod.IsAvailable(set.Spec.MinReadySeconds, now)),
            ObservedGeneration = set.Metadata.Generation,
        };
    }
}
