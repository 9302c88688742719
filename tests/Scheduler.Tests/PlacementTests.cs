using CsCheck;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler.Tests;

public sealed class PlacementTests
{
    [Fact]
    public void A_pod_goes_to_a_node_in_use_that_still_has_room()
    {
        var state = Given([ANode("n1", 4000), ANode("n2", 4000), ANode("n3", 4000)], [Bound("a", "n2", 3000), Bound("b", "n3", 3500)]);
        Assert.Equal("n2", Place(state, APod("web", 1000)));
    }

    [Fact]
    public void Pods_of_one_owner_go_to_different_nodes_first()
    {
        var state = Given([ANode("n1", 4000), ANode("n2", 4000), ANode("n3", 4000)], []);
        var decisions = Placement.Decide(state, [APod("w1", 100, "web"), APod("w2", 100, "web"), APod("w3", 100, "web"), APod("w4", 100, "web")]);
        Assert.Equal(["n1", "n2", "n3", "n1"], decisions.Cast<Placed>().Select(placed => placed.Node));
    }

    [Fact]
    public void A_pod_that_fits_nowhere_says_why_in_one_line()
    {
        var state = Given([ANode("n1", 1000), ANode("n2", 1000) with { Spec = new NodeSpec { Unschedulable = true } }, ANode("n3", 8000)], [Bound("a", "n3", 7500)]);
        var unplaced = Assert.IsType<Unplaced>(Placement.Decide(state, [APod("big", 2000)]).Single());
        Assert.Equal("0/3 nodes are available: 2 Insufficient cpu, 1 node(s) were unschedulable.", unplaced.Summary());
        Assert.Equal("asks for 2 and 500m of 8 is free", unplaced.Refusals.Single(refusal => refusal.Node == "n3").Detail);
    }

    [Fact]
    public void Without_nodes_the_reason_says_so() =>
        Assert.Contains("no node has joined", Assert.IsType<Unplaced>(Placement.Decide(ClusterState.Empty, [APod("web", 1)]).Single()).Summary(), StringComparison.Ordinal);

    [Fact]
    public void A_node_that_is_not_ready_gets_nothing()
    {
        var lost = ANode("n1", 4000);
        lost = lost with { Status = lost.Status with { Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.Unknown }] } };
        Assert.Equal("n2", Place(Given([lost, ANode("n2", 4000)], []), APod("web", 100)));
    }

    [Fact]
    public void A_selector_and_a_taint_choose_the_node()
    {
        var gpu = ANode("n1", 4000) with { Spec = new NodeSpec { Taints = [new Taint { Key = "gpu", Effect = TaintEffect.NoSchedule }] } };
        var ssd = ANode("n2", 4000);
        ssd = ssd with { Metadata = ssd.Metadata with { Labels = new Dictionary<string, string> { ["disk"] = "ssd" } } };
        var state = Given([gpu, ssd], []);
        Assert.Equal("n2", Place(state, APod("web", 100)));
        var onGpu = APod("train", 100);
        Assert.Equal("n1", Place(state, onGpu with { Spec = onGpu.Spec with { Tolerations = [new Toleration { Key = "gpu", Operator = TolerationOperator.Exists }], NodeSelector = Empty } }));
        var picky = onGpu with { Spec = onGpu.Spec with { NodeSelector = new Dictionary<string, string> { ["disk"] = "nvme" } } };
        Assert.Null(Place(state, picky));
    }

    [Theory]
    [InlineData(NodeConditions.MemoryPressure, 100, true)]
    [InlineData(NodeConditions.MemoryPressure, 0, false)]
    [InlineData(NodeConditions.DiskPressure, 100, false)]
    [InlineData(NodeConditions.PidPressure, 100, false)]
    public void A_node_that_is_short_of_something_gets_no_pods_but_for_memory_those_that_ask_for_some(string pressure, int millicores, bool placed)
    {
        var node = ANode("n1", 4000);
        node = node with { Status = node.Status with { Conditions = [.. node.Status.Conditions, new Condition { Type = pressure, Status = ConditionStatus.True }] } };
        Assert.Equal(placed ? "n1" : null, Place(Given([node], []), APod("web", millicores)));
    }

    [Fact]
    public void Two_pods_never_share_a_host_port()
    {
        var state = Given([ANode("n1", 4000)], []);
        var decisions = Placement.Decide(state, [WithHostPort("a"), WithHostPort("b")]);
        Assert.IsType<Placed>(decisions[0]);
        Assert.Equal("node(s) didn't have free ports for the requested pod ports", Assert.IsType<Unplaced>(decisions[1]).Refusals.Single().Summary);
    }

    [Fact]
    public void A_node_is_never_filled_past_its_capacity_and_two_runs_agree() =>
        Gen.Select(Gen.Int[1, 8], Gen.Int[100, 2500].Array[1, 60]).Sample((nodes, sizes) =>
        {
            var state = Given([.. Enumerable.Range(1, nodes).Select(i => ANode($"n{i}", 4000))], []);
            var pods = sizes.Select((size, i) => APod($"p{i:00}", size)).ToList();
            var first = Placement.Decide(state, pods);
            var full = first.OfType<Placed>().GroupBy(placed => placed.Node).All(group => group.Sum(placed => Amount.Of(placed.Pod).Cpu) <= 4000);
            var again = Placement.Decide(state, pods);
            return full && first.Zip(again).All(pair => (pair.First as Placed)?.Node == (pair.Second as Placed)?.Node);
        }, iter: 300);

    static readonly IReadOnlyDictionary<string, string> Empty = new Dictionary<string, string>();

    static string? Place(ClusterState state, Pod pod) => (Placement.Decide(state, [pod]).Single() as Placed)?.Node;

    static ClusterState Given(IReadOnlyList<Node> nodes, IReadOnlyList<Pod> pods) => new Snapshot
    {
        Format = Snapshot.PresentFormat,
        Resources = [.. nodes, .. pods],
    }.ToState();

    static Node ANode(string name, int millicores) => new()
    {
        Metadata = new ObjectMeta { Name = name, Uid = name },
        Status = new NodeStatus
        {
            Allocatable = new Dictionary<string, Quantity>
            {
                [ResourceNames.Cpu] = Quantity.FromMillicores(millicores),
                [ResourceNames.Memory] = Quantity.Parse("8Gi"),
                [ResourceNames.Pods] = Quantity.FromCount(110),
            },
            Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }],
        },
    };

    static Pod APod(string name, int millicores, string? owner = null) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = "default",
            Uid = name,
            OwnerReferences = owner is null ? [] : [new OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = owner, Uid = owner, Controller = true }],
        },
        Spec = new PodSpec
        {
            Containers =
            [
                new Container
                {
                    Name = "main",
                    Image = "busybox",
                    Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { [ResourceNames.Cpu] = Quantity.FromMillicores(millicores) } },
                },
            ],
        },
    };

    static Pod Bound(string name, string node, int millicores)
    {
        var pod = APod(name, millicores);
        return pod with { Spec = pod.Spec with { NodeName = node } };
    }

    static Pod WithHostPort(string name)
    {
        var pod = APod(name, 10);
        return pod with { Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { Ports = [new ContainerPort { Port = 80, HostPort = 8080 }] }] } };
    }
}
