using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Evictions;

namespace Orchestrator.Reconcile.Tests.Evictions;

/// <summary>A node that empties itself before it stops.</summary>
public sealed class NodeDrainTests
{
    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Only_what_is_made_anew_elsewhere_is_asked_to_leave()
    {
        var state = State(Machine(), Pod("web", "ReplicaSet"), Pod("db", "StatefulSet"), Pod("log", "DaemonSet"), Pod("bare", null), Pod("done", "Job", phase: PodPhase.Succeeded), Pod("away", "ReplicaSet", node: "n2"));
        var (operations, left) = NodeDrain.Decide(state, "n1", Now);
        Assert.Equal(["db", "web"], left.Select(pod => pod.Name));
        var updated = operations.Cast<Update>().Select(update => update.Resource).ToList();
        Assert.True(Assert.Single(updated.OfType<Node>()).Spec.Unschedulable);
        Assert.Equal(["db", "web"], updated.OfType<Pod>().Where(Eviction.IsAsked).Select(pod => pod.Name).Order());
    }

    [Fact]
    public void Who_was_asked_already_is_waited_for_and_not_asked_again()
    {
        var state = State(Machine(cordoned: true), Eviction.Ask(Pod("web", "ReplicaSet"), Now));
        var (operations, left) = NodeDrain.Decide(state, "n1", Now);
        Assert.Empty(operations);
        Assert.Equal("web", Assert.Single(left).Name);
    }

    [Fact]
    public void A_start_takes_back_what_the_stop_did_and_nothing_that_a_person_did()
    {
        var drained = (Node)Assert.IsType<Update>(NodeDrain.Decide(State(Machine()), "n1", Now).Operations[0]).Resource;
        var undone = (Node)Assert.IsType<Update>(Assert.Single(NodeDrain.Undo(State(drained), "n1"))).Resource;
        Assert.False(undone.Spec.Unschedulable);
        Assert.Empty(undone.Metadata.Annotations);
        Assert.Empty(NodeDrain.Undo(State(Machine(cordoned: true)), "n1"));
    }

    static ClusterState State(params Resource[] resources) => resources.Aggregate(ClusterState.Empty, (state, resource) => state.With(resource));

    static Node Machine(bool cordoned = false) => new() { Metadata = new ObjectMeta { Name = "n1", Uid = "n1" }, Spec = new NodeSpec { Unschedulable = cordoned } };

    static Pod Pod(string name, string? owner, string node = "n1", PodPhase phase = PodPhase.Running) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = "default",
            Uid = name,
            OwnerReferences = owner is null ? [] : [new OwnerReference { ApiVersion = "apps/v1", Kind = owner, Name = "owner", Uid = "owner", Controller = true }],
        },
        Spec = new PodSpec { NodeName = node },
        Status = new PodStatus { Phase = phase },
    };
}
