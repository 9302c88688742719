using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Ranking;

namespace Orchestrator.Scheduler;

/// <summary>The choice of a node.</summary>
sealed partial class Fleet
{
    /// <summary>How much all rankings together may keep, in nodes: about 1.5 GB at 32 bytes each.</summary>
    const long MostRanked = 48_000_000;

    /// <summary>So few nodes are looked through faster than they are ranked.</summary>
    const int FewNodes = 16;

    readonly Queue<Shape> _ranked = new();
    long _rankedNodes;

    /// <summary>The best node for a pod of this shape, or -1 when none will do.</summary>
    public int Best(Shape shape)
    {
        // A shape that comes once is looked for once; only one that comes again is worth a ranking.
        if (IsAlone(shape) && (shape.Constraint.Eligible.Length <= FewNodes || (shape.Ranking is null && shape.Uses++ == 0))) return Scan(shape);
        if (shape.Ranking is not { IsCurrent: true })
        {
            if (shape.Ranking is null) Admit(shape);
            shape.Ranking = new NodeRanking(this, shape);
        }

        return shape.Ranking.Best();
    }

    /// <summary>Whether nothing about the shape has to do with where other pods are.</summary>
    bool IsAlone(Shape shape) => shape.Near.Length == 0 && shape.Far.Length == 0 && shape.Spreads.Length == 0 && shape.Likings.Length == 0 && shape.Identity.Matched(this).Count == 0;

    int Scan(Shape shape)
    {
        var (best, bestKey) = (-1, Ranked.Never);
        var eligible = shape.Constraint.Eligible;
        for (var i = 0; i < eligible.Length; i++)
        {
            var key = NodeRanking.KeyOf(this, shape, eligible[i], i);
            if (key != Ranked.Never) key += NodeRanking.CheapnessOf(this, shape, Demand.Kinds.Of(eligible[i]));
            if (key > bestKey) (best, bestKey) = (eligible[i], key);
        }

        return best;
    }

    void Admit(Shape shape)
    {
        _ranked.Enqueue(shape);
        _rankedNodes += Nodes.Count;
        while (_rankedNodes > MostRanked && _ranked.Count > 1)
        {
            _ranked.Dequeue().Ranking = null;
            _rankedNodes -= Nodes.Count;
        }
    }
}
