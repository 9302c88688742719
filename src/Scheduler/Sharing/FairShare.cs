using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Asks;

namespace Orchestrator.Scheduler.Sharing;

/// <summary>
/// The order in which pods get their turn: the highest priority first; of the same priority the namespace whose dominant share, by its weight, is the smallest; in a
/// namespace the oldest. Source: Ghodsi et al., "Dominant Resource Fairness", NSDI 2011.
/// </summary>
sealed class FairShare(Fleet fleet, Func<string, double> weightOf)
{
    readonly Dictionary<string, long[]> _used = new(StringComparer.Ordinal);
    readonly double[] _whole = Whole(fleet);

    /// <summary>The part of the resource that a namespace has the most of, divided by its weight.</summary>
    public double ShareOf(string @namespace)
    {
        if (!_used.TryGetValue(@namespace, out var used)) return 0;
        var share = 0.0;
        for (var column = 0; column < used.Length && column < _whole.Length; column++)
            if (column != Amounts.Pods && _whole[column] > 0) share = Math.Max(share, used[column] / _whole[column]);
        return share / weightOf(@namespace);
    }

    public void Take(Pod pod, Shape shape) => Count(pod, shape, 1);

    public void Release(Pod pod, Shape shape) => Count(pod, shape, -1);

    /// <summary>Gives each pod its turn; what <paramref name="turn"/> places has to be told by <see cref="Take"/>.</summary>
    public void InTurn(IReadOnlyList<(Pod Pod, Shape Shape, int Index)> pods, Action<int> turn)
    {
        foreach (var level in pods.GroupBy(each => each.Shape.Priority).OrderByDescending(level => level.Key))
        {
            var queues = level.GroupBy(each => each.Pod.Namespace, StringComparer.Ordinal).ToDictionary(group => group.Key, group => new Queue<int>(group.Select(each => each.Index)), StringComparer.Ordinal);
            var next = new PriorityQueue<string, (double, string)>(ByShare.Instance);
            foreach (var name in queues.Keys) next.Enqueue(name, (ShareOf(name), name));
            while (next.TryDequeue(out var name, out _))
            {
                // A namespace alone has nobody to share with.
                if (next.Count == 0)
                    while (queues[name].TryDequeue(out var rest)) turn(rest);
                if (!queues[name].TryDequeue(out var index)) continue;
                turn(index);
                next.Enqueue(name, (ShareOf(name), name));
            }
        }
    }

    void Count(Pod pod, Shape shape, int sign)
    {
        if (!_used.TryGetValue(pod.Namespace, out var used)) _used[pod.Namespace] = used = new long[fleet.Stride];
        foreach (var column in shape.Ask.Columns)
            if (column < used.Length) used[column] += sign * shape.Ask.Values[column];
    }

    static double[] Whole(Fleet fleet)
    {
        var whole = new double[fleet.Stride];
        for (var i = 0; i < fleet.Allocatable.Length; i++) whole[i % fleet.Stride] += fleet.Allocatable[i];
        return whole;
    }

    sealed class ByShare : IComparer<(double Share, string Name)>
    {
        public static readonly ByShare Instance = new();

        public int Compare((double Share, string Name) x, (double Share, string Name) y)
        {
            var order = x.Share.CompareTo(y.Share);
            return order != 0 ? order : string.CompareOrdinal(x.Name, y.Name);
        }
    }
}
