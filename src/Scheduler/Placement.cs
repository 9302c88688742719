using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

namespace Orchestrator.Scheduler;

/// <summary>
/// The one function that places pods. It takes a snapshot and returns decisions; what asks for it (the scheduler's loop, a plan, an
/// explanation, a simulation) gets the same answer for the same snapshot.
/// </summary>
public static class Placement
{
    /// <summary>The pods that wait for a node, oldest first.</summary>
    public static IReadOnlyList<Pod> Pending(ClusterState state) =>
    [
        .. state.All<Pod>(Pod.KindName)
            .Where(pod => pod.Spec.NodeName is null && pod.Spec.SchedulingGates.Count == 0 && !pod.IsTerminal() && !pod.IsBeingDeleted())
            .OrderBy(pod => pod.Metadata.CreationTimestamp)
            .ThenBy(pod => pod.Metadata.Revision())
            .ThenBy(pod => pod.Key),
    ];

    /// <summary>Decides for each pod in order; a pod that is placed takes its room before the next one is looked at.</summary>
    public static IReadOnlyList<Decision> Decide(ClusterState state, IReadOnlyList<Pod> pending, int seed = 0) => new Batch(Cluster.Of(state, seed), pending).Decide();
}
