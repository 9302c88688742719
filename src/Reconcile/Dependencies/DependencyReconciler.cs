using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

namespace Orchestrator.Reconcile.Dependencies;

/// <summary>Lets the pods of a namespace go to the scheduler that have waited for others to be there; the rest say what they wait for.</summary>
public static class DependencyReconciler
{
    public static Plan Reconcile(ClusterState state, string @namespace, DateTimeOffset now)
    {
        var operations = new List<Operation>();
        var because = new List<string>();
        foreach (var pod in state.In<Pod>(Pod.KindName, @namespace).Where(Waits))
        {
            var unmet = Model.Pods.Dependencies.Unmet(state, pod);
            if (unmet.Count == 0)
            {
                operations.Add(new Update(pod with { Spec = pod.Spec with { SchedulingGates = [.. pod.Spec.SchedulingGates.Where(gate => gate.Name != Model.Pods.Dependencies.Gate)] } }));
                because.Add($"{pod.Name} need not wait any more");
                continue;
            }

            var condition = new Condition { Type = PodConditions.PodScheduled, Status = ConditionStatus.False, Reason = "SchedulingGated", Message = $"waits: {string.Join(", ", unmet)}", LastTransitionTime = now };
            if (pod.Status.Conditions.Find(PodConditions.PodScheduled)?.Message == condition.Message) continue;
            operations.Add(new UpdateStatus(pod with { Status = pod.Status with { Conditions = pod.Status.Conditions.With(condition) } }));
        }

        return operations.Count == 0 ? Plan.Nothing : new Plan(operations, string.Join("; ", because));
    }

    /// <summary>Whether a pod is held back for others.</summary>
    public static bool Waits(Pod pod) => pod.Spec.NodeName is null && !pod.IsBeingDeleted() && pod.Spec.SchedulingGates.Any(gate => gate.Name == Model.Pods.Dependencies.Gate);
}
