using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Filters;
using Orchestrator.Scheduler.Policies;

namespace Orchestrator.Scheduler;

/// <summary>
/// Places the pods of a recorded or imagined day one by one in the order in which they come, and lets them go when they depart. Pods that find no room wait, and are
/// looked at again, the oldest first, whenever another has gone.
/// </summary>
public sealed class Replay
{
    readonly Fleet _fleet;
    readonly Dictionary<string, Occupant> _placed = new(StringComparer.Ordinal);
    readonly LinkedList<(string Name, Pod Pod, Shape Shape)> _waiting = new();
    readonly Dictionary<string, LinkedListNode<(string Name, Pod Pod, Shape Shape)>> _waitingByName = new(StringComparer.Ordinal);

    /// <param name="pods">All that will come, so that what they count of one another is known from the start. Nothing is decided by it.</param>
    /// <param name="profile">One of <see cref="Profiles.Names"/>.</param>
    /// <param name="seed">Shuffles the order in which the first of equal nodes is taken; 0 keeps them by name.</param>
    public Replay(IReadOnlyList<Node> nodes, IEnumerable<Pod> pods, string profile = Profiles.BinPack, int seed = 0)
    {
        _fleet = new Fleet(nodes, new FleetSettings { Seed = seed, ProfileOf = _ => profile });
        _fleet.Learn(pods);
    }

    public int Waiting => _waiting.Count;

    /// <summary>The node for a pod that has come, or why it waits.</summary>
    public Decision Arrive(Pod pod)
    {
        if (Fleet.ProfileNameOf(pod) is { Length: > 0 } && !Profiles.Names.Contains(pod.Spec.SchedulerName!)) pod = pod with { Spec = pod.Spec with { SchedulerName = null } }; // the trace's own scheduler
        var shape = _fleet.ShapeOf(pod);
        _fleet.Demand.See(shape);
        var node = _fleet.Best(shape);
        if (node >= 0) return Put(pod, shape, node);
        _waitingByName[NameOf(pod)] = _waiting.AddLast((NameOf(pod), pod, shape));
        return new Unplaced(pod, Refusals.Of(_fleet, shape));
    }

    /// <summary>Lets a pod go. What is returned are the pods that waited and have room now.</summary>
    public IReadOnlyList<Decision> Depart(Pod pod)
    {
        if (_waitingByName.Remove(NameOf(pod), out var waiting))
        {
            _waiting.Remove(waiting);
            return [];
        }

        if (!_placed.Remove(NameOf(pod), out var occupant)) return [];
        _fleet.Release(occupant);
        var placed = new List<Decision>();
        var hopeless = new HashSet<Shape>();
        for (var each = _waiting.First; each is not null;)
        {
            var (name, waiter, shape) = each.Value;
            var next = each.Next;
            var node = hopeless.Contains(shape) ? -1 : _fleet.Best(shape);
            if (node < 0) hopeless.Add(shape);
            else
            {
                placed.Add(Put(waiter, shape, node));
                _waiting.Remove(each);
                _waitingByName.Remove(name);
                if (shape.Near.Length > 0 || _fleet.Terms.Count > 0) hopeless.Clear();
            }

            each = next;
        }

        return placed;
    }

    /// <summary>What of each resource there is and is taken: <c>cpu</c> and devices in thousandths, memory in bytes.</summary>
    public IReadOnlyList<ResourceUse> Use() =>
    [
        .. Enumerable.Range(0, _fleet.Amounts.Count).Select(column =>
        {
            long whole = 0, free = 0;
            foreach (var node in _fleet.InOrder)
            {
                whole += _fleet.Allocatable[(node * _fleet.Stride) + column];
                free += _fleet.Free[(node * _fleet.Stride) + column];
            }

            return new ResourceUse(_fleet.Amounts.Name(column), Amounts.Text(column, whole), Amounts.Text(column, whole - free), whole == 0 ? 0 : (double)(whole - free) / whole);
        }).Where(use => use.Whole != "0"),
    ];

    public int NodesInUse => _fleet.InOrder.Count(node => _fleet.PodsOn(node).Count > 0);

    Placed Put(Pod pod, Shape shape, int node)
    {
        var occupant = _fleet.Take(pod, shape, node);
        _placed[NameOf(pod)] = occupant;
        return new Placed(pod, _fleet.Nodes[node].Name) { Devices = occupant.Devices.Numbers() };
    }

    static string NameOf(Pod pod) => pod.Namespace.Length == 0 ? pod.Name : $"{pod.Namespace}/{pod.Name}";
}

/// <summary>How much of one resource all nodes have and pods have taken.</summary>
/// <param name="Share">The part that is taken, 0 to 1.</param>
public sealed record ResourceUse(string Name, string Whole, string Taken, double Share);
