using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile;
using Orchestrator.Reconcile.Deployments;
using Orchestrator.Reconcile.Garbage;
using Orchestrator.Reconcile.ReplicaSets;
using Orchestrator.Scheduler;

namespace Orchestrator.ControlPlane.Scheduling;

/// <summary>
/// Sees what a change leads to: the state machine, the reconcilers and the scheduler take turns on a copy of the state until nobody has anything left to do, with
/// agents that start and stop pods at once. The cluster would do the same in more time. Pure.
/// </summary>
public sealed class Foresight
{
    /// <summary>More rounds than any rollout of a cluster of this size takes; a plan that does not settle says what it saw by then.</summary>
    const int MostRounds = 1000;

    readonly Ids _ids;
    readonly DateTimeOffset _start;
    DateTimeOffset _now;
    int _commands;

    readonly long _from;

    Foresight(ClusterState state, DateTimeOffset now) => (State, _from, _start, _now, _ids) = (state, state.Revision, now, now, new Ids((int)state.Revision));

    public ClusterState State { get; private set; }

    /// <summary>The pods that would be stopped for others.</summary>
    public HashSet<ResourceKey> Preempted { get; } = [];

    /// <summary>Why each pod waits that does so in the end.</summary>
    public Dictionary<ResourceKey, string> Waiting { get; } = [];

    /// <exception cref="InvalidOperationException">The state machine refuses the change.</exception>
    public static Foresight Of(ClusterState state, IReadOnlyList<Operation> change, DateTimeOffset now)
    {
        var foresight = new Foresight(state, now);
        if (change.Count > 0 && foresight.Write(change) is not Applied and var refused) throw new InvalidOperationException($"the change would be refused: {refused}");
        foresight.Settle();
        return foresight;
    }

    void Settle()
    {
        for (var round = 0; round < MostRounds; round++)
        {
            var before = State.Revision;
            foreach (var deployment in State.All<Deployment>(Deployment.KindName).ToList()) CarryOut(DeploymentReconciler.Reconcile(State, deployment, _now, _ids));
            foreach (var set in State.All<ReplicaSet>(ReplicaSet.KindName).ToList()) CarryOut(ReplicaSetReconciler.Reconcile(State, set, _now, _ids));
            CarryOut(GarbageReconciler.Reconcile(State));
            Place();
            Agents();
            _now = _now.AddSeconds(1);
            if (State.Revision == before) return;
        }
    }

    void Place()
    {
        Waiting.Clear();
        var decisions = Placement.Decide(State, Placement.Pending(State));
        foreach (var together in Bindings.Together([.. decisions.OfType<Placed>()])) Write(Bindings.Of(State, together));
        foreach (var preempting in decisions.OfType<Preempting>())
        {
            Preempted.UnionWith(preempting.Victims.Select(victim => victim.Key));
            Write(Bindings.Of(preempting, _start));
        }

        foreach (var unplaced in decisions.OfType<Unplaced>()) Waiting[unplaced.Pod.Key] = unplaced.Summary();
    }

    void Agents()
    {
        foreach (var pod in State.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName is not null).ToList())
        {
            if (pod.IsBeingDeleted()) Write([new Delete(pod.Key, pod.Metadata.Uid, GraceSeconds: 0)]);
            else if (pod.Status.Phase == PodPhase.Pending) Write([new UpdateStatus(pod with { Status = Running(pod) })]);
        }
    }

    PodStatus Running(Pod pod) => pod.Status with
    {
        Phase = PodPhase.Running,
        Conditions = pod.Status.Conditions.With(new Condition { Type = PodConditions.Ready, Status = ConditionStatus.True, LastTransitionTime = _now }),
    };

    void CarryOut(Plan plan)
    {
        if (!plan.IsEmpty) Write(plan.Operations);
    }

    ApplyResult Write(IReadOnlyList<Operation> operations)
    {
        var transition = StateMachine.Apply(State, new Command($"foresight-{_from}-{_commands++}", _now, "foresight") { Operations = operations });
        State = transition.Next;
        return transition.Result;
    }
}
