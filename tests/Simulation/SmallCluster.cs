using System.Net;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Reconcile;
using Orchestrator.Reconcile.Nodes;
using Orchestrator.Scheduler;

namespace Orchestrator.Simulation;

/// <summary>
/// A whole cluster in one thread and one seed: the real state machine, reconcilers and scheduler, with agents that say at once what real
/// ones take seconds for. Time moves only when it is told to, a second at a time.
/// </summary>
/// <param name="shuffled">Everybody acts in a random order and takes a random time; else always in the same, so that what is told of it stays the same when something else is added.</param>
sealed partial class SmallCluster(int seed, bool shuffled = true)
{
    /// <summary>How long a node is silent until it counts as lost: the default of orchd.</summary>
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    static readonly IPNetwork PodRange = IPNetwork.Parse("10.244.0.0/16");

    readonly Random _random = new(seed);
    readonly Dictionary<string, DateTimeOffset> _dead = new(StringComparer.Ordinal);
    // When nodes came back that had been silent for longer than their fence.
    readonly Dictionary<string, DateTimeOffset> _fenced = new(StringComparer.Ordinal);
    int _requests;

    public ClusterState State { get; private set; } = ClusterState.Empty;

    public DateTimeOffset Now { get; private set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Called after every command that was applied.</summary>
    public Action<ClusterState>? Watched { get; set; }

    /// <summary>Called with what the reconcilers say of what they do.</summary>
    public Action<string>? Told { get; set; }

    public IReadOnlyList<Pod> Pods => [.. State.All<Pod>(Pod.KindName)];

    public IReadOnlyList<Pod> Ready => [.. Pods.Where(pod => pod.IsReady() && !pod.IsBeingDeleted())];

    public void Start(int nodes)
    {
        Write(new Create(new Namespace { Metadata = new ObjectMeta { Name = Namespace.Default, Uid = "ns-default" } }));
        for (var i = 1; i <= nodes; i++) Join($"n{i}");
    }

    /// <summary>What the nodes' agents promise; null for nothing.</summary>
    public int? FenceSeconds { get; set; }

    public void Join(string node) => Write(new OpenSession(new Node
    {
        Metadata = new ObjectMeta { Name = node, Uid = $"node-{node}", Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = node } },
        Status = new NodeStatus
        {
            FenceSeconds = FenceSeconds,
            Allocatable = new Dictionary<string, Quantity>
            {
                [ResourceNames.Cpu] = Quantity.Parse("4"),
                [ResourceNames.Memory] = Quantity.Parse("8Gi"),
                [ResourceNames.Pods] = Quantity.Parse("110"),
            },
        },
    }));

    /// <summary>
    /// Whether a pod that the cluster no longer knows surely does not run: it never began to, it has ended, its node said that it stopped, or the node is or was silent for so long that it
    /// has stopped it. A node that is back begins nothing that it is not told of.
    /// </summary>
    public bool HasStopped(Pod pod) => pod.Status.StartTime is not { } started || pod.IsTerminal() || _stopped.Contains(pod.Metadata.Uid ?? "")
        || IsFenced(pod.Spec.NodeName ?? "") || (_fenced.TryGetValue(pod.Spec.NodeName ?? "", out var back) && started < back);

    public void Kill(string node) => _dead.TryAdd(node, Now);

    public void Revive(string node)
    {
        if (IsFenced(node)) _fenced[node] = Now;
        _dead.Remove(node);
    }

    bool IsFenced(string node) => _dead.TryGetValue(node, out var since) && FenceSeconds is { } fence && Now - since >= Lease + TimeSpan.FromSeconds(fence);

    public ApplyResult Write(params IReadOnlyList<Operation> operations)
    {
        var command = new Command($"r{_requests++}", Now, "simulation") { Operations = operations };
        var (next, result, _) = StateMachine.Apply(State, command);
        State = next;
        Watched?.Invoke(next);
        return result;
    }

    /// <summary>Lets everybody act in a random order until nobody has anything left to do, whatever may be due later.</summary>
    public void Settle(int mostRounds = 500)
    {
        for (var round = 0; round < mostRounds; round++)
            if (!Round()) return;
        throw new InvalidOperationException($"seed {seed}: not settled after {mostRounds} rounds");
    }

    public void Advance(TimeSpan time)
    {
        for (var end = Now + time; Now < end;) Round();
    }

    /// <summary>One second; false when nothing happened in it and nobody was on the way.</summary>
    bool Round()
    {
        var before = State.Revision;
        var actors = new List<Action> { Controllers, Nodes, Schedule, Autoscale, Agents };
        foreach (var act in InSomeOrder(actors)) act();
        Now = Now.AddSeconds(1);
        return State.Revision != before || _agentsTakeTheirTime || _dead.Values.Any(since => Now - since <= Lease);
    }

    void Controllers()
    {
        foreach (var work in InSomeOrder(Work.All(State))) CarryOut(work.Decide(State, Now, new Ids(shuffled ? _random.Next() : (int)State.Revision), PodRange));
    }

    void Nodes()
    {
        foreach (var node in State.All<Node>(Node.KindName).ToList())
            CarryOut(NodeHealth.Judge(State, node, new LeaseObservation(node.Status.SessionEpoch, _dead.TryGetValue(node.Name, out var since) && Now - since >= Lease), Now));
    }

    void Schedule()
    {
        foreach (var placed in Placement.Decide(State, Placement.Pending(State)).OfType<Placed>())
            Write(new Bind(placed.Pod.Key, placed.Pod.Metadata.Uid!, placed.Node)); // stored objects have a uid
    }

    List<T> InSomeOrder<T>(IEnumerable<T> all) => shuffled ? [.. all.OrderBy(_ => _random.Next())] : [.. all];

    void CarryOut(Plan plan)
    {
        if (plan.IsEmpty) return;
        if (Write([.. plan.Operations]) is Applied && plan.Because.Length > 0) Told?.Invoke(plan.Because);
    }
}
