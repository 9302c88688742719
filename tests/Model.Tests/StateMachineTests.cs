using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Model.Tests;

public sealed class StateMachineTests
{
    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    ClusterState _state = ClusterState.Empty;
    int _requests;

    [Fact]
    public void What_is_empty_in_a_command_or_an_answer_is_empty_again_after_its_way_through_the_log()
    {
        var node = new ResourceKey(Node.KindName, "", "n1");
        var command = new Command("r", DateTimeOffset.UnixEpoch, "test") { Operations = [new Delete(node), new Expect(node, 0)] };
        Assert.Equal(command.Operations, ModelJson.Decode<Command>(ModelJson.Encode(command)).Operations);
        Assert.Empty(Assert.IsType<Applied>(ModelJson.Decode<ApplyResult>(ModelJson.Encode<ApplyResult>(new Applied(7, [])))).Resources);
        Assert.Empty(ModelJson.Decode<SnapshotRevision>(ModelJson.Encode(new SnapshotRevision(7, DateTimeOffset.UnixEpoch, "", []))).Changes);
    }

    [Fact]
    public void A_created_object_gets_a_revision_a_generation_and_its_time()
    {
        Apply(new Create(Web()));
        var stored = _state.Find<Deployment>(Deployment.KindName, "default", "web")!;
        Assert.Equal("1", stored.Metadata.ResourceVersion);
        Assert.Equal(1, stored.Metadata.Generation);
        Assert.Equal(Now, stored.Metadata.CreationTimestamp);
    }

    [Fact]
    public void A_second_object_of_the_same_name_is_refused()
    {
        Apply(new Create(Web()));
        Assert.IsType<AlreadyExists>(Apply(new Create(Web())));
        Assert.Equal(1, _state.Revision);
    }

    [Fact]
    public void A_command_changes_all_or_nothing()
    {
        var result = Apply(new Create(Web()), new Delete(new ResourceKey(Pod.KindName, "default", "nobody")));
        Assert.IsType<NotFound>(result);
        Assert.Equal(0, _state.Count);
    }

    [Fact]
    public void An_update_of_an_old_revision_conflicts()
    {
        Apply(new Create(Web()));
        var read = Stored();
        Apply(new Update(read with { Spec = read.Spec with { Replicas = 2 } }));
        var result = Assert.IsType<Conflict>(Apply(new Update(read with { Spec = read.Spec with { Replicas = 3 } })));
        Assert.Equal((1, 2), (result.Seen, result.Current));
        Assert.Equal(2, Stored().Spec.Replicas);
    }

    [Fact]
    public void An_update_keeps_the_status_and_a_status_update_keeps_the_spec()
    {
        Apply(new Create(Web()));
        Apply(new UpdateStatus(Stored() with { Status = new DeploymentStatus { Replicas = 7 }, Spec = new DeploymentSpec { Replicas = 99 } }));
        Assert.Equal((1, 7), (Stored().Spec.Replicas, Stored().Status.Replicas));
        Assert.Equal(1, Stored().Metadata.Generation);
        Apply(new Update(Stored() with { Status = new DeploymentStatus(), Spec = Stored().Spec with { Replicas = 5 } }));
        Assert.Equal((5, 7), (Stored().Spec.Replicas, Stored().Status.Replicas));
        Assert.Equal(2, Stored().Metadata.Generation);
    }

    [Fact]
    public void An_update_that_changes_nothing_takes_no_revision()
    {
        Apply(new Create(Web()));
        Apply(new Update(Stored()));
        Assert.Equal(1, _state.Revision);
    }

    [Fact]
    public void The_same_request_sent_twice_is_done_once()
    {
        var command = new Command("same", Now, "test") { Operations = [new Create(Web())] };
        Assert.IsType<Applied>(Apply(command));
        Assert.IsType<Applied>(Apply(command));
        Assert.Equal(1, _state.Revision);
    }

    [Fact]
    public void A_pod_on_a_node_is_marked_first_and_removed_when_it_has_stopped()
    {
        Apply(new Create(APod()), new OpenSession(ANode()));
        Apply(new Bind(APod().Key, "u1", "n1"));
        Apply(new Delete(APod().Key));
        var marked = (Pod)_state.Find(APod().Key)!;
        Assert.Equal(Now.AddSeconds(30), marked.Metadata.DeletionTimestamp);
        Apply(new Delete(APod().Key, "u1", GraceSeconds: 0));
        Assert.Null(_state.Find(APod().Key));
    }

    [Fact]
    public void A_pod_is_bound_once()
    {
        Apply(new Create(APod()), new OpenSession(ANode()));
        Assert.IsType<Applied>(Apply(new Bind(APod().Key, "u1", "n1")));
        Assert.IsType<Conflict>(Apply(new Bind(APod().Key, "u1", "n1")));
        Assert.True(((Pod)_state.Find(APod().Key)!).Status.Conditions.IsTrue(PodConditions.PodScheduled));
    }

    [Fact]
    public void A_leader_that_has_been_replaced_writes_nothing()
    {
        Apply(new ClaimLeadership("s1"));
        var epoch = _state.LeaderEpoch;
        Apply(new ClaimLeadership("s2"));
        var result = Apply(new Command("late", Now, "controller") { Fence = new Fence { LeaderEpoch = epoch }, Operations = [new Create(Web())] });
        Assert.IsType<Fenced>(result);
        Assert.Equal(0, _state.Count);
    }

    [Fact]
    public void A_node_with_a_newer_session_is_not_heard_in_its_old_one()
    {
        Apply(new OpenSession(ANode()));
        var first = Session();
        Apply(new OpenSession(ANode()));
        Assert.IsType<Fenced>(Apply(Written(first)));
        Assert.IsType<Applied>(Apply(Written(Session())));
    }

    [Fact]
    public void A_snapshot_reads_back_as_the_same_state()
    {
        Apply(new Create(Web()), new Create(APod()), new OpenSession(ANode()), new ClaimLeadership("s1"));
        var back = ModelJson.Decode<Snapshot>(ModelJson.Encode(Snapshot.Of(_state))).ToState();
        Assert.Equal(ModelJson.Encode(Snapshot.Of(_state)), ModelJson.Encode(Snapshot.Of(back)));
        Assert.Equal(_state.Count, back.Count);
    }

    static Command Written(NodeSession session) => new($"written-{session.Epoch}", Now, "node") { Fence = new Fence { Session = session } };

    NodeSession Session() => new("n1", _state.Find<Node>(Node.KindName, "", "n1")!.Status.SessionEpoch);

    Deployment Stored() => _state.Find<Deployment>(Deployment.KindName, "default", "web")!;

    static Deployment Web() => new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "d1" },
        Spec = new DeploymentSpec { Replicas = 1 },
    };

    static Pod APod() => new()
    {
        Metadata = new ObjectMeta { Name = "web-1", Namespace = "default", Uid = "u1" },
        Spec = new PodSpec { Containers = [new Container { Name = "web", Image = "web:1" }] },
    };

    static Node ANode() => new() { Metadata = new ObjectMeta { Name = "n1", Uid = "n1" } };

    ApplyResult Apply(params Operation[] operations) => Apply(new Command($"r{_requests++}", Now, "test") { Operations = operations });

    ApplyResult Apply(Command command)
    {
        // Through its encoding, as on every server that reads it from the log.
        var (next, result, _) = StateMachine.Apply(_state, ModelJson.Decode<Command>(ModelJson.Encode(command)));
        _state = next;
        return result;
    }
}
