using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Scheduler.Filters;

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
            .Where(pod => pod.Spec.NodeName is null && !pod.IsTerminal() && !pod.IsBeingDeleted())
            .OrderBy(pod => pod.Metadata.CreationTimestamp)
            .ThenBy(pod => pod.Metadata.Revision())
            .ThenBy(pod => pod.Key),
    ];

    /// <summary>Decides for each pod in order; a pod that is placed takes its room before the next one is looked at.</summary>
    public static IReadOnlyList<Decision> Decide(ClusterState state, IReadOnlyList<Pod> pending)
    {
        var candidates = Candidates(state);
        var decisions = new List<Decision>(pending.Count);
        foreach (var pod in pending) decisions.Add(Decide(pod, candidates));
        return decisions;
    }

    static List<Candidate> Candidates(ClusterState state)
    {
        var candidates = state.All<Node>(Node.KindName).Select(node => new Candidate(node)).ToList();
        var byName = candidates.ToDictionary(candidate => candidate.Node.Name, StringComparer.Ordinal);
        foreach (var pod in state.All<Pod>(Pod.KindName))
        {
            if (pod.Spec.NodeName is { } node && !pod.IsTerminal() && byName.TryGetValue(node, out var candidate)) candidate.Take(pod);
        }

        return candidates;
    }

    static Decision Decide(Pod pod, List<Candidate> candidates)
    {
        Candidate? best = null;
        var bestScore = default(Score);
        var refusals = new List<Refusal>();
        foreach (var candidate in candidates)
        {
            if (Refused(pod, candidate) is { } refusal)
            {
                refusals.Add(refusal);
                continue;
            }

            // Nodes come in the order of their names, so that the first of equals wins, always.
            var score = Score.Of(pod, candidate);
            if (best is not null && score.CompareTo(bestScore) <= 0) continue;
            best = candidate;
            bestScore = score;
        }

        if (best is null) return new Unplaced(pod, refusals);
        best.Take(pod);
        return new Placed(pod, best.Node.Name);
    }

    static Refusal? Refused(Pod pod, Candidate candidate)
    {
        foreach (var filter in AllFilters.InOrder)
        {
            if (filter.Refuse(pod, candidate) is { } reason)
                return new Refusal(candidate.Node.Name, filter.Name, reason.Summary, reason.Detail);
        }

        return null;
    }
}
