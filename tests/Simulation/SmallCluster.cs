using System.Net;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile;
using Orchestrator.Reconcile.Deployments;
using Orchestrator.Reconcile.Garbage;
using Orchestrator.Reconcile.Nodes;
using Orchestrator.Reconcile.ReplicaSets;
using Orchestrator.Reconcile.Services;
using Orchestrator.Scheduler;

namespace Orchestrator.Simulation;

/// <summary>
/// A whole cluster in one thread and one seed: the real state machine, reconcilers and scheduler, with agents that do in one step what real
/// ones take seconds for. Time moves only when it is told to.
/// </summary>
sealed class SmallCluster(int seed)
{
    readonly Random _random = new(seed);
    readonly HashSet<string> _dead = new(StringComparer.Ordinal);
    int _requests;
    bool _agentsTakeTheirTime;

    public ClusterState State { get; private set; } = ClusterState.Empty;

    public DateTimeOffset Now { get; private set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Called after every command that was applied.</summary>
    public Action<ClusterState>? Watched { get; set; }

    public IReadOnlyList<Pod> Pods => [.. State.All<Pod>(Pod.KindName)];

    public IReadOnlyList<Pod> Ready => [.. Pods.Where(pod => pod.IsReady() && !pod.IsBeingDeleted())];

    public void Start(int nodes)
    {
        Write(new Create(new Namespace { Metadata = new ObjectMeta { Name = Namespace.Default, Uid = "ns-default" } }));
        for (var i = 1; i <= nodes; i++)
        {
            Write(new OpenSession(new Node
            {
                Metadata = new ObjectMeta { Name = $"n{i}", Uid = $"node-{i}" },
                Status = new NodeStatus
                {
                    Allocatable = new Dictionary<string, Quantity>
                    {
                        [ResourceNames.Cpu] = Quantity.Parse("4"),
                        [ResourceNames.Memory] = Quantity.Parse("8Gi"),
                        [ResourceNames.Pods] = Quantity.Parse("110"),
                    },
                },
            }));
        }
    }

    public void Kill(string node) => _dead.Add(node);

    public void Revive(string node) => _dead.Remove(node);

    public ApplyResult Write(params Operation[] operations)
    {
        var command = new Command($"r{_requests++}", Now, "simulation") { Operations = operations };
        var (next, result, _) = StateMachine.Apply(State, command);
        State = next;
        Watched?.Invoke(next);
        return result;
    }

    /// <summary>Lets everybody act in a random order until nobody has anything left to do.</summary>
    public void Settle(int mostRounds = 500)
    {
        for (var round = 0; round < mostRounds; round++)
        {
            var before = State.Revision;
            var actors = new List<Action> { Deployments, ReplicaSets, Endpoints, Nodes, Schedule, Agents, Collect };
            foreach (var act in actors.OrderBy(_ => _random.Next()).ToList()) act();
            Now = Now.AddSeconds(1);
            if (State.Revision == before && !_agentsTakeTheirTime) return;
        }

        throw new InvalidOperationException($"seed {seed}: not settled after {mostRounds} rounds");
    }

    void Deployments()
    {
        foreach (var deployment in State.All<Deployment>(Deployment.KindName).ToList())
            CarryOut(DeploymentReconciler.Reconcile(State, deployment, Now, NewIds()));
    }

    void ReplicaSets()
    {
        foreach (var set in State.All<ReplicaSet>(ReplicaSet.KindName).ToList())
            CarryOut(ReplicaSetReconciler.Reconcile(State, set, Now, NewIds()));
    }

    void Endpoints()
    {
        foreach (var service in State.All<Service>(Service.KindName).ToList())
            CarryOut(EndpointSliceReconciler.Reconcile(State, service, NewIds()));
    }

    void Nodes()
    {
        CarryOut(NodeCidrs.Reconcile(State, IPNetwork.Parse("10.244.0.0/16")));
        foreach (var node in State.All<Node>(Node.KindName).ToList())
            CarryOut(NodeHealth.Judge(State, node, new LeaseObservation(node.Status.SessionEpoch, _dead.Contains(node.Name)), Now));
    }

    void Schedule()
    {
        foreach (var placed in Placement.Decide(State, Placement.Pending(State)).OfType<Placed>())
            Write(new Bind(placed.Pod.Key, placed.Pod.Metadata.Uid!, placed.Node)); // stored objects have a uid
    }

    void Collect() => CarryOut(GarbageReconciler.Reconcile(State));

    void Agents()
    {
        _agentsTakeTheirTime = false;
        foreach (var pod in Pods.Where(pod => pod.Spec.NodeName is { } node && !_dead.Contains(node)))
        {
            if (pod.IsBeingDeleted()) Write(new Delete(pod.Key, pod.Metadata.Uid, GraceSeconds: 0));
            else if (pod.Status.Phase == PodPhase.Running) continue;
            else if (_random.Next(3) == 0) _agentsTakeTheirTime = true;
            else Write(new UpdateStatus(pod with { Status = Running(pod) }));
        }
    }

    PodStatus Running(Pod pod) => pod.Status with
    {
        Phase = PodPhase.Running,
        PodIp = $"10.244.0.{State.Revision % 250 + 1}",
        Conditions = pod.Status.Conditions.With(new Condition { Type = PodConditions.Ready, Status = ConditionStatus.True, LastTransitionTime = Now }),
    };

    void CarryOut(Plan plan)
    {
        if (!plan.IsEmpty) Write([.. plan.Operations]);
    }

    Ids NewIds() => new(_random.Next());
}
