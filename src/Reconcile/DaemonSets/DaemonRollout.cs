using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.DaemonSets;

/// <summary>Which old pods may go and which nodes get a new one, so that no more nodes than allowed are without a pod, or have two.</summary>
sealed class DaemonRollout(DaemonSet set, string revision, IReadOnlyList<Node> nodes, ILookup<string, Pod> byNode, DateTimeOffset now)
{
    readonly int _surge = set.Spec.UpdateStrategy.RollingUpdate?.MaxSurge?.CountOf(nodes.Count, roundUp: true) ?? 0;

    /// <summary>Old pods whose time has come.</summary>
    public IEnumerable<Pod> Old()
    {
        if (set.Spec.UpdateStrategy.Type != UpdateStrategyType.RollingUpdate) yield break;
        var unavailable = set.Spec.UpdateStrategy.RollingUpdate?.MaxUnavailable?.CountOf(nodes.Count, roundUp: true) ?? 1;
        if (_surge == 0) unavailable = Math.Max(1, unavailable);
        var missing = nodes.Count(node => !byNode[node.Name].Any(IsAvailable));
        foreach (var node in nodes)
        {
            var living = Living(node).ToList();
            var old = living.Where(pod => !IsNew(pod)).ToList();
            if (old.Count == 0) continue;
            if (old.TrueForAll(pod => !IsAvailable(pod)))
            {
                foreach (var pod in old) yield return pod; // they serve nobody
                continue;
            }

            if (_surge > 0)
            {
                if (living.Exists(pod => IsNew(pod) && IsAvailable(pod)))
                    foreach (var pod in old) yield return pod;
                continue;
            }

            if (missing >= unavailable) continue;
            missing++;
            foreach (var pod in old) yield return pod;
        }
    }

    /// <summary>Nodes to make a pod for: those without any, and with a surge some that still have an old one.</summary>
    public IEnumerable<Node> Bare()
    {
        var doubled = nodes.Count(node => Living(node).Any(IsNew) && Living(node).Any(pod => !IsNew(pod)));
        foreach (var node in nodes)
        {
            // A pod on its way out has its node, ports and volumes until it is gone.
            if (!byNode[node.Name].Any())
            {
                yield return node;
                continue;
            }

            var rolls = _surge > 0 && set.Spec.UpdateStrategy.Type == UpdateStrategyType.RollingUpdate;
            if (!rolls || doubled >= _surge || !Living(node).Any() || Living(node).Any(IsNew)) continue;
            doubled++;
            yield return node;
        }
    }

    IEnumerable<Pod> Living(Node node) => byNode[node.Name].Where(pod => !pod.IsTerminal() && !pod.IsBeingDeleted());

    bool IsNew(Pod pod) => TemplateRevisions.NameOn(pod) == revision;

    bool IsAvailable(Pod pod) => pod.IsAvailable(set.Spec.MinReadySeconds, now);
}
