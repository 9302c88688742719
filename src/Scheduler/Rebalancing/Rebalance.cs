using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;

namespace Orchestrator.Scheduler.Rebalancing;

/// <summary>A pod that should run elsewhere.</summary>
public sealed record Move(Pod Pod, string From, string To);

/// <param name="Freed">The nodes that have no pods afterwards.</param>
/// <param name="NodesInUse">How many nodes have pods before.</param>
public sealed record Moves(IReadOnlyList<Move> All, IReadOnlyList<string> Freed, int NodesInUse);

/// <summary>
/// Looks for nodes that can be emptied onto others that are in use. A node is emptied as a whole or not at all: moves that free none are not worth the disruption,
/// which also keeps pods from being moved back and forth.
/// </summary>
public static class Rebalance
{
    /// <param name="mostMoves">So many pods may move.</param>
    public static Moves Find(ClusterState state, int mostMoves)
    {
        var moves = new List<Move>();
        var freed = new List<string>();
        var budgets = Budgets.Of(state);
        var inUse = PodsByNode(state);
        var supposed = state;
        foreach (var node in inUse.OrderBy(each => each.Value.Count).ThenBy(each => Size(each.Value)).ThenBy(each => each.Key, StringComparer.Ordinal).Select(each => each.Key).ToList())
        {
            var pods = PodsByNode(supposed)[node];
            if (moves.Count + pods.Count > mostMoves || !pods.TrueForAll(MayMove) || pods.Exists(pod => moves.Exists(move => move.Pod.Key == pod.Key)) || !budgets.Allow(pods)) continue;
            if (Emptied(supposed, node, pods) is not { } placed) continue;
            foreach (var each in placed)
            {
                moves.Add(new Move(state.Find<Pod>(Pod.KindName, each.Pod.Namespace, each.Pod.Name)!, node, each.Node)); // it is one of the state's pods
                budgets.Spend(each.Pod);
                supposed = supposed.With(each.Pod with { Spec = each.Pod.Spec with { NodeName = each.Node } });
            }

            freed.Add(node);
        }

        return new Moves(moves, freed, inUse.Count);
    }

    /// <summary>Where the node's pods would go when neither it nor an empty node may be had; null when one of them would go nowhere.</summary>
    static List<Placed>? Emptied(ClusterState state, string node, List<Pod> pods)
    {
        var used = PodsByNode(state);
        var closed = state;
        foreach (var each in state.All<Node>(Node.KindName))
            if (each.Name == node || !used.ContainsKey(each.Name)) closed = closed.With(each with { Spec = each.Spec with { Unschedulable = true } });
        var waiting = pods.Select(Unbound).ToList();
        foreach (var pod in waiting) closed = closed.With(pod);
        var placed = Placement.Decide(closed, waiting).OfType<Placed>().ToList();
        return placed.Count == pods.Count ? placed : null;
    }

    /// <summary>A pod without an owner would not come back, and one on its way is left alone.</summary>
    static bool MayMove(Pod pod) => pod.Metadata.Controller() is not null && pod.IsReady() && !pod.IsBeingDeleted();

    static Pod Unbound(Pod pod) => pod with
    {
        Spec = pod.Spec with { NodeName = null },
        Metadata = pod.Metadata with { Annotations = pod.Metadata.Annotations.Where(each => each.Key != Pod.DevicesAnnotation).ToDictionary() },
    };

    static Dictionary<string, List<Pod>> PodsByNode(ClusterState state) => state.All<Pod>(Pod.KindName)
        .Where(pod => pod.Spec.NodeName is not null && !pod.IsTerminal())
        .GroupBy(pod => pod.Spec.NodeName!, StringComparer.Ordinal) // bound, as filtered
        .ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);

    static decimal Size(List<Pod> pods) => pods.Sum(pod => pod.Spec.Containers.Sum(each => each.Resources.RequestOf(ResourceNames.Cpu).Value));
}
