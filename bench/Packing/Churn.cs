using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Scheduler;
using Orchestrator.Scheduler.Rebalancing;

namespace Orchestrator.Bench.Packing;

/// <summary>Pods come and go while about half of the cluster is asked for: how many nodes that takes on average.</summary>
/// <param name="Alone">When nothing is moved.</param>
/// <param name="Rebalanced">When, each time that an eighth of the pods has changed, as many as that may be moved.</param>
/// <param name="Moved">How many pods of a hundred that came were moved.</param>
/// <param name="Fewest">When all pods are packed anew each time, as well as can be.</param>
sealed record Churn(double Alone, double Rebalanced, double Moved, double Fewest)
{
    const double Load = 0.55;
    const int Lives = 4; // the first is not measured

    public static Churn Of(Mix mix, IReadOnlyList<Machine> machines, int seed)
    {
        var there = There(mix, machines, seed);
        var (alone, _, fewest) = Run(mix, machines, seed, there, most: 0);
        var (rebalanced, moved, _) = Run(mix, machines, seed, there, there / 8);
        return new Churn(alone, rebalanced, moved, fewest);
    }

    /// <summary>The same days as others would have them.</summary>
    public static double Of(Mix mix, IReadOnlyList<Machine> machines, int seed, Heuristics.Chooser choose)
    {
        var random = new Random(seed);
        var world = new World(machines);
        var there = There(mix, machines, seed);
        var on = new int[machines.Count];
        var leaving = new PriorityQueue<(Task Task, int Node), double>();
        double nodes = 0;
        for (var i = 0; i < Lives * there; i++)
        {
            while (leaving.TryPeek(out var old, out var end) && end <= i)
            {
                leaving.Dequeue();
                world.Give(old.Node, old.Task);
                on[old.Node]--;
            }

            var task = mix.Next(random);
            var (node, _) = choose(world, task);
            world.Take(node, task);
            on[node]++;
            leaving.Enqueue((task, node), i - (there * Math.Log(1 - random.NextDouble())));
            if (i >= there) nodes += on.Count(pods => pods > 0);
        }

        return nodes / ((Lives - 1) * there);
    }

    static int There(Mix mix, IReadOnlyList<Machine> machines, int seed)
    {
        var sample = new Random(seed);
        return (int)(Load * machines.Sum(each => (double)each.Cpu) / Enumerable.Range(0, 1000).Average(_ => (double)mix.Next(sample).Cpu));
    }

    static (double Nodes, double Moved, double Fewest) Run(Mix mix, IReadOnlyList<Machine> machines, int seed, int there, int most)
    {
        var random = new Random(seed);
        var state = new Snapshot { Format = Snapshot.PresentFormat, Resources = [.. machines.Select(Ours.ANode)] }.ToState();
        var tasks = new Dictionary<ResourceKey, Task>();
        var leaving = new PriorityQueue<Pod, double>();
        double nodes = 0, fewest = 0;
        int looks = 0, moved = 0, measured = 0;
        for (var i = 0; i < Lives * there; i++)
        {
            while (leaving.TryPeek(out var old, out var end) && end <= i)
            {
                leaving.Dequeue();
                state = state.Without(old.Key);
                tasks.Remove(old.Key);
            }

            var task = mix.Next(random);
            var pod = Running(Ours.APod(task, i));
            leaving.Enqueue(pod, i - (there * Math.Log(1 - random.NextDouble())));
            if (Placement.Decide(state.With(pod), [pod]) is not [Placed placed]) throw new InvalidOperationException($"{task} finds no room although half of the cluster is free");
            state = state.With(Bound(pod, placed.Node));
            tasks[pod.Key] = task;
            if (i < there) continue;
            measured++;
            nodes += InUse(state);
            if (i % Math.Max(1, there / 8) != 0) continue;
            if (most == 0) (fewest, looks) = (fewest + Patterns.Fewest(machines, [.. tasks.Values]), looks + 1);
            else
            {
                foreach (var move in Rebalance.Find(state, most).All)
                {
                    state = state.With(Bound(state.Find<Pod>(Pod.KindName, move.Pod.Namespace, move.Pod.Name)!, move.To)); // it is one of the state's pods
                    moved++;
                }
            }
        }

        return (nodes / measured, 100.0 * moved / measured, fewest / Math.Max(1, looks));
    }

    static Pod Running(Pod pod) => pod with
    {
        Metadata = pod.Metadata with { OwnerReferences = [new OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = pod.Name, Uid = pod.Name, Controller = true }] },
        Status = new PodStatus { Conditions = [new Condition { Type = PodConditions.Ready, Status = ConditionStatus.True }] },
    };

    static Pod Bound(Pod pod, string node) => pod with { Spec = pod.Spec with { NodeName = node } };

    static int InUse(ClusterState state) => state.All<Pod>(Pod.KindName).Select(pod => pod.Spec.NodeName).Distinct().Count();
}
