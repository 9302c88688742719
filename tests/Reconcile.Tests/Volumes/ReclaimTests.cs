using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Storage;
using Orchestrator.Reconcile.Volumes;

namespace Orchestrator.Reconcile.Tests.Volumes;

/// <summary>Volumes that go with what is in them.</summary>
public sealed class ReclaimTests
{
    static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly Node Machine = new() { Metadata = new ObjectMeta { Name = "n1", Uid = "n1" } };

    [Theory]
    [InlineData(VolumePhase.Released, ReclaimPolicy.Delete, true)]
    [InlineData(VolumePhase.Released, ReclaimPolicy.Retain, false)]
    [InlineData(VolumePhase.Bound, ReclaimPolicy.Delete, false)]
    public void A_volume_goes_when_its_claim_is_gone_and_its_policy_says_so(VolumePhase phase, ReclaimPolicy policy, bool goes)
    {
        var due = Reclaim.Due(State(Machine, Volume(phase, policy)));
        Assert.Equal(goes ? ["n1"] : [], due.Select(each => each.Node));
    }

    [Fact]
    public void It_waits_for_the_last_pod_that_may_have_it()
    {
        Assert.Empty(Reclaim.Due(State(Machine, Volume(), Pod(Start))));
        Assert.Empty(Reclaim.Due(State(Machine, Volume(), Pod(Start), Claim(Start.AddSeconds(1)))));
        Assert.Single(Reclaim.Due(State(Machine, Volume(), Pod(Start, claim: "other"))));
        Assert.Single(Reclaim.Due(State(Machine, Volume(), Pod(Start, node: null))));
    }

    [Fact]
    public void A_pod_of_a_new_claim_of_the_same_name_does_not_keep_it() =>
        Assert.Single(Reclaim.Due(State(Machine, Volume(), Claim(Start), Pod(Start.AddSeconds(1)))));

    [Fact]
    public void Of_a_node_that_was_taken_out_of_the_cluster_nothing_is_asked() =>
        Assert.Null(Assert.Single(Reclaim.Due(State(Volume()))).Node);

    static ClusterState State(params Resource[] resources) => resources.Aggregate(ClusterState.Empty, (state, each) => state.With(each));

    static PersistentVolume Volume(VolumePhase phase = VolumePhase.Released, ReclaimPolicy policy = ReclaimPolicy.Delete) => new()
    {
        Metadata = new ObjectMeta { Name = "pvc-1", Uid = "v" },
        Spec = new PersistentVolumeSpec
        {
            PersistentVolumeReclaimPolicy = policy,
            ClaimRef = new ClaimReference { Namespace = "default", Name = "data", Uid = "c" },
            NodeAffinity = new VolumeNodeAffinity
            {
                Required = new NodeSelector { NodeSelectorTerms = [new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = "kubernetes.io/hostname", Operator = NodeSelectorOperator.In, Values = ["n1"] }] }] },
            },
        },
        Status = new PersistentVolumeStatus { Phase = phase },
    };

    static PersistentVolumeClaim Claim(DateTimeOffset made) => new() { Metadata = new ObjectMeta { Name = "data", Namespace = "default", Uid = "next", CreationTimestamp = made } };

    static Pod Pod(DateTimeOffset made, string claim = "data", string? node = "n1") => new()
    {
        Metadata = new ObjectMeta { Name = "db", Namespace = "default", Uid = "p", CreationTimestamp = made },
        Spec = new PodSpec { NodeName = node, Volumes = [new Volume { Name = "data", PersistentVolumeClaim = new ClaimVolume { ClaimName = claim } }] },
    };
}
