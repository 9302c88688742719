using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.Reconcile.Nodes;

namespace Orchestrator.Reconcile.Tests.Nodes;

/// <summary>When a node is short of something, and who leaves it.</summary>
public sealed class NodePressureTests
{
    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Those_that_take_more_than_they_asked_for_leave_first_then_the_less_important_then_the_greediest()
    {
        List<PodConsumption> pods =
        [
            Pod("within", request: 100, memory: 90, priority: 0),
            Pod("important", request: 10, memory: 500, priority: 100),
            Pod("greedy", request: 10, memory: 60, priority: 0),
            Pod("greedier", request: 50, memory: 200, priority: 0),
            Pod("nothing-asked", request: 0, memory: 70, priority: 0),
            Pod("needed", request: 0, memory: 900, priority: NodePressure.SystemCritical),
        ];
        List<string> gone = [];
        while (NodePressure.Victim(Signal.Memory, pods) is { } victim)
        {
            gone.Add(victim.Pod.Name);
            pods.Remove(victim);
        }

        Assert.Equal(["greedier", "nothing-asked", "greedy", "important", "within"], gone);
        Assert.Equal("needed", Assert.Single(pods).Pod.Name);
    }

    [Fact]
    public void A_message_says_of_what_how_little_was_left_and_what_the_pod_took()
    {
        var threshold = new Threshold(Signal.Memory, null, 10);
        var supply = new Supply(50 << 20, 1000 << 20);
        Assert.True(threshold.IsMet(supply));
        Assert.Equal("The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Its containers used 64Mi and requested 32Mi.",
            NodePressure.Message(threshold, supply, Pod("web", 32 << 20, 64 << 20, 0)));
        Assert.False(threshold.IsMet(supply with { Available = 100 << 20 }));
    }

    [Fact]
    public void A_node_counts_as_short_for_some_time_so_that_pods_do_not_go_to_and_fro()
    {
        Dictionary<Signal, DateTimeOffset> lastShort = new() { [Signal.Disk] = Now.AddMinutes(-6), [Signal.Inodes] = Now.AddMinutes(-4), [Signal.Memory] = Now };
        Assert.Equal([NodeConditions.DiskPressure, NodeConditions.MemoryPressure], NodePressure.Told(lastShort, Now));
        Assert.Equal([NodeConditions.MemoryPressure], NodePressure.Told(lastShort, Now.AddMinutes(2)));
        Assert.Empty(NodePressure.Told(lastShort, Now.AddMinutes(5)));
    }

    [Fact]
    public void What_a_node_tells_becomes_conditions_once_and_taints_while_they_hold()
    {
        var node = new Node
        {
            Metadata = new ObjectMeta { Name = "n1" },
            Status = new NodeStatus { Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }] },
        };
        Assert.Null(NodePressure.Told(node, [], Now));
        var pressed = NodePressure.Told(node, [NodeConditions.MemoryPressure], Now)!;
        Assert.Equal([NodeConditions.MemoryTaint], pressed.Taints().Select(taint => taint.Key));
        Assert.Null(NodePressure.Told(pressed, [NodeConditions.MemoryPressure], Now.AddSeconds(1)));
        var well = NodePressure.Told(pressed, [], Now.AddSeconds(2))!;
        Assert.Empty(well.Taints());
        Assert.Equal(Now.AddSeconds(2), well.Status.Conditions.Find(NodeConditions.MemoryPressure)!.LastTransitionTime);
    }

    static PodConsumption Pod(string name, long request, long memory, int priority) => new(new Pod
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = name },
        Spec = new PodSpec
        {
            Priority = priority,
            Containers = [new Container { Name = "main", Image = "x", Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { [ResourceNames.Memory] = Quantity.FromBytes(request) } } }],
        },
    }, memory, 0, 0, 0);
}
