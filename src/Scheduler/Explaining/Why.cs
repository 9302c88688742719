using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

namespace Orchestrator.Scheduler.Explaining;

/// <summary>Why a pod is where it is, or is nowhere, and what would change that.</summary>
/// <param name="Node">Where it is; null when it waits.</param>
/// <param name="Summary">One line.</param>
/// <param name="Refusals">For a pod that waits: what keeps it off each node.</param>
/// <param name="Remedies">Single changes that would place it, the smallest first; each has been tried on the changed snapshot.</param>
public sealed record Explanation(Pod Pod, string? Node, string Summary, IReadOnlyList<Refusal> Refusals, IReadOnlyList<Remedy> Remedies);

/// <summary>A change of one thing that would place the pod.</summary>
/// <param name="Change">What to do: <c>lower the cpu request to 1200m</c>.</param>
/// <param name="Node">Where the pod would go then.</param>
/// <param name="Changed">The cluster after the change, on which that was found.</param>
public sealed record Remedy(string Change, string Node, ClusterState Changed);

/// <summary>Explains placements by placing: there is no rule here that the scheduler does not have.</summary>
public static class Why
{
    /// <summary>So many remedies are told; the rest are larger changes for the same end.</summary>
    const int MostRemedies = 5;

    public static Explanation Explain(ClusterState state, Pod pod)
    {
        if (pod.Spec.NodeName is { } bound) return new Explanation(pod, bound, $"it is placed on {bound}", [], []);
        if (pod.Spec.SchedulingGates is [{ Name: Dependencies.Gate }] && Dependencies.Unmet(state, pod) is { Count: > 0 } unmet) return new Explanation(pod, null, $"it waits: {string.Join(", ", unmet)}", [], []);
        if (pod.Spec.SchedulingGates is [var gate, ..]) return new Explanation(pod, null, $"it is held back by the scheduling gate {gate.Name}", [], []);
        var decision = DecisionOf(state, pod);
        return decision switch
        {
            Placed placed => new Explanation(pod, null, $"it will be placed on {placed.Node}", [], []),
            Preempting preempting => new Explanation(pod, null, $"it will be placed on {preempting.Node} when {Names(preempting.Victims)} made way", [], []),
            Unplaced unplaced => new Explanation(pod, null, unplaced.Summary(), unplaced.Refusals, unplaced.Refusals.Count == 0 ? [] : RemediesOf(state, pod)),
            _ => throw new System.Diagnostics.UnreachableException($"no rule for {decision.GetType().Name}"),
        };
    }

    /// <summary>What becomes of the pod when all that waits is placed.</summary>
    static Decision DecisionOf(ClusterState state, Pod pod)
    {
        var pending = Placement.Pending(state);
        return Placement.Decide(state, pending).FirstOrDefault(each => each.Pod.Key == pod.Key) ?? Placement.Decide(state, [.. pending, pod])[^1];
    }

    static List<Remedy> RemediesOf(ClusterState state, Pod pod)
    {
        var cluster = Cluster.Of(state, 0);
        cluster.Fleet.Learn([pod]);
        var shape = cluster.Fleet.ShapeOf(pod);
        var found = new List<Remedy>();
        var tried = new HashSet<string>(StringComparer.Ordinal);
        foreach (var change in Changes.For(state, cluster.Fleet, shape, pod).OrderBy(each => each.Size).ThenBy(each => each.Text, StringComparer.Ordinal))
        {
            if (found.Count == MostRemedies) break;
            if (!tried.Add(change.Text)) continue;
            var changed = change.Of(state);
            if (changed.Find<Pod>(Pod.KindName, pod.Namespace, pod.Name) is not { } then) continue;

            // The pod alone: whoever waits beside it must not have to gain by the change.
            if (Placement.Decide(changed, [then])[0] is Placed placed) found.Add(new Remedy(change.Text, placed.Node, changed));
        }

        return found;
    }

    static string Names(IReadOnlyList<Pod> pods) => string.Join(", ", pods.Select(each => each.Key.ToString()));
}
