using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Filters;
using Orchestrator.Scheduler.Ranking;

namespace Orchestrator.Scheduler.Tests;

/// <summary>Places pods by looking at every node anew for every pod: no index, no counting of the smallest, nothing kept. What the scheduler does has to equal it.</summary>
static class Oracle
{
    /// <param name="most">So many pods are looked at; the others are only known to come.</param>
    public static IReadOnlyList<string?> Decide(Cluster cluster, IReadOnlyList<Pod> pods, int most = int.MaxValue)
    {
        var fleet = cluster.Fleet;
        fleet.Learn(pods);
        var nodes = new string?[pods.Count];
        foreach (var pod in pods) fleet.Demand.See(fleet.ShapeOf(pod));
        cluster.Shares.InTurn([.. pods.Select((pod, i) => (pod, fleet.ShapeOf(pod), i))], i => Place(i));
        for (var again = most >= pods.Count; again;)
        {
            again = false;
            most = int.MaxValue;
            for (var i = 0; i < pods.Count; i++) again |= nodes[i] is null && Place(i);
        }

        return nodes;

        bool Place(int i)
        {
            if (most-- <= 0) return false;
            var shape = fleet.ShapeOf(pods[i]);
            if (Best(fleet, shape) is not { } node) return false;
            fleet.Take(pods[i], shape, node);
            cluster.Shares.Take(pods[i], shape);
            nodes[i] = fleet.Nodes[node].Name;
            return true;
        }
    }

    static int? Best(Fleet fleet, Shape shape)
    {
        int? best = null;
        var bestKey = long.MinValue;
        for (var node = 0; node < fleet.Nodes.Count; node++)
        {
            if (Filter.Refuses(fleet, shape, node) != Rule.None) continue;
            var bonus = 0L;
            foreach (var liking in shape.Likings) bonus += Preferences.Of(liking, liking.Term.Places.Of[node]);
            foreach (var term in shape.Identity.Matched(fleet)) bonus += Preferences.Of(term, term.Places.Of[node]);
            foreach (var spread in shape.Spreads)
                if (!spread.Required) bonus += Preferences.Of(spread, spread.Term.Places.Of[node]);
            var key = NodeRanking.KeyOf(fleet, shape, node, Array.IndexOf(shape.Constraint.Eligible, node)) + (bonus << 32) + NodeRanking.CheapnessOf(fleet, shape, fleet.Demand.Kinds.Of(node));
            if (best is not null && key <= bestKey) continue;
            (best, bestKey) = (node, key);
        }

        return best;
    }
}
