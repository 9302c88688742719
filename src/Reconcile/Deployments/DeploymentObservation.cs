using Orchestrator.Model.Meta;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Deployments;

/// <summary>What a deployment's ReplicaSets add up to.</summary>
static class DeploymentObservation
{
    public static DeploymentStatus Of(Deployment deployment, ReplicaSet? current, IReadOnlyList<ReplicaSet> old, DateTimeOffset now)
    {
        IEnumerable<ReplicaSet> sets = current is null ? old : [current, .. old];
        var wanted = deployment.Spec.Replicas ?? 1;
        var replicas = sets.Sum(set => set.Status.Replicas);
        var available = sets.Sum(set => set.Status.AvailableReplicas);
        var updated = current?.Status.Replicas ?? 0;
        var unavailable = Math.Max(0, Math.Max(wanted, replicas) - available);
        var allowed = deployment.Spec.Strategy.RollingUpdate?.MaxUnavailable?.CountOf(wanted, roundUp: false) ?? wanted / 4;
        var enough = available >= wanted - allowed;
        var complete = updated == wanted && replicas == wanted && available == wanted;
        return new DeploymentStatus
        {
            Replicas = replicas,
            UpdatedReplicas = updated,
            ReadyReplicas = sets.Sum(set => set.Status.ReadyReplicas),
            AvailableReplicas = available,
            UnavailableReplicas = unavailable,
            ObservedGeneration = deployment.Metadata.Generation,
            Conditions = deployment.Status.Conditions
                .With(new Condition
                {
                    Type = "Available",
                    Status = enough ? ConditionStatus.True : ConditionStatus.False,
                    Reason = enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                    Message = $"{available} of {wanted} replicas are available",
                    LastTransitionTime = now,
                })
                .With(new Condition
                {
                    Type = "Progressing",
                    Status = ConditionStatus.True,
                    Reason = complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                    Message = complete ? $"{current!.Name} has all its replicas" : $"{updated} of {wanted} replicas have the newest template", // complete only with a current set
                    LastTransitionTime = now,
                }),
        };
    }
}
