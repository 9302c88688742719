using System.Globalization;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Deployments;

/// <summary>Brings a deployment's ReplicaSets to what its template and number of replicas ask for, one careful step at a time.</summary>
public static class DeploymentReconciler
{
    const int DefaultHistoryLimit = 10;

    public static Plan Reconcile(ClusterState state, Deployment deployment, DateTimeOffset now, Ids ids)
    {
        var template = ContentRevision.Of(state, deployment.Namespace, deployment.Spec.Template);
        var hash = TemplateHash.Of(template);
        var sets = state.In<ReplicaSet>(ReplicaSet.KindName, deployment.Namespace).Where(set => set.IsControlledBy(deployment)).ToList();
        var revisions = Revisions.Of(state, deployment, sets, hash, now);
        var trial = Trial.Of(deployment, revisions, now);
        var rollout = trial?.Rollout(deployment, revisions.Others) ?? Rollout.Next(deployment, revisions.Target, revisions.Others);
        var observed = DeploymentObservation.Of(deployment, revisions, trial, now);
        var operations = new List<Operation>();
        var because = new List<string>();

        if (revisions.Newest is null && !deployment.Spec.Paused)
        {
            operations.Add(new Create(NewSet(deployment, template, hash, revisions.Number, rollout.New, trial, ids)));
            because.Add($"new template: {deployment.Name}-{hash} with {rollout.New} replicas, revision {revisions.Number}");
        }

        foreach (var set in sets)
        {
            var replicas = set == revisions.Target ? rollout.New : rollout.Old[set.Name];
            var next = set with
            {
                Metadata = set.Metadata with { Annotations = Notes(deployment, revisions, set, trial, observed.IsComplete, now) },
                Spec = set.Spec with { Replicas = replicas, MinReadySeconds = deployment.Spec.MinReadySeconds },
            };
            if (observed.IsComplete && IsForgotten(deployment, revisions, set))
            {
                operations.Add(new Delete(set.Key, set.Metadata.Uid));
                because.Add($"{set.Name} is older than the history that is kept");
                continue;
            }

            if (ModelJson.Same(next, set)) continue;
            operations.Add(new Update(next));
            if (set == revisions.Newest && trial is not null && Canary.StepOf(set) != trial.Step) because.Add($"canary {set.Name}: {trial.Percent} % of the requests, step {trial.Step} of {trial.Steps}");
            if (set.Spec.Replicas != replicas) because.Add($"{set.Name}: {set.Spec.Replicas ?? 1} -> {replicas} replicas");
            if (next.Metadata.Annotations.ContainsKey(RolloutAnnotations.Failed) && !set.Metadata.Annotations.ContainsKey(RolloutAnnotations.Failed))
                because.Add($"{set.Name} has failed ({revisions.Failure}), {revisions.Target!.Name} takes its place"); // a set is marked only when there is one
        }

        var numbered = deployment.Spec.Paused && revisions.Newest is null ? deployment : deployment with { Metadata = deployment.Metadata with { Annotations = Numbered(deployment, revisions.Number) } };
        var renumbers = !ModelJson.Same(numbered.Metadata, deployment.Metadata);
        if (renumbers) operations.Add(new Update(numbered));

        // An update in the same command has been compared already, and has made a revision that nobody knows yet.
        var observedOn = renumbers ? deployment.Metadata with { ResourceVersion = null } : deployment.Metadata;
        if (!ModelJson.Same(observed.Status, deployment.Status)) operations.Add(new UpdateStatus(deployment with { Status = observed.Status, Metadata = observedOn }));
        var nextCheck = trial?.Next < observed.NextCheck || observed.NextCheck is null ? trial?.Next ?? observed.NextCheck : observed.NextCheck;
        return operations.Count == 0 && nextCheck is null ? Plan.Nothing : new Plan(operations, string.Join("; ", because), nextCheck);
    }

    static Dictionary<string, string> Numbered(Deployment deployment, long number) =>
        new(deployment.Metadata.Annotations) { [RolloutAnnotations.Revision] = number.ToString(CultureInfo.InvariantCulture) };

    /// <summary>What stands on a ReplicaSet: its revision, why it was made, whether it was complete once, whether it has failed.</summary>
    static IReadOnlyDictionary<string, string> Notes(Deployment deployment, Revisions revisions, ReplicaSet set, Trial? trial, bool complete, DateTimeOffset now)
    {
        var notes = new Dictionary<string, string>(set.Metadata.Annotations);
        if (set != revisions.Newest)
        {
            notes.Remove(RolloutAnnotations.Failed);
            Trial.Forget(notes);
            return notes.Count == set.Metadata.Annotations.Count ? set.Metadata.Annotations : notes;
        }

        notes[RolloutAnnotations.Revision] = revisions.Number.ToString(CultureInfo.InvariantCulture);
        if (deployment.Metadata.Annotations.TryGetValue(RolloutAnnotations.ChangeCause, out var cause)) notes[RolloutAnnotations.ChangeCause] = cause;
        if (revisions.IsRolledBack) notes[RolloutAnnotations.Failed] = revisions.Failure!; // a rollback has a cause
        else notes.Remove(RolloutAnnotations.Failed);
        if (!deployment.Spec.Paused) Trial.Note(notes, trial);
        if (complete) notes.TryAdd(RolloutAnnotations.Completed, now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        return notes;
    }

    static ReplicaSet NewSet(Deployment deployment, PodTemplate template, string hash, long revision, int replicas, Trial? trial, Ids ids)
    {
        var notes = new Dictionary<string, string> { [RolloutAnnotations.Revision] = revision.ToString(CultureInfo.InvariantCulture) };
        if (deployment.Metadata.Annotations.TryGetValue(RolloutAnnotations.ChangeCause, out var cause)) notes[RolloutAnnotations.ChangeCause] = cause;
        Trial.Note(notes, trial);
        return new ReplicaSet
        {
            Metadata = new ObjectMeta
            {
                Name = $"{deployment.Name}-{hash}",
                Namespace = deployment.Namespace,
                Uid = ids.Uid(),
                Labels = TemplateHash.With(template.Metadata.Labels, hash),
                Annotations = notes,
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
                Template = TemplateHash.Labelled(template, hash),
            },
        };
    }

    static bool IsForgotten(Deployment deployment, Revisions revisions, ReplicaSet set) => revisions.Others
        .Where(each => each != revisions.Newest && each.Spec.Replicas == 0 && each.Status.Replicas == 0)
        .OrderByDescending(RolloutAnnotations.RevisionOf)
        .Skip(deployment.Spec.RevisionHistoryLimit ?? DefaultHistoryLimit)
        .Contains(set);
}
