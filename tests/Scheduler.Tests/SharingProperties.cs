using CsCheck;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;

namespace Orchestrator.Scheduler.Tests;

/// <summary>Who gets room when there is too little: by fair shares, by priority, within budgets.</summary>
public sealed class SharingProperties
{
    static readonly int Clusters = int.TryParse(Environment.GetEnvironmentVariable("ORCH_CASES"), out var cases) ? cases : 500;

    [Fact]
    public void Dominant_shares_by_weight_differ_by_one_pod_at_most() =>
        Gen.Select(Gen.Int[2, 8], Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[1, 3]).Sample((gigabytes, red, blue, weight) =>
        {
            // Red is dominant in cpu and blue in memory; both ask for more than there is.
            var node = ANode("n0", 8000, 8 * gigabytes);
            var pods = Enumerable.Range(0, 100).SelectMany(i => new[] { APod($"r{i}", "red", red * 100, 0, 0), APod($"b{i}", "blue", 10, blue, 0) });
            var state = StateOf([node, new Namespace { Metadata = new ObjectMeta { Name = "blue", Annotations = new Dictionary<string, string> { [Cluster.WeightAnnotation] = $"{weight}" } } }, .. pods]);
            var placed = Placement.Decide(state, Placement.Pending(state)).OfType<Placed>().ToLookup(each => each.Pod.Namespace);
            var redShare = placed["red"].Sum(each => Amount.Of(each.Pod).Cpu) / 8000.0;
            var blueShare = placed["blue"].Sum(each => Amount.Of(each.Pod).Memory) / (double)((long)(8 * gigabytes) << 30) / weight;
            var (redStep, blueStep) = (red * 100 / 8000.0, blue / (8.0 * gigabytes) / weight);

            // One that has stopped for lack of its resource lets the other go on.
            var redStopped = redShare + redStep > 1 - (placed["blue"].Count() * 10 / 8000.0);
            var blueStopped = (blueShare + blueStep) * weight > 1;
            return redStopped || blueStopped || Math.Abs(redShare - blueShare) <= Math.Max(redStep, blueStep) + 1e-9;
        }, iter: Clusters);

    static readonly Gen<(int Nodes, (int Cpu, int Priority, bool Kept)[] Pods, (int Cpu, int Priority)[] Urgent, int Least)> Crowded =
        Gen.Select(Gen.Int[1, 4], Gen.Select(Gen.Int[1, 20], Gen.Int[0, 3], Gen.Bool).Array[0, 20], Gen.Select(Gen.Int[5, 40], Gen.Int[0, 6]).Array[1, 5], Gen.Int[0, 5]);

    [Fact]
    public void Only_lower_priorities_make_way_and_no_budget_is_overdrawn_and_the_room_is_enough() => Crowded.Sample(each =>
    {
        var state = Filled(each.Nodes, each.Pods);
        state = state.With(new PodDisruptionBudget { Metadata = new ObjectMeta { Name = "kept", Namespace = "default" }, Spec = new PodDisruptionBudgetSpec { MinAvailable = each.Least, Selector = new Model.Values.LabelSelector { MatchLabels = new Dictionary<string, string> { ["kept"] = "yes" } } } });
        foreach (var (urgent, i) in each.Urgent.Select((urgent, i) => (urgent, i))) state = state.With(APod($"u{i}", "default", urgent.Cpu * 100, 0, urgent.Priority));
        var decisions = Placement.Decide(state, Placement.Pending(state));
        var victims = decisions.OfType<Preempting>().SelectMany(preempting => preempting.Victims.Select(victim => (preempting, victim))).ToList();
        if (victims.Any(pair => (pair.victim.Spec.Priority ?? 0) >= (pair.preempting.Pod.Spec.Priority ?? 0))) return false;
        if (victims.Select(pair => pair.victim.Key).Distinct().Count() != victims.Count) return false;
        var kept = state.All<Pod>(Pod.KindName).Count(pod => pod.Spec.NodeName is not null && pod.Metadata.Labels.ContainsKey("kept"));
        var gone = victims.Count(pair => pair.victim.Metadata.Labels.ContainsKey("kept"));
        if (gone > 0 && kept - gone < each.Least) return false;
        var there = state.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName is not null && !victims.Any(pair => pair.victim.Key == pod.Key)).Select(pod => (pod.Spec.NodeName, Amount.Of(pod).Cpu))
            .Concat(decisions.OfType<Placed>().Select(placed => ((string?)placed.Node, Amount.Of(placed.Pod).Cpu)))
            .Concat(decisions.OfType<Preempting>().Select(preempting => ((string?)preempting.Node, Amount.Of(preempting.Pod).Cpu)));
        return there.GroupBy(pod => pod.Item1).All(group => group.Sum(pod => pod.Cpu) <= 4000);
    }, iter: Clusters);

    [Fact]
    public void No_victim_could_have_stayed() => Crowded.Sample(each =>
    {
        var state = Filled(each.Nodes, each.Pods);
        var urgent = APod("u", "default", each.Urgent[0].Cpu * 100, 0, 6);
        if (Placement.Decide(state.With(urgent), [urgent])[0] is not Preempting preempting) return true;
        return preempting.Victims.All(stays =>
        {
            var others = preempting.Victims.Where(victim => victim.Key != stays.Key).Aggregate(state, (each, victim) => each.Without(victim.Key));
            return Placement.Decide(others, [urgent])[0] is not Placed placed || placed.Node != preempting.Node;
        });
    }, iter: Clusters);

    static ClusterState Filled(int nodes, (int Cpu, int Priority, bool Kept)[] pods)
    {
        var state = StateOf([.. Enumerable.Range(0, nodes).Select(i => ANode($"n{i}", 4000, 64)), .. pods.Select((pod, i) => APod($"p{i}", "default", pod.Cpu * 100, 0, pod.Priority, pod.Kept))]);
        foreach (var placed in Placement.Decide(state, Placement.Pending(state)).OfType<Placed>()) state = state.With(placed.Pod with { Spec = placed.Pod.Spec with { NodeName = placed.Node } });
        foreach (var pod in Placement.Pending(state)) state = state.Without(pod.Key);
        return state;
    }

    static ClusterState StateOf(IReadOnlyList<Resource> resources) => new Snapshot { Format = Snapshot.PresentFormat, Resources = [.. resources] }.ToState();

    static Node ANode(string name, int cpu, int gibibytes) => new()
    {
        Metadata = new ObjectMeta { Name = name, Uid = name },
        Status = new NodeStatus { Allocatable = AnyCluster.Amounts(cpu, gibibytes, 1000), Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }] },
    };

    static Pod APod(string name, string @namespace, int cpu, int gibibytes, int priority, bool kept = false) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = @namespace, Uid = name, Labels = kept ? new Dictionary<string, string> { ["kept"] = "yes" } : new Dictionary<string, string>() },
        Spec = new PodSpec { Priority = priority, Containers = [AnyCluster.AContainer("main", cpu, gibibytes, 0, 0)] },
        Status = new PodStatus { Conditions = [new Condition { Type = PodConditions.Ready, Status = ConditionStatus.True }] },
    };
}
