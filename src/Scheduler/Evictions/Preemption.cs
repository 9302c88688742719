using Orchestrator.Model.Scheduling;
using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Filters;

namespace Orchestrator.Scheduler.Evictions;

/// <summary>
/// Which pods should make way for one of higher priority: the fewest, then those of the lowest priority, then the youngest, and never more than disruption
/// budgets allow. Whether the pod then fits is asked of the same filters.
/// </summary>
sealed class Preemption(Fleet fleet, Budgets budgets)
{
    public sealed record Choice(int Node, IReadOnlyList<Occupant> Victims);

    /// <summary>The node and the pods that should go, or null when no node would do even so. The fleet is afterwards as it was.</summary>
    public Choice? Find(Shape shape)
    {
        if (!shape.MayPreempt) return null;
        Choice? best = null;
        Cost bestCost = default;
        foreach (var (node, least) in Candidates(shape))
        {
            if (best is not null && least.CompareTo(bestCost) >= 0) break;
            if (VictimsOn(shape, node) is not { } victims) continue;
            var cost = Cost.Of(victims);
            if (best is not null && cost.CompareTo(bestCost) >= 0) continue;
            (best, bestCost) = (new Choice(node, victims), cost);
        }

        return best;
    }

    /// <summary>The nodes that could do, each with the least it can cost, the cheapest first.</summary>
    List<(int Node, Cost Least)> Candidates(Shape shape)
    {
        var found = new List<(int Node, Cost Least)>();
        foreach (var node in shape.Constraint.Eligible)
        {
            var lower = Lower(shape, node);
            if (lower.Count > 0 && Needed(shape, node, lower) is var needed and > 0)
                found.Add((node, new Cost(needed, lower.Min(each => each.Shape.Priority), lower.Max(Cost.BornAt))));
        }

        found.Sort((a, b) => a.Least.CompareTo(b.Least) is var order and not 0 ? order : a.Node.CompareTo(b.Node));
        return found;
    }

    /// <summary>At least so many of the pods must go for the resources alone; 0 when all of them are not enough.</summary>
    int Needed(Shape shape, int node, List<Occupant> lower)
    {
        var needed = 1;
        foreach (var column in shape.Ask.Columns)
        {
            var missing = shape.Ask.Values[column] - fleet.Free[(node * fleet.Stride) + column];
            if (missing <= 0) continue;
            var count = 0;
            foreach (var freed in lower.Select(each => column < each.Shape.Ask.Values.Length ? each.Shape.Ask.Values[column] : 0).OrderDescending())
            {
                if (missing <= 0) break;
                missing -= freed;
                count++;
            }

            if (missing > 0) return 0;
            needed = Math.Max(needed, count);
        }

        return needed;
    }

    List<Occupant>? VictimsOn(Shape shape, int node)
    {
        var lower = Lower(shape, node);
        foreach (var each in lower) fleet.Release(each);
        try
        {
            if (Filter.Refuses(fleet, shape, node) != Rule.None) return null;

            // Give back first who should stay most: those that a budget keeps, the higher, the older.
            var victims = new List<Occupant>();
            foreach (var each in lower.OrderBy(each => budgets.Allow([each.Pod])).ThenByDescending(each => each.Shape.Priority).ThenBy(Cost.BornAt).ThenByDescending(each => each.Shape.Ask.Values[Amounts.Cpu]).ThenBy(each => each.Pod.Key))
            {
                fleet.Return(each);
                if (Filter.Refuses(fleet, shape, node) == Rule.None) continue;
                fleet.Release(each);
                victims.Add(each);
            }

            return budgets.Allow([.. victims.Select(each => each.Pod)]) ? Fewest(shape, node, victims) : null;
        }
        finally
        {
            foreach (var each in lower)
                if (!fleet.PodsOn(node).Contains(each)) fleet.Return(each);
        }
    }

    /// <summary>One pod alone may do where several would go by the order of who should stay.</summary>
    List<Occupant> Fewest(Shape shape, int node, List<Occupant> victims)
    {
        if (victims.Count < 2) return victims;
        foreach (var each in victims) fleet.Return(each);
        foreach (var one in Lower(shape, node).OrderBy(each => each.Shape.Priority).ThenByDescending(Cost.BornAt).ThenBy(each => each.Pod.Key))
        {
            if (!budgets.Allow([one.Pod])) continue;
            fleet.Release(one);
            var enough = Filter.Refuses(fleet, shape, node) == Rule.None;
            fleet.Return(one);
            if (enough) return [one];
        }

        return victims;
    }

    List<Occupant> Lower(Shape shape, int node) => [.. fleet.PodsOn(node).Where(each => each.Shape.Priority < shape.Priority && !each.Pod.IsBeingDeleted())];

    readonly record struct Cost(int Count, int Highest, long Youngest) : IComparable<Cost>
    {
        public static Cost Of(List<Occupant> victims) => new(victims.Count, victims.Max(each => each.Shape.Priority), victims.Max(BornAt));

        public static long BornAt(Occupant occupant) => (occupant.Pod.Status.StartTime ?? occupant.Pod.Metadata.CreationTimestamp ?? default).UtcTicks;

        public int CompareTo(Cost other)
        {
            var order = Count.CompareTo(other.Count);
            if (order == 0) order = Highest.CompareTo(other.Highest);
            return order != 0 ? order : other.Youngest.CompareTo(Youngest); // the later born goes first
        }
    }
}
