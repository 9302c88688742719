using System.Globalization;
using Orchestrator.Model;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Model.Storage;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.StatefulSets;

/// <summary>
/// Keeps the numbered pods of a StatefulSet. A pod is made only when the store has none of its name, and the store forgets one only when its node has said that it stopped or must have stopped it: so
/// there is at most one of each at any time. Source: Kubernetes, "StatefulSet basics" and pkg/controller/statefulset.
/// </summary>
public static class StatefulSetReconciler
{
    public static Plan Reconcile(ClusterState state, StatefulSet set, DateTimeOffset now, Ids ids)
    {
        var pods = state.In<Pod>(Pod.KindName, set.Namespace).Where(pod => pod.IsControlledBy(set)).ToDictionary(pod => pod.Name, StringComparer.Ordinal);
        var inUse = pods.Values.Select(TemplateRevisions.NameOn).Append(set.Status.CurrentRevision).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var revisions = TemplateRevisions.Of(state, set, set.Spec.Template, set.Spec.RevisionHistoryLimit, inUse, ids);
        var step = new Step(state, set, pods, revisions, now, ids);
        step.Decide();
        var status = Observed(set, pods.Values, revisions, now);
        List<Operation> operations = [.. revisions.Operations, .. step.Operations];
        if (!ModelJson.Same(status, set.Status)) operations.Add(new UpdateStatus(set with { Status = status }));
        var next = pods.Values.NextAvailable(set.Spec.MinReadySeconds, now);
        return operations.Count == 0 && next is null ? Plan.Nothing : new Plan(operations, string.Join("; ", step.Because), next);
    }

    static StatefulSetStatus Observed(StatefulSet set, IReadOnlyCollection<Pod> pods, TemplateRevisions revisions, DateTimeOffset now)
    {
        var living = pods.Where(pod => !pod.IsTerminal()).ToList();
        var current = set.Status.CurrentRevision ?? revisions.Update.Name;
        var updated = living.Count(pod => TemplateRevisions.NameOn(pod) == revisions.Update.Name && !pod.IsBeingDeleted());
        var ready = living.Count(pod => pod.IsReady() && !pod.IsBeingDeleted());
        var wanted = set.Spec.Replicas ?? 1;
        if (updated == wanted && living.Count == wanted && ready == wanted) current = revisions.Update.Name;
        return new StatefulSetStatus
        {
            Replicas = living.Count,
            ReadyReplicas = ready,
            AvailableReplicas = living.Count(pod => pod.IsAvailable(set.Spec.MinReadySeconds, now)),
            CurrentReplicas = living.Count(pod => TemplateRevisions.NameOn(pod) == current && !pod.IsBeingDeleted()),
            UpdatedReplicas = updated,
            CurrentRevision = current,
            UpdateRevision = revisions.Update.Name,
            ObservedGeneration = set.Metadata.Generation,
            Conditions = set.Status.Conditions,
        };
    }

    /// <summary>What is done next: make, then take away, then renew; each only when there is nothing to do of the one before.</summary>
    sealed class Step(ClusterState state, StatefulSet set, IReadOnlyDictionary<string, Pod> pods, TemplateRevisions revisions, DateTimeOffset now, Ids ids)
    {
        readonly IReadOnlyList<LimitRange> _limits = Limits.Of(state, set.Namespace);
        readonly int _start = set.Spec.Ordinals?.Start ?? 0;
        readonly bool _ordered = set.Spec.PodManagementPolicy == PodManagementPolicy.OrderedReady;

        public List<Operation> Operations { get; } = [];

        public List<string> Because { get; } = [];

        public void Decide()
        {
            var end = _start + (set.Spec.Replicas ?? 1);
            if (NewPods.Refusal(set.Spec.Template, _limits) is { } refusal)
            {
                Because.Add(refusal);
                return;
            }

            for (var ordinal = _start; ordinal < end; ordinal++)
                if (!Make(ordinal) && _ordered) return;

            foreach (var pod in pods.Values.Where(pod => OrdinalOf(pod) is var ordinal && (ordinal < _start || ordinal >= end)).OrderByDescending(OrdinalOf))
            {
                Remove(pod, "is one too many");
                if (_ordered) return;
            }

            if (Operations.Count == 0 && set.Spec.UpdateStrategy.Type == UpdateStrategyType.RollingUpdate) Renew(end);
        }

        /// <summary>True when the pod of this number is there and available.</summary>
        bool Make(int ordinal)
        {
            var name = $"{set.Name}-{ordinal}";
            if (!pods.TryGetValue(name, out var pod) || pod.Spec.NodeName is null)
            {
                // Also for one that waits: its claim may have gone meanwhile.
                foreach (var claim in Claims(name).Where(claim => state.Find(claim.Key) is null)) Operations.Add(new Create(claim));
            }

            if (pod is null)
            {
                Operations.Add(new Create(New(name, ordinal)));
                Because.Add($"creates {name}");
                return false;
            }

            if (pod.IsBeingDeleted()) return false;
            if (pod.IsTerminal()) Remove(pod, $"has ended: {pod.Status.Reason ?? pod.Status.Phase.ToString()}");
            else if (Eviction.IsAsked(pod) || pod.IsAvailable(set.Spec.MinReadySeconds, now)) return true;
            else if (set.Spec.UpdateStrategy.Type == UpdateStrategyType.RollingUpdate && !pod.IsReady() && TemplateRevisions.NameOn(pod) != RevisionFor(ordinal)) Remove(pod, "is of another revision and not ready: it is not waited for");
            return false;
        }

        void Renew(int end)
        {
            for (var ordinal = end - 1; ordinal >= _start + Partition; ordinal--)
            {
                if (!pods.TryGetValue($"{set.Name}-{ordinal}", out var pod)) return;
                if (TemplateRevisions.NameOn(pod) != revisions.Update.Name)
                {
                    if (!pod.IsBeingDeleted()) Remove(pod, $"becomes of revision {revisions.Update.Revision}");
                    return;
                }

                if (!pod.IsAvailable(set.Spec.MinReadySeconds, now)) return;
            }
        }

        int Partition => set.Spec.UpdateStrategy.RollingUpdate?.Partition ?? 0;

        // Below the partition a pod that is made anew is as it was.
        string RevisionFor(int ordinal) => ordinal - _start < Partition && set.Spec.UpdateStrategy.Type == UpdateStrategyType.RollingUpdate ? set.Status.CurrentRevision ?? revisions.Update.Name : revisions.Update.Name;

        Pod New(string name, int ordinal)
        {
            var revision = RevisionFor(ordinal);
            var template = revisions.TemplateOf(revision).With(
                (ControllerRevision.Label, revision),
                (StatefulSet.PodNameLabel, name),
                (StatefulSet.PodIndexLabel, ordinal.ToString(CultureInfo.InvariantCulture)));
            var own = set.Spec.VolumeClaimTemplates.Select(claim => new Volume
            {
                Name = claim.Metadata.Name, PersistentVolumeClaim = new ClaimVolume { ClaimName = ClaimName(claim, name) },
            }).ToList();
            var others = template.Spec.Volumes.Where(volume => own.TrueForAll(each => each.Name != volume.Name));
            return NewPods.Of(template with { Spec = template.Spec with { Hostname = name, Volumes = [.. others, .. own] } }, set, name, _limits, ids);
        }

        // Without an owner: they stay when the set goes, as in Kubernetes.
        IEnumerable<PersistentVolumeClaim> Claims(string pod) => set.Spec.VolumeClaimTemplates.Select(claim => new PersistentVolumeClaim
        {
            Metadata = claim.Metadata with { Name = ClaimName(claim, pod), Namespace = set.Namespace, Uid = ids.Uid() },
            Spec = claim.Spec,
        });

        static string ClaimName(ClaimTemplate claim, string pod) => $"{claim.Metadata.Name}-{pod}";

        void Remove(Pod pod, string why)
        {
            if (pod.IsBeingDeleted()) return;
            Operations.Add(new Delete(pod.Key, pod.Metadata.Uid));
            Because.Add($"{pod.Name} {why}");
        }

        int OrdinalOf(Pod pod) => pod.Name.Length > set.Name.Length + 1 && int.TryParse(pod.Name.AsSpan(set.Name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) ? ordinal : -1;
    }
}
