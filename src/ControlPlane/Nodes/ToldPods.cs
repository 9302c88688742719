using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;

namespace Orchestrator.ControlPlane.Nodes;

/// <summary>What an agent has been told of its pods in this session, so that it is told of nothing twice. What it reports itself is no news to it.</summary>
sealed class ToldPods(bool takesChanges)
{
    Dictionary<string, Pod>? _told;

    /// <summary>What is to be told now; null for nothing.</summary>
    public Contracts.Pods? Next(long revision, IReadOnlyCollection<Pod> placed)
    {
        var before = _told;
        var now = placed.ToDictionary(pod => pod.Metadata.Uid!, StringComparer.Ordinal); // stored ones have one
        var news = before is null ? [.. placed] : placed.Where(pod => !before.TryGetValue(pod.Metadata.Uid!, out var was) || !IsSame(was, pod)).ToList();
        List<string> removed = before is null ? [] : [.. before.Keys.Where(uid => !now.ContainsKey(uid))];
        _told = now;
        if (before is not null && news.Count == 0 && removed.Count == 0) return null;
        var onlyChanges = takesChanges && before is not null;
        var pods = new Contracts.Pods { Revision = revision, ChangesOnly = onlyChanges };
        pods.Pods_.AddRange((onlyChanges ? news : placed).Select(pod => pod.ToMessage()));
        if (onlyChanges) pods.Removed.AddRange(removed);
        return pods;
    }

    /// <summary>Spec and metadata, and of the status the scheduler's word. Objects are never changed, so that one and the same says the same.</summary>
    static bool IsSame(Pod was, Pod pod) => ReferenceEquals(was, pod)
        || (ReferenceEquals(was.Spec, pod.Spec)
            && was.Status.Conditions.Find(PodConditions.PodScheduled) == pod.Status.Conditions.Find(PodConditions.PodScheduled)
            && ModelJson.Same(was.Metadata with { ResourceVersion = null }, pod.Metadata with { ResourceVersion = null }));
}
