using System.Globalization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Deployments;

/// <summary>Brings a deployment's ReplicaSets to what its template and number of replicas ask for, one careful step at a time.</summary>
public static class DeploymentReconciler
{
    const string RevisionAnnotation = "deployment.kubernetes.io/revision";
    const int DefaultHistoryLimit = 10;

    public static Plan Reconcile(ClusterState state, Deployment deployment, DateTimeOffset now, Ids ids)
    {
        var hash = TemplateHash.Of(deployment.Spec.Template);
        var sets = state.In<ReplicaSet>(ReplicaSet.KindName, deployment.Namespace).Where(set => set.IsControlledBy(deployment)).ToList();
        var current = sets.Find(set => set.Metadata.Labels.GetValueOrDefault(TemplateHash.Label) == hash);
        var old = sets.Where(set => set != current).ToList();
        var rollout = Rollout.Next(deployment, current, old);
        var operations = new List<Operation>();
        var because = new List<string>();

        if (current is null)
        {
            operations.Add(new Create(NewSet(deployment, hash, sets, rollout.New, ids)));
            because.Add($"new template: {deployment.Name}-{hash} with {rollout.New} replicas");
        }
        else
        {
            Scale(current, rollout.New);
        }

        foreach (var set in old) Scale(set, rollout.Old[set.Name]);
        foreach (var set in Forgotten(deployment, old))
        {
            operations.Add(new Delete(set.Key, set.Metadata.Uid));
            because.Add($"{set.Name} is older than the history that is kept");
        }

        var status = DeploymentObservation.Of(deployment, current, old, now);
        if (!Model.ModelJson.Same(status, deployment.Status)) operations.Add(new UpdateStatus(deployment with { Status = status }));
        return operations.Count == 0 ? Plan.Nothing : new Plan(operations, string.Join("; ", because));

        void Scale(ReplicaSet set, int replicas)
        {
            var present = set.Spec.Replicas ?? 1;
            if (present == replicas && set.Spec.MinReadySeconds == deployment.Spec.MinReadySeconds) return;
            operations.Add(new Update(set with { Spec = set.Spec with { Replicas = replicas, MinReadySeconds = deployment.Spec.MinReadySeconds } }));
            because.Add($"{set.Name}: {present} -> {replicas} replicas");
        }
    }

    static ReplicaSet NewSet(Deployment deployment, string hash, List<ReplicaSet> sets, int replicas, Ids ids)
    {
        var revision = sets.Select(RevisionOf).DefaultIfEmpty(0).Max() + 1;
        return new ReplicaSet
        {
            Metadata = new ObjectMeta
            {
                Name = $"{deployment.Name}-{hash}",
                Namespace = deployment.Namespace,
                Uid = ids.Uid(),
                Labels = TemplateHash.With(deployment.Spec.Template.Metadata.Labels, hash),
                Annotations = new Dictionary<string, string> { [RevisionAnnotation] = revision.ToString(CultureInfo.InvariantCulture) },
                OwnerReferences = [Owners.ReferenceTo(deployment)],
            },
            Spec = new ReplicaSetSpec
            {
                Replicas = replicas,
                MinReadySeconds = deployment.Spec.MinReadySeconds,
                Selector = new LabelSelector
                {
                    MatchLabels = TemplateHash.With(deployment.Spec.Selector.MatchLabels, hash),
                    MatchExpressions = deployment.Spec.Selector.MatchExpressions,
                },
                Template = TemplateHash.Labelled(deployment.Spec.Template, hash),
            },
        };
    }

    static IEnumerable<ReplicaSet> Forgotten(Deployment deployment, List<ReplicaSet> old) => old
        .Where(set => set.Spec.Replicas == 0 && set.Status.Replicas == 0)
        .OrderByDescending(RevisionOf)
        .Skip(deployment.Spec.RevisionHistoryLimit ?? DefaultHistoryLimit);

    static long RevisionOf(ReplicaSet set) =>
        long.TryParse(set.Metadata.Annotations.GetValueOrDefault(RevisionAnnotation), out var revision) ? revision : 0;
}
