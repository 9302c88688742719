using CsCheck;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

namespace Orchestrator.Scheduler.Tests;

/// <summary>What holds of placements in every cluster, whatever its nodes and pods are.</summary>
public sealed class PlacementProperties
{
    /// <summary>How many clusters each property is tried on; ORCH_CASES sets another number, such as 100000.</summary>
    static readonly int Clusters = int.TryParse(Environment.GetEnvironmentVariable("ORCH_CASES"), out var cases) ? cases : 1000;

    [Fact]
    public void No_node_is_filled_past_what_it_has_in_any_dimension() => AnyCluster.Any.Sample(each =>
    {
        var placed = Decided(each).OfType<Placed>().ToLookup(decision => decision.Node, decision => Amount.Of(decision.Pod));
        return each.Nodes.All(node => placed[node.Name].Aggregate(default(Amount), (sum, amount) => sum + amount).IsWithin(Amount.Of(node)));
    }, iter: Clusters);

    [Fact]
    public void No_device_is_shared_out_beyond_itself() => AnyCluster.Any.Sample(each =>
        Decided(each).OfType<Placed>().GroupBy(decision => decision.Node).All(group =>
        {
            var shares = group.SelectMany(decision => decision.Pod.Spec.Containers).Select(container => container.Resources.RequestOf(ResourceNames.GpuMilli).Units).Where(share => share > 0).OrderDescending().ToList();
            var whole = group.Sum(decision => decision.Pod.Spec.Containers.Sum(container => container.Resources.RequestOf(ResourceNames.Gpu).Units));
            var devices = each.Nodes.Single(node => node.Name == group.Key).Status.Allocatable[ResourceNames.Gpu].Units - whole;
            // Shares are 300 and 600 here: a device takes a 600 with a 300, or three of 300.
            var (large, small) = (shares.Count(share => share == 600), shares.Count(share => share == 300));
            return large <= devices && small <= large + (3 * (devices - large));
        }), iter: Clusters);

    [Fact]
    public void Every_placement_is_the_one_that_looking_at_all_nodes_would_choose() => AnyCluster.Any.Sample(each =>
    {
        var state = each.State();
        var pending = Placement.Pending(state);
        var oracle = Oracle.Decide(Cluster.Of(state, 0), pending);
        var decided = Placement.Decide(state, pending).ToDictionary(decision => decision.Pod.Name, decision => (decision as Placed)?.Node);
        return pending.Select((pod, i) => decided[pod.Name] == oracle[i]).All(same => same);
    }, iter: Clusters, print: each => each + "\n" + Text(Decided(each)));

    [Fact]
    public void The_same_cluster_gives_the_same_placements_in_whatever_order_it_is_told() =>
        Gen.Select(AnyCluster.Any, Gen.Int).Sample((each, seed) =>
        {
            var shuffled = each.State(new Random(seed));
            return Text(Decided(each)) == Text(Placement.Decide(shuffled, Placement.Pending(shuffled)));
        }, iter: Clusters);

    [Fact]
    public void Whoever_is_not_placed_is_told_why_of_every_node() => AnyCluster.Any.Sample(each => Decided(each).OfType<Unplaced>().All(unplaced =>
        unplaced.Refusals.Select(refusal => refusal.Node).SequenceEqual(each.Nodes.Select(node => node.Name))
        && unplaced.Refusals.All(refusal => refusal.Filter.Length > 0 && refusal.Summary.Length > 0 && refusal.Detail.Length > 0)
        && unplaced.Summary().StartsWith($"0/{each.Nodes.Count} nodes are available: ", StringComparison.Ordinal)), iter: Clusters);

    [Fact]
    public void Once_the_bindings_are_written_there_is_nothing_more_to_place() => AnyCluster.Any.Sample(each =>
    {
        var first = Decided(each);
        var state = AfterPlacing(each);
        var left = Placement.Pending(state);
        return left.Select(pod => pod.Name).Order(StringComparer.Ordinal).SequenceEqual(first.OfType<Unplaced>().Select(unplaced => unplaced.Pod.Name).Order(StringComparer.Ordinal))
            && Placement.Decide(state, left).All(decision => decision is Unplaced);
    }, iter: Clusters);

    /// <summary>The cluster once the bindings are written.</summary>
    internal static ClusterState AfterPlacing(AnyCluster.Case each) => (each with { Pods = [.. Decided(each).Select(decision => decision is Placed placed ? Bound(placed) : decision.Pod)] }).State();

    internal static Pod Bound(Placed placed) => placed.Pod with
    {
        Metadata = placed.Pod.Metadata with { Annotations = placed.Devices.Count == 0 ? placed.Pod.Metadata.Annotations : new Dictionary<string, string> { [Pod.DevicesAnnotation] = string.Join(',', placed.Devices) } },
        Spec = placed.Pod.Spec with { NodeName = placed.Node },
    };

    static IReadOnlyList<Decision> Decided(AnyCluster.Case each)
    {
        var state = each.State();
        return Placement.Decide(state, Placement.Pending(state));
    }

    static string Text(IEnumerable<Decision> decisions) =>
        string.Join('\n', decisions.Select(decision => decision is Unplaced unplaced ? $"{decision.Pod.Name}: {unplaced.Summary()}" : $"{decision.Pod.Name} -> {((Placed)decision).Node}"));
}
