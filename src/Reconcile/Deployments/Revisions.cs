using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Deployments;

/// <summary>A deployment's ReplicaSets by the part that they play.</summary>
/// <param name="Newest">The one of the template that is asked for; null until it is made.</param>
/// <param name="Target">The one whose pods there should be: the newest, or the last complete one when the newest has failed.</param>
/// <param name="Others">All but the target.</param>
/// <param name="Number">The revision of the newest one.</param>
/// <param name="Begins">True when the newest is not yet known as such, so that its rollout begins now.</param>
/// <param name="Failure">Why the newest has failed, or null.</param>
sealed record Revisions(ReplicaSet? Newest, ReplicaSet? Target, IReadOnlyList<ReplicaSet> Others, long Number, bool Begins, string? Failure)
{
    /// <summary>Restarts of a container that is still not ready, by which its pod counts as one that will never be: more than a minute of trying.</summary>
    const int CrashRestarts = 3;

    public bool IsRolledBack => Newest is not null && Target != Newest;

    public static Revisions Of(ClusterState state, Deployment deployment, IReadOnlyList<ReplicaSet> sets, string hash, DateTimeOffset now)
    {
        var newest = sets.FirstOrDefault(set => set.Metadata.Labels.GetValueOrDefault(TemplateHash.Label) == hash);
        var highest = sets.Select(RolloutAnnotations.RevisionOf).DefaultIfEmpty(0).Max();
        if (newest is null) return new Revisions(null, null, sets, highest + 1, Begins: true, null);
        var begins = RolloutAnnotations.RevisionOf(newest) < highest;
        var failure = begins ? null : newest.Metadata.Annotations.GetValueOrDefault(RolloutAnnotations.Failed) ?? FailureOf(state, deployment, newest, now);
        var proven = sets.Where(set => set != newest && set.Metadata.Annotations.ContainsKey(RolloutAnnotations.Completed)).MaxBy(RolloutAnnotations.RevisionOf);
        var target = failure is not null && proven is not null && RolloutAnnotations.RollsBack(deployment) && !deployment.Spec.Paused ? proven : newest;
        return new Revisions(newest, target, [.. sets.Where(set => set != target)], begins ? highest + 1 : RolloutAnnotations.RevisionOf(newest), begins, failure);
    }

    static string? FailureOf(ClusterState state, Deployment deployment, ReplicaSet newest, DateTimeOffset now)
    {
        var progressing = deployment.Status.Conditions.Find(DeploymentConditions.Progressing);
        if (deployment.Spec.Paused || progressing?.Reason is null or DeploymentConditions.Complete) return null; // what was complete once does not fail by what happens later
        if (DeploymentObservation.DeadlineOf(deployment) is { } deadline && deadline <= now) return DeploymentConditions.DeadlineExceeded;
        return state.In<Pod>(Pod.KindName, newest.Namespace).Any(pod => pod.IsControlledBy(newest) && Crashes(pod)) ? DeploymentConditions.PodsCrash : null;
    }

    static bool Crashes(Pod pod) => !pod.IsBeingDeleted() && pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses)
        .Any(each => !each.Ready && each.RestartCount >= CrashRestarts && each.State.Running is null);
}
