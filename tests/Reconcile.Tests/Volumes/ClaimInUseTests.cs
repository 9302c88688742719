using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Storage;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile.StatefulSets;
using Orchestrator.Reconcile.Volumes;

namespace Orchestrator.Reconcile.Tests.Volumes;

/// <summary>A claim is not taken from under a pod.</summary>
public sealed class ClaimInUseTests
{
    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly PersistentVolumeClaim Claim = new() { Metadata = new ObjectMeta { Name = "data", Namespace = "default", Uid = "c" }, Spec = new PersistentVolumeClaimSpec { VolumeName = "pvc-c" } };

    int _requests;

    [Fact]
    public void One_that_a_pod_uses_stays_until_the_pod_has_ended()
    {
        var state = Apply(ClusterState.Empty.With(Claim).With(Pod("n1")), new Delete(Claim.Key));
        Assert.True(Of(state)!.IsBeingDeleted());
        Assert.True(ClaimReconciler.Reconcile(state, Of(state)!).IsEmpty);
        Assert.Same(Of(state), Of(Apply(state, new Delete(Claim.Key)))); // once is enough

        state = Apply(state, new UpdateStatus(Pod("n1") with { Status = new PodStatus { Phase = PodPhase.Succeeded } }));
        state = Apply(state, [.. ClaimReconciler.Reconcile(state, Of(state)!).Operations]);
        Assert.Null(Of(state));
    }

    [Theory]
    [InlineData(null, "data")] // not on a node yet
    [InlineData("n1", "other")]
    public void One_that_no_pod_uses_goes_at_once(string? node, string used) =>
        Assert.Null(Of(Apply(ClusterState.Empty.With(Claim).With(Pod(node, used)), new Delete(Claim.Key))));

    [Fact]
    public void A_pod_of_a_StatefulSet_that_waits_without_its_claim_is_given_a_new_one()
    {
        var set = new StatefulSet
        {
            Metadata = new ObjectMeta { Name = "db", Namespace = "default", Uid = "s" },
            Spec = new StatefulSetSpec
            {
                ServiceName = "db", Replicas = 1, Selector = new LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "db" } },
                Template = new PodTemplate { Metadata = new ObjectMeta { Labels = new Dictionary<string, string> { ["app"] = "db" } }, Spec = new PodSpec() },
                VolumeClaimTemplates = [new ClaimTemplate { Metadata = new ObjectMeta { Name = "data" }, Spec = new PersistentVolumeClaimSpec() }],
            },
        };
        var state = ClusterState.Empty.With(set);
        List<Operation> made = [];
        for (var round = 0; round < 3; round++)
        {
            var plan = StatefulSetReconciler.Reconcile(state, state.Find<StatefulSet>(StatefulSet.KindName, "default", "db")!, Now, new Ids(round));
            made.AddRange(plan.Operations.OfType<Create>().Where(create => create.Resource is PersistentVolumeClaim));
            state = Apply(state, [.. plan.Operations]);
            if (round == 1) state = Apply(state, new Delete(new ResourceKey(PersistentVolumeClaim.KindName, "default", "data-db-0")));
        }

        Assert.Equal(2, made.Count);
        Assert.Single(state.All<Pod>(Model.Pods.Pod.KindName));
    }

    ClusterState Apply(ClusterState state, params Operation[] operations)
    {
        if (operations.Length == 0) return state;
        var transition = StateMachine.Apply(state, new Command($"r{++_requests}", Now, "test") { Operations = operations });
        Assert.IsType<Applied>(transition.Result);
        return transition.Next;
    }

    static PersistentVolumeClaim? Of(ClusterState state) => state.Find<PersistentVolumeClaim>(PersistentVolumeClaim.KindName, "default", "data");

    static Pod Pod(string? node, string claim = "data") => new()
    {
        Metadata = new ObjectMeta { Name = "db", Namespace = "default", Uid = "p" },
        Spec = new PodSpec { NodeName = node, Volumes = [new Volume { Name = "data", PersistentVolumeClaim = new ClaimVolume { ClaimName = claim } }] },
    };
}
