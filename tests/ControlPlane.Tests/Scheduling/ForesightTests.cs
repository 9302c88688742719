using CsCheck;
using Orchestrator.ControlPlane.Scheduling;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;
using Orchestrator.Scheduler.Rebalancing;

namespace Orchestrator.ControlPlane.Tests.Scheduling;

public sealed class ForesightTests
{
    const int Cases = 200;

    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    static readonly Create Default = new(new Namespace { Metadata = new ObjectMeta { Name = "default", Uid = "default" } });

    static readonly Gen<ClusterState> AnyCluster = Gen.Select(Gen.Int[1, 5], Gen.Select(Gen.Int[1, 6], Gen.Int[1, 20]).Array[0, 4]).Select((nodes, deployments) =>
        Foresight.Of(ClusterState.Empty, [Default, .. Enumerable.Range(0, nodes).Select(i => new Create(ANode($"n{i}"))), .. deployments.Select((each, i) => new Create(ADeployment($"d{i}", each.Item1, each.Item2 * 100)))], Now).State);

    [Fact]
    public void A_plan_made_twice_foretells_the_same_nodes() =>
        Gen.Select(AnyCluster, Gen.Int[1, 6], Gen.Int[1, 20]).Sample((state, replicas, cpu) =>
        {
            IReadOnlyList<Operation> change = [new Create(ADeployment("fresh", replicas, cpu * 100))];
            return Nodes(Foresight.Of(state, change, Now).State).SequenceEqual(Nodes(Foresight.Of(state, change, Now.AddDays(1)).State));
        }, iter: Cases);

    [Fact]
    public void Nothing_runs_on_a_drained_node_and_what_ran_there_runs_elsewhere_or_waits() =>
        AnyCluster.Sample(state =>
        {
            var after = Foresight.Of(state, Suppositions.Drain(state, "n0")!, Now);
            var wanted = state.All<Deployment>(Deployment.KindName).Sum(each => each.Spec.Replicas ?? 1);
            var pods = after.State.All<Pod>(Pod.KindName).ToList();
            return pods.TrueForAll(pod => pod.Spec.NodeName != "n0") && pods.Count == wanted && pods.Count(pod => pod.Spec.NodeName is null) == after.Waiting.Count;
        }, iter: Cases);

    [Fact]
    public void With_more_nodes_no_pod_that_ran_waits() =>
        AnyCluster.Sample(state =>
        {
            var after = Foresight.Of(state, Suppositions.Add("2x4c8g")!, Now).State;
            return state.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName is not null).All(pod => after.Find<Pod>(Pod.KindName, pod.Namespace, pod.Name)?.Spec.NodeName == pod.Spec.NodeName);
        }, iter: Cases);

    [Fact]
    public void Moves_fit_where_they_go_and_leave_the_freed_nodes_empty() =>
        AnyCluster.Sample(state =>
        {
            var moves = Rebalance.Find(state, mostMoves: 100);
            var moved = moves.All.Aggregate(state, (each, move) => each.With(move.Pod with { Spec = move.Pod.Spec with { NodeName = move.To } }));
            return moves.Freed.All(node => !Nodes(moved).Contains(node))
                && moved.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName is not null).GroupBy(pod => pod.Spec.NodeName).All(group => group.Sum(pod => pod.Spec.Containers[0].Resources.RequestOf("cpu").Millis) <= 4000);
        }, iter: Cases);

    [Fact]
    public void A_zone_that_is_lost_takes_its_pods_along_and_no_others()
    {
        var state = Foresight.Of(ClusterState.Empty, [Default, new Create(ANode("a1", "a")), new Create(ANode("b1", "b")), new Create(ADeployment("web", 4, 1500))], Now).State;
        Assert.True(LabelSelectorText.TryParse("zone=a", out var zone, out _));
        var after = Foresight.Of(state, Suppositions.Lose(state, zone, Now)!, Now);
        Assert.Equal(["b1", "b1"], Nodes(after.State));
        Assert.Equal(2, after.Waiting.Count);
        Assert.Null(Suppositions.Lose(state, new LabelSelector { MatchLabels = new Dictionary<string, string> { ["zone"] = "c" } }, Now));
    }

    [Theory]
    [InlineData("2x4c8g", 2)]
    [InlineData("1x1c1g", 1)]
    [InlineData("0x4c8g", null)]
    [InlineData("4c8g", null)]
    [InlineData("2x4c8g extra", null)]
    public void Nodes_to_add_are_read_from_one_word(string text, int? nodes) => Assert.Equal(nodes, Suppositions.Add(text)?.Count);

    static List<string> Nodes(ClusterState state) => [.. state.All<Pod>(Pod.KindName).Select(pod => pod.Spec.NodeName).OfType<string>().Order(StringComparer.Ordinal)];

    static Node ANode(string name, string zone = "a") => new()
    {
        Metadata = new ObjectMeta { Name = name, Uid = name, Labels = new Dictionary<string, string> { ["zone"] = zone } },
        Status = new NodeStatus
        {
            Allocatable = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMillicores(4000), ["memory"] = Quantity.Parse("8Gi"), ["pods"] = Quantity.FromCount(110) },
            Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }],
        },
    };

    static Deployment ADeployment(string name, int replicas, int cpu)
    {
        var labels = new Dictionary<string, string> { ["app"] = name };
        return new Deployment
        {
            Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = name },
            Spec = new DeploymentSpec
            {
                Replicas = replicas,
                Selector = new LabelSelector { MatchLabels = labels },
                Template = new PodTemplate
                {
                    Metadata = new ObjectMeta { Labels = labels },
                    Spec = new PodSpec { Containers = [new Container { Name = "main", Image = "main", Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMillicores(cpu) } } }] },
                },
            },
        };
    }
}
