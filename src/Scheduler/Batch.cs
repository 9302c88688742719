using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Filters;
using Orchestrator.Scheduler.Policies;
using Orchestrator.Scheduler.Evictions;

namespace Orchestrator.Scheduler;

/// <summary>One round of placing pods: everyone in turn, groups as a whole, and where there is no room by preemption.</summary>
sealed class Batch(Cluster cluster, IReadOnlyList<Pod> pods)
{
    readonly Fleet _fleet = cluster.Fleet;
    readonly Preemption _preemption = new(cluster.Fleet, cluster.Budgets);
    readonly Decision?[] _decisions = new Decision?[pods.Count];
    readonly Shape[] _shapes = new Shape[pods.Count];
    readonly Occupant?[] _occupants = new Occupant?[pods.Count];
    readonly Dictionary<(string Namespace, string Group), List<int>> _groups = [];
    readonly Dictionary<Shape, IReadOnlyList<Refusal>> _refusals = [];
    int _lowest = int.MaxValue; // of the priorities of the pods that are there

    /// <summary>A decision for each pod, in the order of the pods.</summary>
    public IReadOnlyList<Decision> Decide()
    {
        _fleet.Learn(pods);
        var turns = new List<(Pod, Shape, int)>(pods.Count);
        for (var i = 0; i < pods.Count; i++)
        {
            var pod = pods[i];
            if (Fleet.ProfileNameOf(pod) is { Length: > 0 } profile && !Profiles.Names.Contains(profile))
            {
                _decisions[i] = new Unplaced(pod, []) { Because = $"no profile is called {profile}; set schedulerName to {string.Join(" or ", Profiles.Names)}, or leave it out" };
                continue;
            }

            _shapes[i] = _fleet.ShapeOf(pod);
            _fleet.Demand.See(_shapes[i]);
            if (pod.Metadata.Labels.TryGetValue(PodGroup.Label, out var group))
            {
                if (!_groups.TryGetValue((pod.Namespace, group), out var members)) _groups[(pod.Namespace, group)] = members = [];
                members.Add(i);
            }

            turns.Add((pod, _shapes[i], i));
        }

        _lowest = _fleet.InOrder.SelectMany(_fleet.PodsOn).Select(each => each.Shape.Priority).DefaultIfEmpty(int.MaxValue).Min();
        cluster.Shares.InTurn(turns, Turn);
        AgainForCompany();

        // Why is asked when all is placed that can be: then it is true of what is left.
        for (var i = 0; i < pods.Count; i++) _decisions[i] ??= new Unplaced(pods[i], RefusalsOf(_shapes[i])); // those without a shape have a decision
        return _decisions!; // filled above
    }

    void Turn(int i)
    {
        if (_decisions[i] is not null) return;
        if (pods[i].Metadata.Labels.TryGetValue(PodGroup.Label, out var group)) TurnOfGroup(pods[i].Namespace, group);
        else if (!Try(i)) Preempt(i);
    }

    /// <summary>True when the pod has got a node or a reason for which none was looked for.</summary>
    bool Try(int i)
    {
        if (cluster.Quotas.Exceeded(pods[i]) is { } exceeded)
        {
            _decisions[i] = new Unplaced(pods[i], []) { Because = exceeded };
            return true;
        }

        if (pods[i].Spec.Volumes.Any(volume => volume.PersistentVolumeClaim is not null)) _shapes[i] = _fleet.ShapeOf(pods[i]); // this round may have given its claims a place
        var node = _fleet.Best(_shapes[i]);
        if (node < 0) return false;
        Put(i, node);
        _decisions[i] = new Placed(pods[i], _fleet.Nodes[node].Name) { Devices = _occupants[i]!.Devices.Numbers() }; // just put
        return true;
    }

    void Put(int i, int node)
    {
        _occupants[i] = _fleet.Take(pods[i], _shapes[i], node);
        _lowest = Math.Min(_lowest, _shapes[i].Priority);
        cluster.Quotas.Take(pods[i]);
        cluster.Shares.Take(pods[i], _shapes[i]);
    }

    void TakeBack(int i)
    {
        _decisions[i] = null;
        if (_occupants[i] is not { } occupant) return;
        _fleet.Release(occupant);
        _occupants[i] = null;
        cluster.Quotas.Release(pods[i]);
        cluster.Shares.Release(pods[i], _shapes[i]);
    }

    /// <summary>All members that wait, or none when fewer than the group's least number would run.</summary>
    void TurnOfGroup(string @namespace, string group)
    {
        var members = _groups[(@namespace, group)];
        var least = cluster.LeastMembers(@namespace, group);
        var running = _fleet.InOrder.SelectMany(_fleet.PodsOn).Count(each => each.Pod.Namespace == @namespace && each.Pod.Metadata.Labels.GetValueOrDefault(PodGroup.Label) == group && !members.Exists(i => _occupants[i] == each));
        if (least is null || running + members.Count < least)
        {
            var because = least is null ? $"there is no pod group {group} in {@namespace}" : $"pod group {group} needs {least} pods and has {running + members.Count}";
            foreach (var i in members) _decisions[i] ??= new Unplaced(pods[i], []) { Because = because };
            return;
        }

        foreach (var i in members) Try(i);
        var placed = members.Count(i => _occupants[i] is not null);
        if (running + placed >= least)
        {
            foreach (var i in members) _decisions[i] ??= new Unplaced(pods[i], RefusalsOf(_shapes[i]));
            return;
        }

        var short_ = members.First(i => _occupants[i] is null);
        var why = (_decisions[short_] as Unplaced)?.Because ?? new Unplaced(pods[short_], Refusals.Of(_fleet, _shapes[short_])).Summary();
        foreach (var i in members)
        {
            TakeBack(i);
            _decisions[i] = new Unplaced(pods[i], []) { Because = $"pod group {group} needs {least} pods and room is for {running + placed}: {why}" };
        }
    }

    void Preempt(int i)
    {
        var (pod, shape) = (pods[i], _shapes[i]);
        if (MakesWay(i) is { } nominated)
        {
            Put(i, nominated);
            _decisions[i] = new Unplaced(pod, []) { Because = $"waits for pods that are being stopped on {_fleet.Nodes[nominated].Name}" };
            return;
        }

        if (shape.Priority <= _lowest || _preemption.Find(shape) is not { } choice) return;
        foreach (var victim in choice.Victims)
        {
            _fleet.Release(victim);
            cluster.Budgets.Spend(victim.Pod);
            Evict(victim);
        }

        Put(i, choice.Node);
        _decisions[i] = new Preempting(pod, _fleet.Nodes[choice.Node].Name, [.. choice.Victims.Select(each => each.Pod)]);
    }

    /// <summary>A pod that this round placed and that has to go again was never placed.</summary>
    void Evict(Occupant victim)
    {
        var own = Array.IndexOf(_occupants, victim);
        if (own < 0) return;
        _occupants[own] = null;
        _decisions[own] = new Unplaced(pods[own], []) { Because = "made way for a pod of higher priority" };
        cluster.Quotas.Release(pods[own]);
        cluster.Shares.Release(pods[own], _shapes[own]);
    }

    /// <summary>The node on which pods are being stopped already so that this one fits.</summary>
    int? MakesWay(int i)
    {
        if (pods[i].Status.NominatedNodeName is not { } name || _fleet.Find(name) is not { } node) return null;
        var going = _fleet.PodsOn(node).Where(each => each.Pod.IsBeingDeleted()).ToList();
        if (going.Count == 0) return null;
        foreach (var each in going) _fleet.Release(each);
        var fits = Filter.Refuses(_fleet, _shapes[i], node) == Rule.None;
        foreach (var each in going) _fleet.Return(each);
        return fits ? node : null;
    }

    /// <summary>A pod that waits for another's company is looked at again when that may have come.</summary>
    void AgainForCompany()
    {
        if (_fleet.Terms.Count == 0) return;
        for (var again = true; again;)
        {
            again = false;
            for (var i = 0; i < pods.Count; i++)
                if (_decisions[i] is null) again |= Try(i);
        }
    }

    IReadOnlyList<Refusal> RefusalsOf(Shape shape) => _refusals.TryGetValue(shape, out var known) ? known : _refusals[shape] = Refusals.Of(_fleet, shape);
}
