using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.ControlPlane.Scheduling;
using Orchestrator.ControlPlane.Store;
using Orchestrator.ControlPlane.Store.Raft;
using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Scheduler;

namespace Orchestrator.ControlPlane.Tests.Scheduling;

/// <summary>Two schedulers race over one store with its real log on disk, each with its own order of nodes.</summary>
public sealed class TwoSchedulersTests : IDisposable
{
    const int Nodes = 8;
    const int Cores = 4000;
    const int Pods = 120;
    const int Asked = 300;

    readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Two_schedulers_at_once_fill_the_nodes_and_overfill_none()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var options = RaftMember.Alone(_temp["one"]);
        await using var store = await ClusterStore.OpenAsync(
            options,
            _ => throw new InvalidOperationException("there is no other server"),
            TimeProvider.System,
            () => Guid.NewGuid().ToString("N"),
            async state => await RaftStateLog.OpenAsync(options, state, NullLoggerFactory.Instance, (wal, machine) => new DurableWal(wal, machine), bug => Environment.FailFast(bug.ToString()), patience.Token));
        await store.ClaimLeadershipAsync(patience.Token);
        Assert.IsType<Applied>(await store.WriteAsync(Command([.. Enumerable.Range(0, Nodes).Select(ANode), .. Enumerable.Range(0, Pods).Select(APod)]), patience.Token));

        // Both begin with the same snapshot, so that one of them is refused whoever is faster.
        var first = await store.ReadAsync(patience.Token);
        var refused = await Task.WhenAll(Task.Run(() => ScheduleAsync(store, first, 0, patience.Token)), Task.Run(() => ScheduleAsync(store, first, 7, patience.Token)));

        var placed = store.Current.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName is not null).GroupBy(pod => pod.Spec.NodeName).ToList();
        Assert.Equal(Nodes * (Cores / Asked), placed.Sum(group => group.Count()));
        Assert.All(placed, group => Assert.True(group.Count() * Asked <= Cores, $"{group.Key} has {group.Count()} pods"));
        Assert.NotEqual(0, refused.Sum());
    }

    /// <summary>Places until nothing more can be placed; answers how often it was refused.</summary>
    static async Task<int> ScheduleAsync(ClusterStore store, ClusterState state, int seed, CancellationToken token)
    {
        for (var refused = 0; ;)
        {
            var placed = Placement.Decide(state, Placement.Pending(state), seed).OfType<Placed>().ToList();
            if (placed.Count == 0) return refused;

            // One node's pods at a time, so that the other one gets in between.
            var some = Bindings.Together(placed)[0].Take(2).ToList();
            if (await store.WriteAsync(Command(Bindings.Of(state, some)), token) is not Applied) refused++;
            state = await store.ReadAsync(token);
        }
    }

    static Command Command(IReadOnlyList<Operation> operations) => new(Guid.NewGuid().ToString("N"), DateTimeOffset.UnixEpoch, "test") { Operations = operations };

    static Create ANode(int i) => new(new Node
    {
        Metadata = new ObjectMeta { Name = $"n{i}", Uid = $"n{i}" },
        Status = new NodeStatus
        {
            Allocatable = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMillicores(Cores), ["pods"] = Quantity.FromCount(110) },
            Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }],
        },
    });

    static Create APod(int i) => new(new Pod
    {
        Metadata = new ObjectMeta { Name = $"p{i:000}", Namespace = "default", Uid = $"p{i}" },
        Spec = new PodSpec { Containers = [new Container { Name = "main", Image = "main", Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMillicores(Asked) } } }] },
    });
}
