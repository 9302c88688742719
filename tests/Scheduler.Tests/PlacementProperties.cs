using CsCheck;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler.Tests;

/// <summary>What holds of placements in every cluster, whatever its nodes and pods are.</summary>
public sealed class PlacementProperties
{
    const int Clusters = 400;

    static readonly Gen<Node> AnyNode = Gen.Select(Gen.Int[0, 40], Gen.Int[0, 16], Gen.Int[0, 12], Gen.Int[0, 9]).Select((cpu, memory, pods, kind) =>
        new Node
        {
            Spec = kind switch
            {
                0 => new NodeSpec { Unschedulable = true },
                1 => new NodeSpec { Taints = [new Taint { Key = "own", Effect = TaintEffect.NoSchedule }] },
                2 => new NodeSpec { Taints = [new Taint { Key = "spare", Effect = TaintEffect.PreferNoSchedule }] },
                _ => new NodeSpec(),
            },
            Status = new NodeStatus
            {
                Allocatable = Amounts(cpu * 100, memory, pods),
                Conditions = [new Condition { Type = NodeConditions.Ready, Status = kind == 3 ? ConditionStatus.Unknown : ConditionStatus.True }],
            },
        });

    static readonly Gen<Pod> AnyPod = Gen.Select(Gen.Int[0, 12], Gen.Int[0, 6], Gen.Int[0, 20], Gen.Int[0, 5], Gen.Int[0, 12]).Select((cpu, memory, init, owner, port) =>
        new Pod
        {
            Metadata = new ObjectMeta { OwnerReferences = owner == 0 ? [] : [new OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = $"set{owner}", Uid = $"set{owner}", Controller = true }] },
            Spec = new PodSpec
            {
                Containers = [AContainer("main", cpu * 100, memory) with { Ports = port == 0 ? [new ContainerPort { Port = 80, HostPort = 8080 }] : [] }],
                InitContainers = init > 15 ? [AContainer("init", init * 100, memory)] : [],
            },
        });

    static readonly Gen<Case> AnyCase = Gen.Select(AnyNode.Array[0, 8], AnyPod.Array[0, 30]).Select((nodes, pods) => new Case(
        [.. nodes.Select((node, i) => node with { Metadata = new ObjectMeta { Name = $"n{i}", Uid = $"n{i}" } })],
        [.. pods.Select((pod, i) => pod with { Metadata = pod.Metadata with { Name = $"p{i:00}", Namespace = "default", Uid = $"p{i:00}" } })]));

    [Fact]
    public void No_node_is_filled_past_what_it_has_in_any_dimension() => AnyCase.Sample(each =>
    {
        var placed = Decided(each).OfType<Placed>().ToLookup(decision => decision.Node, decision => Amount.Of(decision.Pod.Spec));
        return each.Nodes.All(node =>
        {
            var has = Amount.AllocatableOf(node);
            var taken = placed[node.Name].Aggregate(default(Amount), (sum, amount) => sum + amount);
            return taken.CpuMillicores <= has.CpuMillicores && taken.MemoryBytes <= has.MemoryBytes && taken.Pods <= has.Pods;
        });
    }, iter: Clusters);

    [Fact]
    public void The_same_cluster_gives_the_same_placements_in_whatever_order_it_is_told() =>
        Gen.Select(AnyCase, Gen.Int).Sample((each, seed) =>
        {
            var shuffled = StateOf(each.Nodes, each.Pods, new Random(seed));
            return Text(Decided(each)) == Text(Placement.Decide(shuffled, Placement.Pending(shuffled)));
        }, iter: Clusters);

    [Fact]
    public void Of_equal_nodes_the_fullest_that_still_has_room_is_taken() =>
        Gen.Select(Gen.Int[0, 10].Array[1, 8], Gen.Int[1, 10]).Sample((taken, asked) =>
        {
            var nodes = taken.Select((_, i) => new Node
            {
                Metadata = new ObjectMeta { Name = $"n{i}", Uid = $"n{i}" },
                Status = new NodeStatus { Allocatable = Amounts(1000, 8, 110), Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }] },
            }).ToList();
            var bound = taken.Select((tenths, i) => Named($"b{i}", tenths) with { Spec = new PodSpec { NodeName = $"n{i}", Containers = [AContainer("main", tenths * 100, 0)] } });
            var state = StateOf(nodes, [.. bound], null);
            var fits = taken.Where(tenths => tenths + asked <= 10).ToList();
            var decision = Placement.Decide(state, [Named("new", asked)]).Single();
            return fits.Count == 0 ? decision is Unplaced : decision is Placed { Node: var node } && taken[int.Parse(node.AsSpan(1))] == fits.Max();
        }, iter: Clusters);

    [Fact]
    public void Whoever_is_not_placed_is_told_why_of_every_node() => AnyCase.Sample(each => Decided(each).OfType<Unplaced>().All(unplaced =>
        unplaced.Refusals.Select(refusal => refusal.Node).SequenceEqual(each.Nodes.Select(node => node.Name))
        && unplaced.Refusals.All(refusal => refusal.Filter.Length > 0 && refusal.Summary.Length > 0 && refusal.Detail.Length > 0)
        && unplaced.Summary().StartsWith($"0/{each.Nodes.Count} nodes are available: ", StringComparison.Ordinal)), iter: Clusters);

    [Fact]
    public void Once_the_bindings_are_written_there_is_nothing_more_to_place() => AnyCase.Sample(each =>
    {
        var first = Decided(each);
        var bound = first.Select(decision => decision is Placed placed ? placed.Pod with { Spec = placed.Pod.Spec with { NodeName = placed.Node } } : decision.Pod).ToList();
        var state = StateOf(each.Nodes, bound, null);
        var left = Placement.Pending(state);
        return left.Select(pod => pod.Name).SequenceEqual(first.OfType<Unplaced>().Select(unplaced => unplaced.Pod.Name))
            && Placement.Decide(state, left).All(decision => decision is Unplaced);
    }, iter: Clusters);

    sealed record Case(IReadOnlyList<Node> Nodes, IReadOnlyList<Pod> Pods)
    {
        public override string ToString() =>
            string.Join("; ", Nodes.Select(node => $"{node.Name} {Amount.AllocatableOf(node)}, {Amount.AllocatableOf(node).Pods} pods")) + " | " + string.Join("; ", Pods.Select(pod => $"{pod.Name} {Amount.Of(pod.Spec)}"));
    }

    static IReadOnlyList<Decision> Decided(Case each)
    {
        var state = StateOf(each.Nodes, each.Pods, null);
        return Placement.Decide(state, Placement.Pending(state));
    }

    static string Text(IEnumerable<Decision> decisions) =>
        string.Join('\n', decisions.Select(decision => decision is Unplaced unplaced ? $"{decision.Pod.Name}: {unplaced.Summary()}" : $"{decision.Pod.Name} -> {((Placed)decision).Node}"));

    static ClusterState StateOf(IReadOnlyList<Node> nodes, IReadOnlyList<Pod> pods, Random? order)
    {
        Resource[] resources = [.. nodes, .. pods];
        order?.Shuffle(resources);
        return new Snapshot { Format = Snapshot.PresentFormat, Resources = [.. resources] }.ToState();
    }

    static Pod Named(string name, int tenths) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = name },
        Spec = new PodSpec { Containers = [AContainer("main", tenths * 100, 0)] },
    };

    static Container AContainer(string name, int millicores, int gibibytes) => new()
    {
        Name = name,
        Image = "busybox",
        Resources = new ResourceRequirements
        {
            Requests = new Dictionary<string, Quantity> { [ResourceNames.Cpu] = Quantity.FromMillicores(millicores), [ResourceNames.Memory] = Quantity.FromBytes((long)gibibytes << 30) },
        },
    };

    static Dictionary<string, Quantity> Amounts(int millicores, int gibibytes, int pods) => new()
    {
        [ResourceNames.Cpu] = Quantity.FromMillicores(millicores),
        [ResourceNames.Memory] = Quantity.FromBytes((long)gibibytes << 30),
        [ResourceNames.Pods] = Quantity.FromCount(pods),
    };
}
