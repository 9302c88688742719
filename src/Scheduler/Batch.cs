using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Filters;
using Orchestrator.Scheduler.Policies;

namespace Orchestrator.Scheduler;

/// <summary>One round of placing pods.</summary>
sealed class Batch(Cluster cluster)
{
    readonly Fleet _fleet = cluster.Fleet;
    readonly Dictionary<Shape, IReadOnlyList<Refusal>> _refusals = [];

    public IReadOnlyList<Decision> Decide(IReadOnlyList<Pod> pods)
    {
        _fleet.Learn(pods);
        var decisions = new Decision?[pods.Count];
        var shapes = new Shape?[pods.Count];
        for (var i = 0; i < pods.Count; i++)
        {
            var pod = pods[i];
            if (Fleet.ProfileNameOf(pod) is { Length: > 0 } profile && !Profiles.Names.Contains(profile))
            {
                decisions[i] = new Unplaced(pod, []) { Because = $"no profile is called {profile}; set schedulerName to {string.Join(" or ", Profiles.Names)}, or leave it out" };
                continue;
            }

            shapes[i] = _fleet.ShapeOf(pod);
            _fleet.Demand.See(shapes[i]!);
            decisions[i] = TryPlace(pod, shapes[i]!);
        }

        // A pod that waits for another's company is looked at again when that may have come.
        for (var again = true; again;)
        {
            again = false;
            for (var i = 0; i < pods.Count; i++)
                if (decisions[i] is null) again |= (decisions[i] = TryPlace(pods[i], shapes[i]!)) is not null;
        }

        // Why is asked when all is placed that can be: then it is true of what is left.
        for (var i = 0; i < pods.Count; i++) decisions[i] ??= new Unplaced(pods[i], RefusalsOf(shapes[i]!)); // those without a shape have a decision
        return decisions!; // filled above
    }

    Placed? TryPlace(Pod pod, Shape shape)
    {
        var node = _fleet.Best(shape);
        if (node < 0) return null;
        _fleet.Take(pod, shape, node);
        return new Placed(pod, _fleet.Nodes[node].Name);
    }

    IReadOnlyList<Refusal> RefusalsOf(Shape shape) => _refusals.TryGetValue(shape, out var known) ? known : _refusals[shape] = Refusals.Of(_fleet, shape);
}
