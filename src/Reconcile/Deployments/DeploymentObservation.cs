using Orchestrator.Model.Meta;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Deployments;

/// <summary>What a deployment's ReplicaSets add up to.</summary>
/// <param name="IsComplete">The newest revision has all its pods available, and no other has any.</param>
/// <param name="NextCheck">When the rollout has failed unless something moves before.</param>
sealed record DeploymentObservation(DeploymentStatus Status, bool IsComplete, DateTimeOffset? NextCheck)
{
    const int DefaultDeadlineSeconds = 600;

    public static DeploymentObservation Of(Deployment deployment, Revisions revisions, Trial? trial, DateTimeOffset now)
    {
        var sets = revisions.Target is null ? revisions.Others : [revisions.Target, .. revisions.Others];
        var wanted = deployment.Spec.Replicas ?? 1;
        var replicas = sets.Sum(set => set.Status.Replicas);
        var available = sets.Sum(set => set.Status.AvailableReplicas);
        var updated = revisions.Newest?.Status.Replicas ?? 0;
        var allowed = deployment.Spec.Strategy.RollingUpdate?.MaxUnavailable?.CountOf(wanted, roundUp: false) ?? wanted / 4;
        var enough = available >= wanted - allowed;
        var complete = revisions.Newest is not null && !revisions.IsRolledBack && updated == wanted && replicas == wanted && available == wanted;
        var counted = new DeploymentStatus
        {
            Replicas = replicas,
            UpdatedReplicas = updated,
            ReadyReplicas = sets.Sum(set => set.Status.ReadyReplicas),
            AvailableReplicas = available,
            UnavailableReplicas = Math.Max(0, Math.Max(wanted, replicas) - available),
            ObservedGeneration = deployment.Metadata.Generation,
        };
        var conditions = deployment.Status.Conditions
            .With(new Condition
            {
                Type = DeploymentConditions.Available,
                Status = enough ? ConditionStatus.True : ConditionStatus.False,
                Reason = enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                Message = $"{available} of {wanted} replicas are available",
                LastTransitionTime = now,
            })
            .With(Progressing(deployment, revisions, trial, counted, complete, now));
        var status = counted with { Conditions = WithFailureOf(revisions.Target, conditions) };
        var watched = status.Conditions.Find(DeploymentConditions.Progressing)!.Reason is not (DeploymentConditions.Complete or DeploymentConditions.Paused or DeploymentConditions.CanaryStep); // it is put there above
        var deadline = watched ? DeadlineOf(deployment with { Status = status }) : null;
        return new DeploymentObservation(status, complete, deadline > now ? deadline : null);
    }

    /// <summary>When the rollout fails unless it makes progress before; null while there is nothing to wait for.</summary>
    public static DateTimeOffset? DeadlineOf(Deployment deployment) =>
        deployment.Status.Conditions.Find(DeploymentConditions.Progressing) is { LastUpdateTime: { } last, Reason: not (DeploymentConditions.Complete or DeploymentConditions.Paused or DeploymentConditions.CanaryStep) }
            ? last.AddSeconds(deployment.Spec.ProgressDeadlineSeconds ?? DefaultDeadlineSeconds)
            : null;

    static Condition Progressing(Deployment deployment, Revisions revisions, Trial? trial, DeploymentStatus counted, bool complete, DateTimeOffset now)
    {
        var before = deployment.Status.Conditions.Find(DeploymentConditions.Progressing);
        var moved = Moved(deployment.Status, counted);
        var said = $"{counted.UpdatedReplicas} of {deployment.Spec.Replicas ?? 1} replicas have the newest template";
        var (status, reason, message) = 0 switch
        {
            _ when deployment.Spec.Paused => (ConditionStatus.Unknown, DeploymentConditions.Paused, "the rollout waits until it is resumed"),
            _ when complete => (ConditionStatus.True, DeploymentConditions.Complete, $"{revisions.Newest!.Name} has all its replicas"), // complete only with a newest set
            _ when revisions.Newest is null => (ConditionStatus.True, DeploymentConditions.Created, $"revision {revisions.Number} is new"),
            _ when revisions.Begins => (ConditionStatus.True, DeploymentConditions.Found, $"{revisions.Newest.Name} is asked for again, as revision {revisions.Number}"),
            _ when before?.Reason == DeploymentConditions.Complete => (before.Status, before.Reason, before.Message), // what happens to its pods later is no rollout
            _ when revisions.IsRolledBack => (ConditionStatus.False, revisions.Failure!, RolledBack(deployment, revisions)), // a rollback has a cause
            _ when trial?.Serves is true => (ConditionStatus.True, DeploymentConditions.CanaryStep, trial.Message(revisions.Newest.Name)),
            _ when before?.Reason == DeploymentConditions.Paused => (ConditionStatus.True, DeploymentConditions.Resumed, said),
            _ when moved => (ConditionStatus.True, DeploymentConditions.Updated, said),
            _ when revisions.Failure == DeploymentConditions.DeadlineExceeded => (ConditionStatus.False, DeploymentConditions.DeadlineExceeded, $"{revisions.Newest.Name} has made no progress for {deployment.Spec.ProgressDeadlineSeconds ?? DefaultDeadlineSeconds} s"),
            _ when before?.Reason is null => (ConditionStatus.True, DeploymentConditions.Updated, said),
            _ when before.Reason == DeploymentConditions.DeadlineExceeded => (before.Status, before.Reason, before.Message),
            _ => (before.Status, before.Reason, said),
        };
        return new Condition
        {
            Type = DeploymentConditions.Progressing,
            Status = status,
            Reason = reason,
            Message = message,
            LastTransitionTime = now,
            LastUpdateTime = before?.LastUpdateTime is { } last && before.Reason == reason && !moved && (!revisions.Begins || deployment.Spec.Paused) ? last : now,
        };
    }

    /// <summary>Anything that brings the rollout nearer to its end. Source: Kubernetes, DeploymentProgressing.</summary>
    static bool Moved(DeploymentStatus before, DeploymentStatus after) =>
        after.UpdatedReplicas > before.UpdatedReplicas
        || after.Replicas - after.UpdatedReplicas < before.Replicas - before.UpdatedReplicas
        || after.ReadyReplicas > before.ReadyReplicas
        || after.AvailableReplicas > before.AvailableReplicas;

    static string RolledBack(Deployment deployment, Revisions revisions)
    {
        var cause = revisions.Failure == DeploymentConditions.PodsCrash ? "its pods crash again and again" : $"it made no progress for {deployment.Spec.ProgressDeadlineSeconds ?? DefaultDeadlineSeconds} s";
        return $"rolled back: {revisions.Newest!.Name} (revision {revisions.Number}) has failed, as {cause}; {revisions.Target!.Name} (revision {RolloutAnnotations.RevisionOf(revisions.Target)}) has its place until the template changes"; // a rollback has both
    }

    static IReadOnlyList<Condition> WithFailureOf(ReplicaSet? set, IReadOnlyList<Condition> conditions) =>
        set?.Status.Conditions.Find(ReplicaSetConditions.ReplicaFailure) is { } failure
            ? conditions.With(failure)
            : [.. conditions.Where(each => each.Type != DeploymentConditions.ReplicaFailure)];
}
