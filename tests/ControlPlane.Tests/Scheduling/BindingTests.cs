using CsCheck;
using Orchestrator.ControlPlane.Scheduling;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Scheduler;

namespace Orchestrator.ControlPlane.Tests.Scheduling;

/// <summary>Bindings are checked again at commit: whoever decided by an older revision of a node is refused.</summary>
public sealed class BindingTests
{
    const int Cases = 500;

    [Fact]
    public void Two_schedulers_at_once_never_overfill_a_node() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[100, 2500].Array[1, 40], Gen.Int).Sample((nodes, sizes, seed) =>
        {
            var random = new Random(seed);
            var state = StateOf(nodes, sizes);
            for (var round = 0; round < 6; round++)
            {
                var writes = new[] { 0, seed | 1 }.SelectMany(each => Transactions(state, each)).ToArray();
                random.Shuffle(writes);
                foreach (var operations in writes) state = StateMachine.Apply(state, Command(operations)).Next;
                if (Fullest(state) > Room) return false;
            }

            return Placement.Decide(state, Placement.Pending(state)).All(decision => decision is Unplaced);
        }, iter: Cases);

    [Fact]
    public void The_second_of_two_that_decided_by_the_same_revision_of_a_node_is_refused_and_changes_nothing()
    {
        var state = StateOf(1, [1000]);
        var operations = Transactions(state, 0).Single();
        var second = StateOf(1, [1000, 1000]);
        var both = Placement.Decide(second, Placement.Pending(second)).OfType<Placed>().Select(placed => Bindings.Of(second, [placed])).ToList();
        var after = StateMachine.Apply(second, Command(both[0])).Next;
        var refused = StateMachine.Apply(after, Command(both[1]));
        Assert.IsType<Applied>(StateMachine.Apply(state, Command(operations)).Result);
        Assert.IsType<Conflict>(refused.Result);
        Assert.Equal(after.Revision, refused.Next.Revision);
    }

    [Fact]
    public void A_cordon_between_the_decision_and_its_binding_is_seen()
    {
        var state = StateOf(1, [1000]);
        var operations = Transactions(state, 0).Single();
        var node = state.All<Node>(Node.KindName).Single();
        var cordoned = StateMachine.Apply(state, Command([new Update(node with { Spec = node.Spec with { Unschedulable = true } })])).Next;
        Assert.IsType<Conflict>(StateMachine.Apply(cordoned, Command(operations)).Result);
    }

    const int Room = 4000;

    static IEnumerable<IReadOnlyList<Operation>> Transactions(ClusterState state, int seed) =>
        Bindings.Together([.. Placement.Decide(state, Placement.Pending(state), seed).OfType<Placed>()]).Select(placed => Bindings.Of(state, placed));

    static Command Command(IReadOnlyList<Operation> operations) => new(Guid.NewGuid().ToString("N"), DateTimeOffset.UnixEpoch, "test") { Operations = operations };

    static long Fullest(ClusterState state) => state.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName is not null)
        .GroupBy(pod => pod.Spec.NodeName).Select(group => group.Sum(pod => pod.Spec.Containers[0].Resources.RequestOf("cpu").Millis)).DefaultIfEmpty().Max();

    static ClusterState StateOf(int nodes, int[] sizes)
    {
        var created = Enumerable.Range(0, nodes).Select(i => (Resource)new Node
        {
            Metadata = new ObjectMeta { Name = $"n{i}", Uid = $"n{i}" },
            Status = new NodeStatus
            {
                Allocatable = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMillicores(Room), ["pods"] = Quantity.FromCount(110) },
                Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }],
            },
        }).Concat(sizes.Select((size, i) => new Pod
        {
            Metadata = new ObjectMeta { Name = $"p{i}", Namespace = "default", Uid = $"p{i}" },
            Spec = new PodSpec { Containers = [new Container { Name = "main", Image = "main", Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMillicores(size) } } }] },
        }));
        return StateMachine.Apply(ClusterState.Empty, Command([.. created.Select(resource => new Create(resource))])).Next;
    }
}
